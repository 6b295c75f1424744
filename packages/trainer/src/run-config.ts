import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { blurToVideoPresets, requiredMultiple, validateConfig } from '@unblur/core-model';
import type { BlurToVideoConfig } from '@unblur/core-model';
import { parse, stringify } from 'yaml';
import { dataField } from './data-config.js';
import { boolean, either, expectKnownKeys, join, list, number, oneOf, optional, readMapping, section, text, withDefault } from './run-schema.js';
import type { Field, FieldType } from './run-schema.js';
import type { ScheduleConfig } from './schedule.js';

const positive = number({ min: 1, integer: true });
const share = number({ min: 0, max: 1 });

/** A preset's name, with whatever keys of it are to differ: `{ preset: small, frames: 3 }`. */
const network: Field<BlurToVideoConfig> = {
  read: (value, path) => {
    const { preset = 'paper', ...changes } = readMapping(typeof value === 'string' ? { preset: value } : value, path);
    const name = oneOf(...(Object.keys(blurToVideoPresets) as (keyof typeof blurToVideoPresets)[])).read(preset, join(path, 'preset'));
    const config = merge(blurToVideoPresets[name], changes, path);
    validateConfig(config);
    return config;
  },
};

const loss = section({
  norm: withDefault(oneOf('l1', 'charbonnier', 'log-l1'), 'l1'),
  order: withDefault(oneOf('ground-truth', 'better', 'canonical'), 'ground-truth'),
  levelWeights: withDefault(list(number({ min: 0 })), [1, 0.5, 0.25, 0.125, 0.0625]),
  frameWeights: withDefault(either(oneOf('equal'), list(number({ min: 0 })), "'equal' or a list of one weight per frame"), 'equal'),
  motion: withDefault(number({ min: 0 }), 0),
  transformationConsistency: withDefault(number({ min: 0 }), 0),
  symmetricPenalty: withDefault(number({ min: 0 }), 0),
  symmetricPenaltyBound: optional(number({ min: 0 })),
});

const optimizer = section({
  learningRate: withDefault(number({ min: 0 }), 1e-4),
  beta1: withDefault(share, 0.9),
  beta2: withDefault(share, 0.999),
  epsilon: withDefault(number({ min: 0 }), 1e-8),
  weightDecay: withDefault(number({ min: 0 }), 0),
  clipNorm: optional(number({ min: 0 })),
});

const stepSchedule = section({
  kind: oneOf('step'),
  at: withDefault(list(share), [0.5, 0.75]),
  factor: withDefault(share, 0.5),
  warmupSteps: withDefault(number({ min: 0, integer: true }), 0),
});

const cosineSchedule = section({
  kind: oneOf('cosine'),
  finalShare: withDefault(share, 0.01),
  warmupSteps: withDefault(number({ min: 0, integer: true }), 0),
});

const schedule: Field<ScheduleConfig> = {
  read: (value = { kind: 'step' }, path) => {
    const kind = oneOf('step', 'cosine').read(readMapping(value, path)['kind'], join(path, 'kind'));
    return (kind === 'step' ? stepSchedule : cosineSchedule).read(value, path);
  },
};

const validation = section({
  /** Folder of panoramas that no training sample comes from, relative to the run file; or `folder`. */
  panoramas: optional(text),
  /** Folder of samples, as `readSampleFolder` of @unblur/datasets takes them, relative to the run file; the middle of each is used. */
  folder: optional(text),
  everySteps: withDefault(positive, 500),
  /** Samples compared: of a folder the first ones by name, or all if there are fewer. */
  count: withDefault(positive, 16),
  sizePixels: withDefault(positive, 128),
  /** Smallest and largest rotation of samples made from panoramas, equally frequent. */
  angleDegrees: withDefault(list(number({ min: 0, max: 60 }), 2), [1, 10]),
  /** Of the samples made from panoramas. */
  seed: withDefault(number({ min: 0, integer: true }), 1),
});

const initialWeights = section({
  /** `.safetensors` file, relative to the run file. */
  file: text,
  /** Beginnings of the names of the weights that are taken from it, such as `encoder.`; the others start at random. Default: all, and the network must be the same. */
  parts: optional(list(text)),
});

const pool = section({
  /** Samples held; the oldest make room for new ones. */
  samples: withDefault(positive, 4096),
  /** Side of the pictures held, from which crops of `data.sizePixels` are cut. */
  sizePixels: positive,
  /** Training waits for new samples when those there are have been seen this often on average. */
  reuse: withDefault(number({ min: 1 }), 16),
  /** Largest relative change of each colour channel's brightness. */
  colourGain: withDefault(share, 0.1),
  /** Largest standard deviation of the noise added to the blurred picture, of full white. */
  noiseSigma: withDefault(share, 0),
});

const torch = section({
  precision: withDefault(oneOf('float32', 'bfloat16'), 'float32'),
  channelsLast: withDefault(boolean, true),
  compile: withDefault(boolean, false),
  /** Samples kept on the device and seen several times, each time cut, turned and coloured in another way; `null`: every sample is seen once. */
  pool: optional(pool),
});

const run = section({
  network,
  data: dataField,
  loss,
  optimizer,
  schedule,
  /** Weight updates in the whole run. */
  steps: positive,
  batchSize: withDefault(positive, 4),
  /** Starting weights and every sample follow from it. */
  seed: withDefault(number({ min: 0, integer: true }), 0),
  validation,
  checkpointEverySteps: withDefault(positive, 200),
  samplesEverySteps: withDefault(positive, 500),
  /** What computes: `onnxruntime`, on the processor and without Python, or `torch`, which needs PyTorch and uses the GPUs it has. A run may go on with another one. */
  engine: withDefault(oneOf('onnxruntime', 'torch'), 'onnxruntime'),
  /** Of the engine `torch`. */
  torch,
  /** Processor threads of the engine; with several processes, of each. */
  threads: withDefault(positive, 2),
  /** Of the exponential average of the weights, which is what validation and the saved weights use. */
  emaDecay: withDefault(share, 0.999),
  /** Weights to start from instead of random ones. */
  initialWeights: optional(initialWeights),
});

/** A training run, complete: every default filled in, every path absolute. */
export type RunConfig = FieldType<typeof run>;

/**
 * Reads a run file.
 *
 * @param file YAML; paths in it are relative to its folder.
 * @throws if the file cannot be read, is no YAML, or a key or value is not known, with its path and the nearest known key.
 */
export function loadRunConfig(file: string): RunConfig {
  let yaml: string;
  try {
    yaml = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`Expected a run file at '${file}' but it cannot be read (${(error as NodeJS.ErrnoException).code}).`, { cause: error });
  }
  return parseRunConfig(yaml, file);
}

/** Reads the text of a run file. @param file names it in messages and is what its paths are relative to. */
export function parseRunConfig(yaml: string, file: string): RunConfig {
  try {
    const config = run.read(parse(yaml), '');
    expectConsistent(config);
    return resolvePaths(config, (path) => resolve(dirname(file), path));
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** The resolved run as YAML, with paths relative to the file it is stored in, so that the folder can move with its data. */
export function writeRunConfig(config: RunConfig, file: string): string {
  return stringify(resolvePaths(config, (path) => relative(dirname(resolve(file)), path)));
}

function resolvePaths(config: RunConfig, change: (path: string) => string): RunConfig {
  const { validation, initialWeights } = config;
  const changeIfGiven = (path: string | null) => (path === null ? null : change(path));
  return {
    ...config,
    data: { ...config.data, sources: config.data.sources.map((source) => ({ ...source, folder: change(source.folder) })) },
    validation: { ...validation, panoramas: changeIfGiven(validation.panoramas), folder: changeIfGiven(validation.folder) },
    initialWeights: initialWeights && { ...initialWeights, file: change(initialWeights.file) },
  };
}

/** What no single field can check. */
function expectConsistent({ network, data, torch, validation: { panoramas, folder, sizePixels }, loss: { frameWeights, levelWeights } }: RunConfig): void {
  if ((panoramas === null) === (folder === null)) {
    throw new Error(`Expected either 'validation.panoramas' or 'validation.folder' but received ${folder === null ? 'neither' : 'both'}.`);
  }
  const multiple = requiredMultiple(network);
  for (const [path, size] of [['data.sizePixels', data.sizePixels], ['validation.sizePixels', sizePixels]] as const) {
    if (size % multiple !== 0) throw new Error(`Expected a multiple of ${multiple} for '${path}' but received ${size}.`);
  }
  if (torch.pool && torch.pool.sizePixels < data.sizePixels) throw new Error(`Expected at least ${data.sizePixels}, which is 'data.sizePixels', for 'torch.pool.sizePixels' but received ${torch.pool.sizePixels}.`);
  if (frameWeights !== 'equal' && frameWeights.length !== network.frames) throw new Error(`Expected ${network.frames} weights for 'loss.frameWeights' but received ${frameWeights.length}.`);
  if (levelWeights.length < 1 || levelWeights.length > 5) throw new Error(`Expected 1 to 5 weights for 'loss.levelWeights' but received ${levelWeights.length}.`);
}

/** A preset with some of its keys changed, at any depth; lists are replaced whole, and `null` leaves a part out. */
function merge<T extends object>(preset: T, changes: Record<string, unknown>, path: string): T {
  expectKnownKeys(changes, Object.keys(preset), path);
  const merged = { ...preset } as Record<string, unknown>;
  for (const [key, value] of Object.entries(changes)) {
    const original = merged[key];
    const nested = value !== null && typeof original === 'object' && original !== null && !Array.isArray(original);
    merged[key] = nested ? merge(original, readMapping(value, join(path, key)), join(path, key)) : value;
  }
  return merged as T;
}
