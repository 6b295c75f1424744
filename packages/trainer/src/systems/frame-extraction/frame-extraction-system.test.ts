import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { frameExtractionFamily } from '@unblur/core-model';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpoint } from '../../loop/checkpoint.js';
import { readMetrics } from '../../loop/metrics-log.js';
import { runFiles } from '../../loop/run-folder.js';
import { writeNoise } from '../../noise-picture.test-tool.js';
import { loadRun } from '../load-run.js';
import { train } from '../../train.js';
import { stageObjective } from './frame-extraction-system.js';
import { narrowNetworks } from './narrow-frame-extraction-task.test-tool.js';
import { newFolder } from '../../new-folder.test-tool.js';

describe('stageObjective', () => {
  const network = frameExtractionFamily.declare(narrowNetworks);
  const weights = Object.fromEntries(
    Object.entries(frameExtractionFamily.initialWeights(narrowNetworks, 1)).map(
      ([name, { values, shape }]) => [name, tf.tensor(values, shape)],
    ),
  );
  /** Every frame is one grey; at the start the blurred image comes back as every frame. */
  const totalOf = (stage: number, blurred: number, frames: number[]) =>
    stageObjective(network, stage, 1, 8)
      .loss({
        ...weights,
        blurred: tf.fill([1, 8, 8, 3], blurred),
        frames: tf.stack(
          frames.map((grey) => tf.fill([1, 8, 8, 3], grey)),
          1,
        ),
      })
      .total.dataSync()[0];

  test('is the L1 of the middle frame first', () => {
    expect(totalOf(0, 0.5, [0, 0, 0.2, 0, 0])).toBeCloseTo(0.3, 6);
  });

  test('is then the order-invariant loss of one pair, from the middle outwards', () => {
    // ||a + b| - |A + B|| + ||a - b| - |A - B|| with a = b = 0.5.
    expect(totalOf(1, 0.5, [0, 0.1, 0, 0.4, 0])).toBeCloseTo(0.5 + 0.3, 6);
    expect(totalOf(1, 0.5, [0, 0.4, 0, 0.1, 0])).toBeCloseTo(0.5 + 0.3, 6);
    expect(totalOf(2, 0.5, [0.9, 0, 0, 0, 0.3])).toBeCloseTo(0.2 + 0.6, 6);
  });
});

describe('a run of frame extraction', () => {
  const threeFrames = { ...narrowNetworks, frames: 3 };
  const folder = newFolder();
  beforeAll(async () => {
    mkdirSync(join(folder, 'panoramas'));
    await writeNoise(join(folder, 'panoramas', 'noise.png'), 128, 64);
    writeFileSync(
      join(folder, 'run.yaml'),
      JSON.stringify({
        system: 'frame-extraction',
        network: { preset: 'small', ...threeFrames },
        data: {
          sizePixels: 12,
          workers: 0,
          sources: [{ kind: 'panorama', folder: 'panoramas', photoPixels: 32 }],
        },
        optimizer: { learningRate: 0.01 },
        stageSteps: [1, 1],
        batchSize: 1,
        validation: { panoramas: 'panoramas', count: 1, sizePixels: 12 },
      }),
    );
  });

  test('trains one stage after the other, those before it frozen', async () => {
    const { stages } = frameExtractionFamily.declare(threeFrames);
    const run = async (name: string, stageSteps: number[]) => {
      const out = join(folder, name);
      await train(join(folder, 'run.yaml'), { out, changes: { stageSteps } });
      return { out, weights: readCheckpoint(join(out, runFiles.checkpoint))!.weights };
    };
    const short = await run('short', [1, 1]);
    const long = await run('long', [1, 2]);
    const start = frameExtractionFamily.initialWeights(threeFrames, 0);
    for (const name of stages[0]!) {
      expect([name, long.weights[name]!.values]).toEqual([name, short.weights[name]!.values]);
    }
    for (const [stage, names] of stages.entries()) {
      expect([
        stage,
        names.some((name) =>
          long.weights[name]!.values.some((value, index) => value !== start[name]!.values[index]),
        ),
      ]).toEqual([stage, true]);
    }

    const rows = readMetrics(join(long.out, runFiles.metrics)).filter((row) => row.kind === 'step');
    expect(rows.map(({ loss }) => Object.keys(loss).sort())).toEqual([
      ['photometric', 'total'],
      ['pair', 'total'],
      ['pair', 'total'],
    ]);
    expect(
      frameExtractionFamily.readWeights(new Uint8Array(readFileSync(join(long.out, runFiles.weights))))
        .config,
    ).toEqual(threeFrames);
  });

  test('wants the steps of every stage', () => {
    expect(() => loadRun(join(folder, 'run.yaml'), { stageSteps: [2, 2, 2] })).toThrow(
      "Expected 2 numbers of steps for 'stageSteps', of the middle frame and of 1 pairs, but received 3",
    );
  });

  test('wants a warm-up that every stage outlasts', () => {
    const schedule = { kind: 'cosine', warmupSteps: 3 };
    expect(() => loadRun(join(folder, 'run.yaml'), { stageSteps: [4, 2], schedule })).toThrow(
      "Expected at most 2 for 'schedule.warmupSteps', the fewest of 'stageSteps', but received 3",
    );
  });
});
