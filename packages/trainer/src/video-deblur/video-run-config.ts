import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { validateVideoDeblurConfig, videoDeblurMultiple, videoDeblurPresets } from '@unblur/core-model';
import type { VideoDeblurConfig } from '@unblur/core-model';
import { parse, stringify } from 'yaml';
import { expectKnownKeys, join, list, number, oneOf, optional, readMapping, section, text, withDefault } from '../run-schema.js';
import type { Field, FieldType } from '../run-schema.js';

const SYSTEM = 'video-deblur';
const positive = number({ min: 1, integer: true });
const wholeNumber = number({ min: 0, integer: true });
const share = number({ min: 0, max: 1 });
const framesRange = list(number({ min: 1, integer: true }), 2);

/** A preset's name, with whichever of its switches and parts are to differ: `{ preset: small, stages: 1 }`. */
const network: Field<VideoDeblurConfig> = {
  read: (value, path) => {
    const { preset = 'paper', ...changes } = readMapping(typeof value === 'string' ? { preset: value } : value, path);
    const name = oneOf(...(Object.keys(videoDeblurPresets) as (keyof typeof videoDeblurPresets)[])).read(preset, join(path, 'preset'));
    const base = videoDeblurPresets[name];
    expectKnownKeys(changes, Object.keys(base), path);
    const part = <Part extends object>(key: 'flow' | 'reconstruction', original: Part): Part => {
      const given = changes[key] === undefined ? {} : readMapping(changes[key], join(path, key));
      expectKnownKeys(given, Object.keys(original), join(path, key));
      return { ...original, ...given };
    };
    const config = { ...base, ...changes, flow: part('flow', base.flow), reconstruction: part('reconstruction', base.reconstruction) } as VideoDeblurConfig;
    validateVideoDeblurConfig(config);
    return config;
  },
};

const data = section({
  /** Folder of videos as pictures, relative to the run file: see `videoWindowBatches` of @unblur/datasets. */
  folder: text,
  /** Names of the folders in it that are used; all if not said. */
  videos: optional(list(text)),
  sizePixels: withDefault(positive, 128),
  exposureFrames: withDefault(framesRange, [3, 9]),
  strideFrames: withDefault(framesRange, [1, 4]),
  halvedShare: withDefault(share, 0.3),
  cacheMegabytes: withDefault(positive, 512),
});

/** What the flow network learns before the cascade: the known flow of synthetic layers that move over each other. */
const flowPretraining = section({
  /** Folder of still photographs, relative to the run file. */
  folder: text,
  steps: positive,
  batchSize: withDefault(positive, 4),
  learningRate: withDefault(number({ min: 0 }), 0.0005),
  /** Worker threads that make samples. */
  workers: withDefault(wholeNumber, 1),
  /** How far the whole scene, and an object against it, move over five frames, in pixels. */
  cameraPixels: withDefault(list(number({ min: 0 }), 2), [0, 32]),
  objectPixels: withDefault(list(number({ min: 0 }), 2), [2, 40]),
});

/** The defaults are those of the authors' program. */
const loss = section({
  hardShare: withDefault(share, 0.5),
  hardWeight: withDefault(number({ min: 0 }), 2),
});

const optimizer = section({
  /** Of the reconstruction. */
  learningRate: withDefault(number({ min: 0 }), 0.0001),
  /** Of the flow network, which starts trained. */
  flowLearningRate: withDefault(number({ min: 0 }), 0.000001),
  beta1: withDefault(share, 0.9),
  beta2: withDefault(share, 0.999),
  epsilon: withDefault(number({ min: 0 }), 1e-8),
  clipNorm: withDefault(optional(number({ min: 0 })), null),
});

const schedule = section({
  /** Shares of the cascade's steps after which the learning rates are multiplied by `factor`. */
  at: withDefault(list(share), [0.4, 0.8]),
  factor: withDefault(share, 0.5),
  warmupSteps: withDefault(wholeNumber, 0),
});

const validation = section({
  /** Folder of videos that no training sample comes from, relative to the run file. */
  folder: text,
  videos: optional(list(text)),
  everySteps: withDefault(positive, 500),
  count: withDefault(positive, 24),
  sizePixels: withDefault(positive, 128),
  exposureFrames: withDefault(framesRange, [7, 7]),
  strideFrames: withDefault(framesRange, [1, 1]),
  seed: withDefault(wholeNumber, 1),
});

const run = section({
  system: oneOf(SYSTEM),
  network,
  data,
  flowPretraining: optional(flowPretraining),
  loss,
  optimizer,
  schedule,
  /** Weight updates of the cascade, after those of the flow network. */
  steps: positive,
  batchSize: withDefault(positive, 4),
  seed: withDefault(wholeNumber, 0),
  validation,
  checkpointEverySteps: withDefault(positive, 200),
  emaDecay: withDefault(share, 0.998),
  /** Weights to start from instead of random ones, relative to the run file. */
  initialWeights: optional(text),
  threads: withDefault(positive, 2),
});

/** A video-deblurring run, complete: every default filled in, every path absolute. */
export type VideoRunConfig = FieldType<typeof run>;

/** Whether a run file is of a video-deblurring network: it says `system: video-deblur`. */
export function isVideoRun(file: string): boolean {
  const value = parse(readFileSync(file, 'utf8')) as unknown;
  return typeof value === 'object' && value !== null && (value as Record<string, unknown>)['system'] === SYSTEM;
}

/**
 * Reads a run file; paths in it are relative to its folder.
 * @throws with the key, what was wanted and what came.
 */
export function loadVideoRunConfig(file: string): VideoRunConfig {
  const config = run.read(parse(readFileSync(file, 'utf8')), '');
  const multiple = videoDeblurMultiple(config.network);
  for (const [path, size] of [['data.sizePixels', config.data.sizePixels], ['validation.sizePixels', config.validation.sizePixels]] as const) {
    if (size % multiple !== 0) throw new Error(`Expected a multiple of ${multiple} for '${path}' but received ${size}.`);
  }
  const flowMultiple = 2 ** config.network.flow.pyramidChannels.length;
  if (config.flowPretraining && config.data.sizePixels % flowMultiple !== 0) throw new Error(`Expected a multiple of ${flowMultiple} for 'data.sizePixels', so that known flows fit every level, but received ${config.data.sizePixels}.`);
  return changePaths(config, (path) => resolve(dirname(file), path));
}

/** The resolved run as YAML, with paths relative to the file it is stored in. */
export function writeVideoRunConfig(config: VideoRunConfig, file: string): string {
  return stringify(changePaths(config, (path) => relative(dirname(resolve(file)), path)));
}

function changePaths(config: VideoRunConfig, change: (path: string) => string): VideoRunConfig {
  const { data: videos, validation: held, flowPretraining: layers, initialWeights } = config;
  return {
    ...config,
    data: { ...videos, folder: change(videos.folder) },
    validation: { ...held, folder: change(held.folder) },
    flowPretraining: layers && { ...layers, folder: change(layers.folder) },
    initialWeights: initialWeights === null ? null : change(initialWeights),
  };
}
