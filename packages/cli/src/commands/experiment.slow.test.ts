import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import sharp from 'sharp';
import type { ExperimentTable } from '@unblur/evaluation';
import { expectOneLine, openWorkplace } from '../unblur-command.test-tool.js';

const { folder, write, unblur } = openWorkplace();

beforeAll(async () => {
  mkdirSync(join(folder, 'panoramas'));
  mkdirSync(join(folder, 'experiments', 'table-9'), { recursive: true });
  await sharp({
    create: {
      width: 256,
      height: 128,
      channels: 3,
      background: 'grey',
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  })
    .blur(2)
    .png()
    .toFile(join(folder, 'panoramas', 'noise.png'));
  write(
    'run.yaml',
    `
network: { preset: photo, channels: [4, 4, 4, 4], encoderBlocks: [1, 1, 1], bottleneckBlocks: 1, decoderBlocks: [1, 1, 1], trajectoryChannels: 4, trajectoryBlocks: 1, frameChannels: 4, frameBlocks: 1 }
frames: 3
data: { sizePixels: 32, workers: 0, sources: [{ kind: panorama, folder: panoramas }] }
steps: 1
batchSize: 1
validation: { panoramas: panoramas, count: 1, sizePixels: 32 }
`,
  );
  write(
    'experiments/table-9/table.yaml',
    `
title: Table 9
base: ../../run.yaml
seeds: [4, 5]
sets:
  train: { kind: panorama, folder: ../../panoramas, format: shards, count: 2, sizePixels: 32, frames: 3 }
  val: { kind: panorama, folder: ../../panoramas, count: 2, sizePixels: 32, frames: 3, seed: 9 }
changes: { data: { sources: [{ kind: shards, folder: set:train }] } }
evaluation: { val: turning cameras }
figures: [mean]
rows: [input, ours, last]
paper: { place: Table 9, data: SUN360 }
`,
  );
  write('experiments/table-9/input.yaml', 'title: blurred\ninput: true\n');
  write('experiments/table-9/last.yaml', 'title: once more\ninput: true\n');
  write('experiments/table-9/ours.yaml', 'title: ours\npaper: { val: { psnr: { mean: 25 } } }\n');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Long enough for four starts of the command on a busy machine. */
jest.setTimeout(180_000);

describe('unblur experiment', () => {
  test('trains every row with every seed, writes the table, and does nothing twice', () => {
    const first = unblur(['experiment', 'table-9', '--json']);
    expect(first.code).toBe(0);
    const table = JSON.parse(first.stdout) as ExperimentTable;
    expect(table.rows.map(({ name, seeds }) => [name, seeds])).toEqual([
      ['input', []],
      ['ours', [4, 5]],
      ['last', []],
    ]);
    const [input, ours] = table.rows;
    expect(input!.cells[0]).toMatchObject({ metric: 'psnr', figure: 'mean', paper: null });
    expect(ours!.cells[0]).toMatchObject({
      paper: 25,
      ours: { mean: expect.any(Number), spread: expect.any(Number) },
    });
    expect(ours!.network).toMatchObject({ steps: 1, samples: 1, multiplyAddsPerPixel: expect.any(Number) });
    const results = join(folder, 'runs', 'experiments', 'table-9');
    expect(readFileSync(join(results, 'table.md'), 'utf8')).toContain('| ours |');

    const trained = join(results, 'ours', 'seed-5', 'weights.safetensors');
    const before = statSync(trained).mtimeMs;
    const again = unblur(['experiment', 'table-9', '--json']);
    expect(JSON.parse(again.stdout)).toEqual(table);
    expect(statSync(trained).mtimeMs).toBe(before);
  });

  test('does not take results of another recipe for its own', () => {
    write('experiments/table-9/ours.yaml', 'title: ours\nchanges: { loss: { epsilon: 0.001 } }\n');
    expectOneLine(unblur(['experiment', 'table-9']), /seed-4 to be new or trained as table-9\/ours now says/);
    // What is done stays in the table.
    const file = join(folder, 'runs', 'experiments', 'table-9', 'table.json');
    const { rows } = JSON.parse(readFileSync(file, 'utf8')) as ExperimentTable;
    expect(rows.map(({ cells }) => cells[0]!.ours !== null)).toEqual([true, false, true]);
  });
});
