import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clipFamily, photoFamily, photoPreset } from '@unblur/core-model';
import type { RestoredFrame } from '@unblur/core-model';
import sharp from 'sharp';
import { readMetrics } from '../../loop/metrics-log.js';
import { train } from '../../train.js';
import { loadRun } from '../load-run.js';
import { clipLoss } from './clip-loss.js';
import type { TrueWindow } from './clip-loss.js';
import type { ClipRun } from './clip-run.js';

const epsilon = 1e-4;
const image = (level: number) => tf.fill([2, 8, 8, 3], level) as tf.Tensor4D;
const motion = (x: number, y: number) =>
  tf.tile(tf.tensor4d([x, y], [1, 1, 1, 2]), [2, 2, 2, 1]) as tf.Tensor4D;
const value = (scalar: tf.Scalar | undefined) => scalar!.dataSync()[0]!;

describe('clipLoss', () => {
  /** Each 0.1 too bright: log(0.01 + epsilon). */
  const restored = (motionsPixels: tf.Tensor4D[], level = 0.6): RestoredFrame => ({
    image: image(level),
    motionsPixels,
  });
  const gt: TrueWindow = {
    frames: [0.5, 0.5, 0.5].map(image),
    motionsPixels: [motion(8, 0), motion(4, 0), motion(0, 0), motion(-4, 0), motion(-8, 0)],
    motionKnown: tf.tensor1d([1, 0]),
  };

  test('is the logarithm of the error of the middle frame, by hand', () => {
    const found = [restored([])];
    const { total, photometric, ...others } = clipLoss([found], gt, { epsilon, motion: 0, firstPass: 0.5 });
    expect(value(photometric)).toBeCloseTo(Math.log(0.01 + epsilon), 4);
    expect(value(total)).toBe(value(photometric));
    expect(others).toEqual({});
  });

  test('knows the motion to be the opposite of the displacement, where it is known', () => {
    const right = [motion(-8, 0), motion(-4, 0), motion(4, 0), motion(8, 0)];
    const options = { epsilon, motion: 1, firstPass: 0.5 };
    const exact = clipLoss([[restored(right)]], gt, options);
    const opposite = clipLoss([[restored(right.toReversed())]], gt, options);
    // What rounds the distance off, over a mean length of 6 pixels and one more; half of the samples know.
    expect(value(exact.motion)).toBeCloseTo(0.1 / 7 / 2, 4);
    expect(value(opposite.motion)).toBeCloseTo(12 / 7 / 2, 2);
    expect(value(opposite.total)).toBeCloseTo(value(opposite.photometric) + value(opposite.motion), 5);
  });

  test('of two passes counts the first by its weight, and the motion to next neighbours', () => {
    const next = [motion(-4, 0), motion(4, 0)];
    const passes = [[restored(next), restored(next), restored(next)], [restored([], 0.5)]];
    const { photometric, motion: ofMotion } = clipLoss(passes, gt, { epsilon, motion: 1, firstPass: 0.25 });
    expect(value(photometric)).toBeCloseTo(0.25 * Math.log(0.01 + epsilon) + Math.log(epsilon), 4);
    expect(value(ofMotion)).toBeCloseTo(0.1 / 5 / 2, 4);
  });
});

const folder = mkdtempSync(join(tmpdir(), 'unblur-train-clip-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  mkdirSync(join(folder, 'clips', 'one'), { recursive: true });
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  for (let frame = 0; frame < 12; frame++) {
    await sharp({ create: { width: 40, height: 36, channels: 3, background: 'grey', noise } })
      .blur(2)
      .png()
      .toFile(join(folder, 'clips', 'one', `${frame}.png`));
  }
});

/** YAML is a superset of JSON. */
function writeRun(name: string, changes: Record<string, unknown> = {}): string {
  const file = join(folder, name);
  const run = {
    system: 'clip',
    network: {
      preset: 'clip',
      windowFrames: 3,
      frameChannels: 3,
      windowChannels: 3,
      windowBlocks: 1,
      motionChannels: 3,
      searchRadiusPixels: 1,
      channels: [3, 4, 3, 4],
      encoderBlocks: [1, 1, 1],
      bottleneckBlocks: 1,
      decoderBlocks: [1, 1, 1],
    },
    data: { sources: [{ folder: 'clips', halvedShare: 0 }], sizePixels: 16 },
    optimizer: { learningRate: 0.001 },
    // Without a kink, so that a shorter run begins as the longer one does.
    schedule: { kind: 'step', at: [] },
    steps: 4,
    batchSize: 2,
    validation: { folder: 'clips', everySteps: 4, count: 1, sizePixels: 16 },
    checkpointEverySteps: 2,
    ...changes,
  };
  writeFileSync(file, JSON.stringify(run));
  return file;
}

describe('training a clip network', () => {
  test('leaves weights of its network, the same whether it stopped on the way or not', async () => {
    const [whole, stopped] = [join(folder, 'whole'), join(folder, 'stopped')];
    expect(await train(writeRun('run.yaml'), { out: whole })).toMatchObject({ step: 4, interrupted: false });
    const [row] = readMetrics(join(whole, 'metrics.jsonl')).filter(({ kind }) => kind === 'step');
    expect(row).toMatchObject({ loss: { total: expect.any(Number), motion: 0 } });
    await train(writeRun('run.yaml', { steps: 2 }), { out: stopped });
    await train(writeRun('run.yaml'), { out: stopped, resume: true });
    const weights = (out: string) => clipFamily.readWeights(readFileSync(join(out, 'weights.safetensors')));
    expect(weights(whole).config).toMatchObject({ windowFrames: 3, channels: [3, 4, 3, 4] });
    expect(weights(stopped).values).toEqual(weights(whole).values);
    const start = clipFamily.initialWeights(weights(whole).config, 1);
    expect(weights(whole).values['middle.kernel']).not.toEqual(start['middle.kernel']);
  }, 120_000);

  test('starts from parts of a photo network', async () => {
    const { network } = loadRun(writeRun('run.yaml')).config as ClipRun;
    const { channels, encoderBlocks, bottleneckBlocks, decoderBlocks } = network;
    const shape = { channels, encoderBlocks, bottleneckBlocks, decoderBlocks };
    const photo = { ...photoPreset, ...shape, trajectoryChannels: 3, frameChannels: 3 };
    const values = photoFamily.initialWeights(photo, 5);
    const file = join(folder, 'photo.safetensors');
    writeFileSync(file, photoFamily.writeWeights(values, photo, { dtype: 'float32' }));
    const start = (parts?: string[]) => {
      const { definition, config: run } = loadRun(
        writeRun('start.yaml', { initialWeights: { file: 'photo.safetensors', parts } }),
      );
      return definition.open(run);
    };
    const { startingWeights } = start(['stem', 'encoder', 'middle']);
    const weights = startingWeights();
    expect(weights['encoder0.block0.first.kernel']).toEqual(values['encoder0.block0.first.kernel']);
    expect(weights['reduce0.kernel']).not.toEqual(values['reduce0.kernel']);
    expect(() => start().startingWeights()).toThrow('Expected weights of a clip network');
    expect(() => start(['window']).startingWeights()).toThrow('missing there');
  });

  test('refuses sizes and switches that do not fit, by name', () => {
    expect(() =>
      loadRun(writeRun('bad.yaml', { data: { sources: [{ folder: 'clips' }], sizePixels: 24 } })),
    ).toThrow("Expected a multiple of 16 for 'data.sizePixels' but received 24.");
    expect(() => loadRun(writeRun('bad.yaml', { network: { preset: 'clip', passes: 3 } }))).toThrow('passes');
    expect(() => loadRun(writeRun('bad.yaml', { network: { preset: 'clip', neighbours: 'none' } }))).toThrow(
      "Expected 0 for 'loss.motion' of a network that sees no neighbours but received 0.3.",
    );
    expect(() => loadRun(writeRun('bad.yaml', { network: { preset: 'clip', pases: 2 } }))).toThrow(
      "did you mean 'network.passes'?",
    );
  });
});
