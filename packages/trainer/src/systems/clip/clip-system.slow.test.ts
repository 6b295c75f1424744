import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { clipFamily, photoFamily, photoPreset } from '@unblur/core-model';
import { narrowedClip } from '../../../../core-model/src/clip/narrowed-clip.test-tool.js';
import { readMetrics } from '../../loop/metrics-log.js';
import { writeNoise } from '../../noise-picture.test-tool.js';
import { train } from '../../train.js';
import { loadRun } from '../load-run.js';
import type { ClipRun } from './clip-run.js';
import { newFolder } from '../../new-folder.test-tool.js';

const folder = newFolder();

beforeAll(async () => {
  mkdirSync(join(folder, 'clips', 'one'), { recursive: true });
  for (let frame = 0; frame < 12; frame++) {
    await writeNoise(join(folder, 'clips', 'one', `${frame}.png`), 40, 36);
  }
});

/** YAML is a superset of JSON. */
function writeRun(name: string, changes: Record<string, unknown> = {}): string {
  const file = join(folder, name);
  const run = {
    system: 'clip',
    network: {
      preset: 'clip',
      ...narrowedClip(),
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
    expect(row).toMatchObject({ learningRate: 0.001, learningRates: [0.001, 0.001] });
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

  test('moves what is new by a learning rate of its own, the rest when it may', () => {
    const groupsOf = (changes: Record<string, unknown>) => {
      const { definition, config } = loadRun(writeRun('rates.yaml', changes));
      return definition
        .open(config)
        .phases[0]!.groups.map(({ weights, learningRate }) => [weights.length, learningRate(1)]);
    };
    const [[ofOneFrame, rate], [neighbourhood, ownRate]] = groupsOf({
      optimizer: { learningRate: 0.0003, neighbourhoodLearningRate: 0.001 },
    }) as [[number, number], [number, number]];
    expect([rate, ownRate]).toEqual([0.0003, 0.001]);
    expect(groupsOf({})).toEqual([
      [ofOneFrame, 0.001],
      [neighbourhood, 0.001],
    ]);
    const { definition, config } = loadRun(
      writeRun('held.yaml', { optimizer: { learningRate: 0.001, heldShare: 0.5 } }),
    );
    const [held, free] = definition.open(config).phases[0]!.groups;
    const ratesOf = (group: typeof held) => [1, 2, 3, 4].map((step) => group!.learningRate(step));
    expect(ratesOf(held)).toEqual([0, 0, 0.001, 0.001]);
    expect(ratesOf(free)).toEqual([0.001, 0.001, 0.001, 0.001]);
    const alone = { network: { preset: 'clip', neighbours: 'none' }, loss: { motion: 0 } };
    expect(groupsOf(alone)).toHaveLength(1);
  });

  test('refuses sizes and switches that do not fit, by name', () => {
    expect(() =>
      loadRun(writeRun('bad.yaml', { data: { sources: [{ folder: 'clips' }], sizePixels: 24 } })),
    ).toThrow("Expected a multiple of 16 for 'data.sizePixels' but received 24.");
    expect(() => loadRun(writeRun('bad.yaml', { network: { preset: 'clip', passes: 3 } }))).toThrow('passes');
    expect(() => loadRun(writeRun('bad.yaml', { network: { preset: 'clip', neighbours: 'none' } }))).toThrow(
      "Expected 0 for 'loss.motion' of a network that uses no neighbours but received 0.3.",
    );
    expect(() => loadRun(writeRun('bad.yaml', { network: { preset: 'clip', pases: 2 } }))).toThrow(
      "did you mean 'network.passes'?",
    );
  });
});
