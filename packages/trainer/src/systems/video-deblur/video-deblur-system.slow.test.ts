import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { videoDeblurFamily } from '@unblur/core-model';
import { readMetrics } from '../../loop/metrics-log.js';
import { writeNoise } from '../../noise-picture.test-tool.js';
import { loadRun } from '../load-run.js';
import { train } from '../../train.js';
import { narrowVideoDeblurRun } from './narrow-video-deblur-task.test-tool.js';
import { newFolder } from '../../new-folder.test-tool.js';

const folder = newFolder();

const run = (changes: Record<string, unknown> = {}) => ({
  system: 'video-deblur',
  network: narrowVideoDeblurRun,
  data: { sources: [{ folder: 'clips' }], sizePixels: 32 },
  flowPretraining: {
    folder: 'stills',
    steps: 2,
    batchSize: 1,
    workers: 0,
    cameraPixels: [0, 4],
    objectPixels: [1, 4],
  },
  optimizer: { learningRate: 0.001, flowLearningRate: 0.0001 },
  // Without a kink, so that a shorter run begins as a longer one does.
  schedule: { at: [] },
  steps: 3,
  batchSize: 1,
  validation: { folder: 'clips', everySteps: 3, count: 1, sizePixels: 32 },
  checkpointEverySteps: 2,
  ...changes,
});

/** YAML is a superset of JSON. */
function writeRun(name: string, changes: Record<string, unknown> = {}): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(run(changes)));
  return file;
}

beforeAll(async () => {
  for (const name of ['clips/one', 'stills']) mkdirSync(join(folder, name), { recursive: true });
  for (let frame = 0; frame < 12; frame++) {
    await writeNoise(join(folder, 'clips', 'one', `${frame}.png`), 72, 68);
  }
  await writeNoise(join(folder, 'stills', 'still.png'), 128, 128);
});

describe('training a video-deblurring network', () => {
  const whole = join(folder, 'whole');

  test('trains the flow network, then both, and leaves weights that fit', async () => {
    expect(await train(writeRun('whole.yaml'), { out: whole })).toMatchObject({
      step: 5,
      interrupted: false,
    });
    const rows = readMetrics(join(whole, 'metrics.jsonl'));
    expect(rows.flatMap((row) => (row.kind === 'step' ? [Object.keys(row.loss).join()] : []))).toEqual([
      'total,endpoint',
      'total,endpoint',
      'total,l1,hard',
      'total,l1,hard',
      'total,l1,hard',
    ]);
    const { values } = videoDeblurFamily.readWeights(
      new Uint8Array(readFileSync(join(whole, 'weights.safetensors'))),
    );
    expect(values['flow.level3.flow.kernel']!.values.some((value) => value !== 0)).toBe(true);
    expect(values['middle.refined-image.kernel']!.values.some((value) => value !== 0)).toBe(true);
  }, 120_000);

  test('goes on from a checkpoint to the same weights as a run that never stopped', async () => {
    const out = join(folder, 'resumed');
    const file = writeRun('resumed.yaml', { steps: 1 });
    await train(file, { out });
    await train(writeRun('resumed.yaml'), { out, resume: true });
    const weights = (run: string) =>
      videoDeblurFamily.readWeights(new Uint8Array(readFileSync(join(run, 'weights.safetensors')))).values;
    expect(weights(out)).toEqual(weights(whole));
    await expect(train(file, { out })).rejects.toThrow('holds a checkpoint');
  }, 240_000);
});

describe('training a part of a video-deblurring network', () => {
  test('moves its weights and no others', async () => {
    const network = { ...narrowVideoDeblurRun, stages: 1, scaleFusion: { scales: 2, channels: [3] } };
    const data = { sources: [{ folder: 'clips', halvedShare: 0 }], sizePixels: 64 };
    const file = writeRun('part.yaml', {
      network,
      data,
      trainedParts: ['fusion.'],
      flowPretraining: undefined,
      steps: 2,
      validation: { folder: 'clips', everySteps: 2, count: 1, sizePixels: 64 },
    });
    await train(file, { out: join(folder, 'part') });
    const { config, values } = videoDeblurFamily.readWeights(
      new Uint8Array(readFileSync(join(folder, 'part', 'weights.safetensors'))),
    );
    const before = videoDeblurFamily.initialWeights(config, loadRun(file).config.seed);
    const moved = Object.keys(values).filter((name) =>
      values[name]!.values.some((value, index) => value !== before[name]!.values[index]),
    );
    expect(moved).not.toEqual([]);
    expect(moved.filter((name) => !name.startsWith('fusion.'))).toEqual([]);
    expect(() => loadRun(writeRun('bad-part.yaml', { trainedParts: 'fusion.' }))).toThrow("'trainedParts'");
  }, 120_000);
});

describe('the run file of a video-deblurring network', () => {
  test('names keys that it does not know and sizes that do not fit', () => {
    expect(() => loadRun(writeRun('bad.yaml', { stpes: 3 }))).toThrow(
      "Unknown key 'stpes'; did you mean 'steps'?",
    );
    expect(() => loadRun(writeRun('bad.yaml', { network: { preset: 'small', stage: 1 } }))).toThrow(
      "Unknown key 'network.stage'; did you mean 'network.stages'?",
    );
    expect(() =>
      loadRun(writeRun('bad.yaml', { data: { sources: [{ folder: 'clips' }], sizePixels: 44 } })),
    ).toThrow("Expected a multiple of 32 for 'data.sizePixels' but received 44.");
  });
});
