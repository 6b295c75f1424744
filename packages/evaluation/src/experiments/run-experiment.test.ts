import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSampleFolder } from '@unblur/datasets';
import { runExperiment, type ExperimentSettings } from './run-experiment.js';
import { trialSettingsIn } from './trial-settings.test-tool.js';

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
  { only, ...settings }: Partial<ExperimentSettings> & { only?: string } = {},
): Promise<unknown> {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'run.yaml'), runFile);
  writeFileSync(join(folder, name, 'table.yaml'), table(more));
  writeFileSync(join(folder, name, 'a.yaml'), 'title: A\n');
  writeFileSync(join(folder, name, 'b.yaml'), row);
  return runExperiment(only === undefined ? name : `${name}/${only}`, {
    ...trialSettingsIn(folder),
    ...settings,
  });
}

const grey = { width: 16, height: 16, data: new Float32Array(16 * 16 * 3).fill(0.5) };

/** The blurred photograph and its frames are one grey. */
const greySample = { blurred: grey, frames: [grey, grey, grey] };

const set = 'sets: { val: { folder: gone } }\nevaluation: { val: turning }\n';

describe('before anything is trained', () => {
  test.each<[string, Parameters<typeof run>[0], RegExp, Partial<ExperimentSettings>]>([
    [
      'a key of what a later row changes',
      { more: set, row: 'title: B\nchanges: { loss: { epsilom: 1 } }\n' },
      /^The run of \S+\/b, .*run\.yaml: Unknown key 'loss\.epsilom'; did you mean 'loss\.epsilon'\?/,
      {},
    ],
    [
      'a set that a later row is trained on',
      {
        more: set,
        row: "title: B\nchanges: { data: { sources: [{ kind: shards, folder: 'set:trian' }] } }\n",
      },
      /^The run of \S+\/b, .* one of the experiment's sets \(val\) but received 'set:trian'/,
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
      'motion to be scored where the truth is not known',
      { more: set.replace('gone', '../without-flow') + 'metrics: [epe]\n' },
      /^Expected flow-0\.flo \.\.\. in \S+sample-0000, since the metrics have epe/,
      {},
    ],
    [
      'more seeds than the table has',
      { more: `${set}seeds: [1, 2]\n` },
      /^Expected as many seeds as table-9 has \(2\), or fewer, but received 3; add seeds to its table\.yaml/,
      { seedCount: 3 },
    ],
    [
      'another engine for samples that are made on the device',
      { more: set, row: 'title: B\nchanges: { engine: torch, synthesis: device }\n' },
      /Expected the engine 'torch' for 'synthesis: device' but the run's is 'onnxruntime'/,
      { engine: 'onnxruntime' },
    ],
    [
      'an unknown setting',
      { more: set },
      /^Expected options among experiments, out, .* but received 'seedcount'$/,
      { seedcount: 1 } as never,
    ],
  ])('%s is refused', async (_, files, message, settings) => {
    const withoutFlow = join(folder, 'without-flow', 'sample-0000');
    if (!existsSync(withoutFlow)) await writeSampleFolder(withoutFlow, greySample);
    await expect(run(files, settings)).rejects.toThrow(message);
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });
});

test('the photograph itself has the error of no motion; scores without motion are found again', async () => {
  const flowOf = (dx: number) => Float32Array.from({ length: 16 * 16 * 2 }, (_, i) => (i % 2 === 0 ? dx : 0));
  await writeSampleFolder(
    join(folder, name, 'moving', 'sample-0000'),
    { ...greySample, flowsPixels: [flowOf(-2), flowOf(0), flowOf(3)] },
    {},
    { flow: true },
  );
  const out = join(folder, 'moving-results');
  const runRow = (metrics: string) =>
    run(
      {
        more: `sets: { val: { folder: moving } }\nevaluation: { val: turning }\nmetrics: [${metrics}]\nfigures: [last]\n`,
        row: 'title: B\ninput: true\n',
      },
      { out, only: 'b' },
    );
  const scores = join(out, name, 'b', 'scores.json');
  await runRow('psnr');
  const { scores: stored, ...rest } = JSON.parse(readFileSync(scores, 'utf8')) as {
    scores: { val: { motion?: unknown } };
  };
  delete stored.val.motion;
  writeFileSync(scores, JSON.stringify({ ...rest, scores: stored }));
  expect(await runRow('epe')).toMatchObject({
    table: { rows: [{ cells: [{ metric: 'epe', figure: 'last', ours: { mean: 3 } }] }] },
  });
});

test('a row that is run alone brings the table of all rows up to date: what was of other seeds is gone', async () => {
  await writeSampleFolder(join(folder, name, 'samples', 'sample-0000'), greySample);
  const results = join(folder, 'results');
  const seeds = 'seeds: [2]\nsets: { val: { folder: samples } }\nevaluation: { val: turning }\n';
  const runRow = () => run({ more: seeds, row: 'title: B\ninput: true\n' }, { out: results, only: 'b' });

  await runRow();
  expect(existsSync(join(results, name, 'table.md'))).toBe(false);

  writeFileSync(join(results, name, 'table.json'), '{}');
  writeFileSync(join(results, name, 'table.md'), '| A | 1 | 20.00 |');
  await runRow();
  const rows = readFileSync(join(results, name, 'table.md'), 'utf8').split('\n');
  expect(rows.find((row) => row.startsWith('| A |'))).toContain('| - | not run |');
  expect(rows.find((row) => row.startsWith('| B |'))).toContain('100.00');
  expect(readFileSync(join(results, name, 'b.md'), 'utf8')).not.toContain('| A |');
});

test('a set that is evaluated under a new name is evaluated again', async () => {
  await writeSampleFolder(join(folder, name, 'renamed', 'sample-0000'), greySample);
  const runRow = (set: string) =>
    run(
      {
        more: `sets: { ${set}: { folder: renamed } }\nevaluation: { ${set}: turning }\n`,
        row: 'title: B\ninput: true\n',
      },
      { out: join(folder, 'renamed-results'), only: 'b' },
    );
  await runRow('val');
  expect(await runRow('turning')).toMatchObject({ table: { samples: { turning: 1 } } });
});
