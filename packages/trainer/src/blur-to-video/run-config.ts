import { blurToVideoPresets, requiredMultiple, validateConfig } from '@unblur/core-model';
import type { BlurToVideoConfig } from '@unblur/core-model';
import { dataField } from '../data-config.js';
import { needsMotion } from '../losses/total-loss.js';
import { adamFields, changeSamplePaths, expectMultiples, expectOnePlace, initialWeights, networkField, positive, runFields, sampleValidation, scheduleField, share, torchFields } from '../run-fields.js';
import { parseRunFile, readRunFile, writeRunFile } from '../run-file.js';
import type { RunReader } from '../run-file.js';
import { checked, either, list, number, oneOf, optional, section, text, withDefault } from '../run-schema.js';
import type { Field, FieldType } from '../run-schema.js';

const loss = section({
  norm: withDefault(oneOf('l1', 'charbonnier', 'log-l1', 'log-l2'), 'l1'),
  order: withDefault(oneOf('ground-truth', 'better', 'canonical'), 'ground-truth'),
  levelWeights: withDefault(list(number({ min: 0 })), [1, 0.5, 0.25, 0.125, 0.0625]),
  frameWeights: withDefault(either(oneOf('equal'), list(number({ min: 0 })), "'equal' or a list of one weight per frame"), 'equal'),
  motion: withDefault(number({ min: 0 }), 0),
  transformationConsistency: withDefault(number({ min: 0 }), 0),
  symmetricPenalty: withDefault(number({ min: 0 }), 0),
  symmetricPenaltyBound: optional(number({ min: 0 })),
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
  /** Largest standard deviation, in pixels, of a Gaussian blur of photograph and frames alike: not everything soft has moved. */
  softnessPixels: withDefault(number({ min: 0, max: 2 }), 0),
});

const run = section({
  system: withDefault(oneOf('blur-to-video'), 'blur-to-video'),
  network: networkField<BlurToVideoConfig>(blurToVideoPresets, 'paper', validateConfig),
  data: dataField,
  loss,
  optimizer: section(adamFields),
  schedule: scheduleField,
  /** Weight updates in the whole run. */
  steps: positive,
  ...runFields,
  validation: sampleValidation,
  torch: section({
    ...torchFields,
    /** Samples kept on the device and seen several times, each time cut, turned and coloured in another way; `null`: every sample is seen once. */
    pool: optional(pool),
  }),
  /** Weights to start from instead of random ones. */
  initialWeights: optional(initialWeights),
  /** Beginnings of the names of the weights that are trained, such as `reblur.`; the others stay as they are. Default: all. */
  trainedParts: optional(list(text)),
});

/** A run of the blur-to-video network, complete: every default filled in, every path absolute. */
export type RunConfig = FieldType<typeof run>;

export const runConfigField: Field<RunConfig> = checked(run, expectConsistent);

/** `SystemDefinition.changePaths`. */
export function changePaths(config: RunConfig, change: (path: string) => string): RunConfig {
  const { initialWeights } = config;
  return { ...config, ...changeSamplePaths(config, change), initialWeights: initialWeights && { ...initialWeights, file: change(initialWeights.file) } };
}

const reader: RunReader<RunConfig> = { field: runConfigField, changePaths };

/** Reads a run file of the blur-to-video network; see `loadRun`. */
export function loadRunConfig(file: string): RunConfig {
  return parseRunConfig(readRunFile(file), file);
}

/** Reads the text of a run file. @param file names it in messages and is what its paths are relative to. */
export function parseRunConfig(yaml: string, file: string): RunConfig {
  return parseRunFile<RunConfig, RunReader<RunConfig>>(() => reader, yaml, file).config;
}

/** See `writeRunFile`. */
export function writeRunConfig(config: RunConfig, file: string): string {
  return writeRunFile(reader, config, file);
}

/** Sources whose samples come with their motion. */
const MOTION_KINDS: string[] = ['panorama', 'layers'];

/** What no single field can check. */
function expectConsistent({ network, data, torch, validation, loss }: RunConfig): void {
  const { frameWeights, levelWeights } = loss;
  expectOnePlace(validation);
  expectMultiples({ data, validation }, requiredMultiple(network));
  if (torch.pool && torch.pool.sizePixels < data.sizePixels) throw new Error(`Expected at least ${data.sizePixels}, which is 'data.sizePixels', for 'torch.pool.sizePixels' but received ${torch.pool.sizePixels}.`);
  const kinds = data.sources.map(({ kind }) => kind);
  if (needsMotion(loss) && !kinds.some((kind) => MOTION_KINDS.includes(kind))) {
    throw new Error(`Expected a source of kind ${MOTION_KINDS.join(' or ')}, whose motion is known, as 'loss.motion' and the canonical order need it, but 'data.sources' has only ${[...new Set(kinds)].join(' and ')}.`);
  }
  if (frameWeights !== 'equal' && frameWeights.length !== network.frames) throw new Error(`Expected ${network.frames} weights for 'loss.frameWeights' but received ${frameWeights.length}.`);
  if (levelWeights.length < 1 || levelWeights.length > 5) throw new Error(`Expected 1 to 5 weights for 'loss.levelWeights' but received ${levelWeights.length}.`);
}
