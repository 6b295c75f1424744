import { describe, expect, test } from '@jest/globals';
import { photoPreset } from '@unblur/core-model';
import { join, resolve } from 'node:path';
import { writeRunFile } from '../../run-file/run-file.js';
import { parseRun } from '../load-run.js';
import type { PhotoRun } from './photo-run.js';

const minimal = `
network: { preset: photo, frameBlocks: 1 }
frames: 3
data: { sources: [{ kind: panorama, folder: ../panoramas/train }] }
steps: 10
validation: { panoramas: ../panoramas/val }
`;
const read = (yaml: string, file = '/runs/a.yaml') => parseRun(yaml, file).config as PhotoRun;
/** The run as it is read back from where it is stored. */
const stored = (config: PhotoRun, file: string) => read(writeRunFile(config, file), file);
/** The minimal run file with some of its lines replaced, or more of them. */
const withLines = (lines: string) =>
  `${minimal
    .split('\n')
    .filter(
      (line) => !lines.split('\n').some((other) => line !== '' && other.split(':')[0] === line.split(':')[0]),
    )
    .join('\n')}${lines}\n`;

describe('a run file of the photo network', () => {
  test('is completed by defaults, and its paths are relative to it', () => {
    const config = read(minimal);
    expect(config.data.sources).toEqual([
      expect.objectContaining({
        kind: 'panorama',
        folder: resolve('/panoramas/train'),
        weight: 1,
        photoPixels: 256,
      }),
    ]);
    expect(config.validation.panoramas).toBe(resolve('/panoramas/val'));
    expect(config.optimizer).toMatchObject({ beta1: 0.9, beta2: 0.999, clipNorm: null });
    expect(config.schedule).toEqual({ kind: 'step', at: [0.5, 0.75], factor: 0.5, warmupSteps: 0 });
    expect(config.loss).toEqual({ epsilon: 1e-4, frameWeights: [1, 2, 1], motion: 0.3, canonicalShare: 0.3 });
  });

  test('changes single keys of the preset', () => {
    expect(read(minimal).network).toEqual({ ...photoPreset, frameBlocks: 1 });
    expect(read(minimal.replace(/network:.*/, '')).network).toEqual(photoPreset);
  });

  test('begins in the better order where it starts from weights, and asks for no motion where none is known', () => {
    const start = read(`${minimal}initialWeights: { file: ../photo.safetensors }\n`);
    expect(start.initialWeights).toEqual({ file: resolve('/photo.safetensors'), parts: null });
    expect(start.loss).toMatchObject({ motion: 0.3, canonicalShare: 0 });
    expect(read(minimal.replace('panorama, folder', 'video, folder')).loss).toMatchObject({
      motion: 0,
      canonicalShare: 0,
    });
  });

  test('reads back as it was stored, wherever it is stored', () => {
    const config = read(`${minimal}initialWeights: { file: ../photo.safetensors }\n`);
    const file = join('/elsewhere', 'deep', 'run.yaml');
    expect(stored(config, file)).toEqual(config);
  });

  test('mixes sources, each with its own options; a stored run has them all', () => {
    const config = read(
      minimal.replace(
        /data:.*/,
        'data: { sources: [{ kind: layers, folder: stills, weight: 3, bend: 0.1, averaging: { display: 1, linear-srgb: 2 } }, { kind: video, folder: clips }, { kind: shards, folder: made }] }',
      ),
    );
    expect(config.data.sources).toEqual([
      expect.objectContaining({
        kind: 'layers',
        weight: 3,
        bend: 0.1,
        objects: [1, 3],
        averaging: { display: 1, 'linear-srgb': 2 },
      }),
      expect.objectContaining({ kind: 'video', weight: 1, shrink: [1, 4] }),
      { kind: 'shards', folder: resolve('/runs/made'), weight: 1 },
    ]);
    expect(stored(config, '/elsewhere/run.yaml')).toEqual(config);
  });

  test('takes a folder of samples to validate on, relative to it and kept where it is stored', () => {
    const config = read(minimal.replace('panoramas: ../panoramas/val', 'folder: ../samples'));
    expect(config.validation).toMatchObject({ panoramas: null, folder: resolve('/samples') });
    expect(stored(config, '/elsewhere/run.yaml')).toEqual(config);
  });

  test.each([
    ['stpes: 10', "/runs/a.yaml: Unknown key 'stpes'; did you mean 'steps'?"],
    ['loss: { epsilom: 1 }', "Unknown key 'loss.epsilom'; did you mean 'loss.epsilon'?"],
    [
      'optimizer: { learning_rate: 1 }',
      "Unknown key 'optimizer.learning_rate'; did you mean 'optimizer.learningRate'?",
    ],
    ['schedule: { kind: cosine, factor: 1 }', "Unknown key 'schedule.factor'"],
    [
      'schedule: { kind: linear }',
      "Expected 'step' or 'cosine' for 'schedule.kind' but received \"linear\".",
    ],
    [
      'schedule: { kind: cosine, warmupSteps: 11 }',
      "/runs/a.yaml: Expected at most 10 for 'schedule.warmupSteps', the run's 'steps', but received 11: the learning rate would never be reached.",
    ],
    [
      'schedule: { kind: step, at: [0.5, 1] }',
      "Expected a number above 0 and below 1 for 'schedule.at[1]' but received 1.",
    ],
    [
      'synthesis: device',
      "Expected the engine 'torch' for 'synthesis: device' but the run's is 'onnxruntime'; set 'engine: torch', or 'synthesis: processor'.",
    ],
    ['minutes: 5', "Expected 'minutes' with 'synthesis: device' only"],
    ['optimizer: { clipNorm: 0 }', "Expected a number above 0 for 'optimizer.clipNorm' but received 0."],
    ['emaDecay: 2', "Expected a number from 0 to 1 for 'emaDecay' but received 2."],
    ['frames: 4', "Expected an odd number for 'frames', so that one is in the middle, but received 4."],
    ['loss: { frameWeights: [1, 2] }', "Expected 3 weights for 'loss.frameWeights' but received 2."],
    [
      'loss: { canonicalShare: 1.5 }',
      "Expected a number from 0 to 1 for 'loss.canonicalShare' but received 1.5.",
    ],
    [
      'data: { sources: [{ kind: video, folder: clips }] }\nloss: { motion: 0.5 }',
      "of kind panorama, layers, shards or samples, whose motion is known, as 'loss.motion' and the canonical order need it, but 'data.sources' has only video",
    ],
    ['data: { source: [] }', "Unknown key 'data.source'; did you mean 'data.sources'?"],
    [
      'data: { sources: [{ kind: panorama, folder: a, angleDegree: [1, 2] }] }',
      "Unknown key 'data.sources[0].angleDegree'; did you mean 'data.sources[0].angleDegrees'?",
    ],
    [
      'data: { sources: [{ kind: layers, folder: a, augmentation: { flip: true } }] }',
      "Unknown key 'data.sources[0].augmentation.flip'; did you mean 'data.sources[0].augmentation.flips'?",
    ],
    ['data: { sources: [{ kind: panorama, folder: a, frames: 5 }] }', "Unknown key 'data.sources[0].frames'"],
    ['data: { sources: [{ kind: film, folder: a }] }', 'for \'data.sources[0].kind\' but received "film"'],
    [
      'data: { sources: [{ kind: video, folder: a }, { kind: layers }] }',
      "Expected a text for 'data.sources[1].folder' but received nothing.",
    ],
    ['data: { sources: [{ kind: layers, folder: a, bend: 2 }] }', 'bend'],
    ['threads: null', "for 'threads' but received null"],
    ['batchSize: 2.5', "Expected a whole number from 1 to 4096 for 'batchSize' but received 2.5."],
    ['batchSize: 1e9', "Expected a whole number from 1 to 4096 for 'batchSize' but received 1000000000."],
    ['threads: 1e9', "Expected a whole number from 1 to 256 for 'threads' but received 1000000000."],
    ['steps: 1e300', "Expected a whole number from 1 to 1000000000 for 'steps' but received 1e+300."],
    ['frames: 100001', "Expected a whole number from 3 to 99 for 'frames' but received 100001."],
    [
      'data: { sources: [{ kind: video, folder: a }], workers: 1000000 }',
      "Expected a whole number from 0 to 256 for 'data.workers' but received 1000000.",
    ],
    [
      'data: { sources: [{ kind: video, folder: a }], sizePixels: 1048576 }',
      "Expected a whole number from 1 to 4096 for 'data.sizePixels' but received 1048576.",
    ],
    [
      'data: { sources: [{ kind: video, folder: a }], cacheMegabytes: 1e12 }',
      "Expected a number from 1 to 1000000 for 'data.cacheMegabytes' but received 1000000000000.",
    ],
    [
      'validation: { folder: a, count: 1e8 }',
      "Expected a whole number from 1 to 10000 for 'validation.count' but received 100000000.",
    ],
    [
      'data: { sources: [{ kind: panorama, folder: a, stepPixels: 1e-9 }] }',
      'Expected stepPixels to be a number from 0.05 to 16384 but received 1e-9.',
    ],
    [
      'data: { sources: [{ kind: panorama, folder: a, photoPixels: 1e9 }] }',
      'Expected photoPixels to be an integer from sizePixels (128) to 16384 but received 1000000000.',
    ],
    [
      'data: { sources: [{ kind: panorama, folder: a, averaging: null }] }',
      'Expected averaging to be display',
    ],
    [
      'batchSize: 4096\ndata: { sources: [{ kind: video, folder: a }], sizePixels: 4096 }\nvalidation: { folder: a }',
      "Expected 'batchSize' and 'data.sizePixels' that take at most 64 GiB but the samples of 3 frames would take 3072 GiB; make them smaller or fewer.",
    ],
    [
      'validation: { folder: a, count: 10000, sizePixels: 4096 }',
      "Expected 'validation.count' and 'validation.sizePixels' that take at most 64 GiB",
    ],
    [
      'device: { samples: 1e12 }',
      "Expected a whole number from 1 to 1000000 for 'device.samples' but received 1000000000000.",
    ],
    [
      'device: { crops: [{ share: 1, sizePixels: 1e9, batchSize: 1 }] }',
      "Expected a whole number from 1 to 4096 for 'device.crops[0].sizePixels' but received 1000000000.",
    ],
    [
      'frames: 7\ndevice: { framesPerStep: 4 }',
      "Expected an odd number up to 7, which is 'frames', for 'device.framesPerStep' but received 4.",
    ],
    [
      'frames: 7\ndevice: { framesPerStep: 9 }',
      "Expected an odd number up to 7, which is 'frames', for 'device.framesPerStep' but received 9.",
    ],
    [
      'frames: 5\nloss: { frameWeights: [1, 2, 3, 2, 1] }\ndevice: { framesPerStep: 3 }',
      "Expected the same weight in 'loss.frameWeights' for all frames but the middle one",
    ],
    ['minutes: 0', "Expected a number from 0.01 to 100000 for 'minutes' but received 0."],
    [
      'data: { sources: [{ kind: panorama, folder: a, stillCameraShare: 2 }] }',
      "Expected a number from 0 to 1 for 'data.sources[0].stillCameraShare' but received 2.",
    ],
    [
      'data: { sources: [{ kind: layers, folder: a, objectShapes: { dragon: 1 } }] }',
      "Unknown key 'data.sources[0].objectShapes.dragon'",
    ],
    ['network: { preset: phto }', "'photo' for 'network.preset'"],
    ['network: { chanels: [1, 2, 3, 4] }', "Unknown key 'network.chanels'; did you mean 'network.channels'?"],
    ['network: { channels: [1, 2] }', 'network.channels'],
  ])('%s is refused with its path', (lines, message) => {
    expect(() => read(withLines(lines))).toThrow(message);
  });

  test('says what is missing', () => {
    expect(() => read('{ network: photo, data: {}, steps: 3 }')).toThrow(
      "Expected a list of sources for 'data.sources', such as [{ kind: panorama, folder: panoramas }], but received nothing.",
    );
    expect(() => read(minimal.replace('panoramas: ../panoramas/val', ''))).toThrow(
      "Expected either 'validation.panoramas' or 'validation.folder' but received neither.",
    );
    expect(() => read(minimal.replace('panoramas: ../panoramas/val', 'panoramas: a, folder: b'))).toThrow(
      'but received both.',
    );
    expect(() => read(minimal.replace('data: {', 'data: { sizePixels: 100,'))).toThrow(
      "Expected a multiple of 16 for 'data.sizePixels' but received 100.",
    );
  });
});
