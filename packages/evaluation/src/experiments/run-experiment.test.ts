import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runExperiment, type ExperimentSettings } from './run-experiment.js';

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'unblur-run-experiment-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const table = (more: string) => `
title: T
base: ../run.yaml
${more}
rows: [a, b]
paper: { place: Table 1, data: SUN360 }
`;
const runFile = `
data: { sources: [{ kind: panorama, folder: pictures }] }
steps: 3
validation: { panoramas: pictures }
`;

const name = 'table-9';

/** Runs an experiment of two rows that are trained, of this table and second row. */
function run(
  { more = '', row = 'title: B\n' }: { more?: string; row?: string },
  settings: Partial<ExperimentSettings> = {},
): Promise<unknown> {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'run.yaml'), runFile);
  writeFileSync(join(folder, name, 'table.yaml'), table(more));
  writeFileSync(join(folder, name, 'a.yaml'), 'title: A\n');
  writeFileSync(join(folder, name, 'b.yaml'), row);
  return runExperiment(name, {
    experiments: folder,
    out: join(folder, 'out'),
    readWeights: async () => new Uint8Array(),
    signal: new AbortController().signal,
    onSample: () => {},
    report: () => {},
    ...settings,
  });
}

const set = 'sets: { val: { folder: gone } }\nevaluation: { val: turning }\n';

describe('before anything is trained', () => {
  test.each<[string, Parameters<typeof run>[0], RegExp, Partial<ExperimentSettings>]>([
    [
      'a key of what a later row changes',
      { more: set, row: 'title: B\nchanges: { loss: { epsilom: 1 } }\n' },
      /Unknown key 'loss\.epsilom'; did you mean 'loss\.epsilon'\?/,
      {},
    ],
    [
      "a key of a later row's figures",
      { more: set, row: 'title: B\npaper: { vall: {} }\n' },
      /b\.yaml: Unknown key 'paper\.vall'; did you mean 'paper\.val'\?/,
      {},
    ],
    ['a folder to evaluate on', { more: set }, /gone/, {}],
    [
      'another engine for samples that are made on the device',
      { more: set, row: 'title: B\nchanges: { engine: torch, synthesis: device }\n' },
      /Expected the engine 'torch' for 'synthesis: device' but the run's is 'onnxruntime'/,
      { engine: 'onnxruntime' },
    ],
  ])('%s is refused', async (_, files, message, settings) => {
    await expect(run(files, settings)).rejects.toThrow(message);
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });
});
