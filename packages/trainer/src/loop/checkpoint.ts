import { existsSync } from 'node:fs';
import { readSafetensors, writeSafetensors } from '@unblur/core-model';
import type { SafetensorsTensor, WeightValues } from '@unblur/core-model';
import { readWholeFile, writeAtomicallySync } from '@unblur/files';
import { excerptOf } from '@unblur/files/parsed-value';
import type { NamedArrays } from './adam.js';
import { number, optional, readMapping, text } from '../run-file/schema.js';

/**
 * All that a run needs to go on as if it had never stopped. Samples follow from the seed and `samplesSeen`.
 */
export interface Checkpoint {
  step: number;
  samplesSeen: number;
  /** Best validation PSNR so far, mean over frames; `null` before the first validation. */
  bestPsnr: number | null;
  /** Of which samples that is, see `digestOf`; `null`: not known. */
  validationSet: string | null;
  /** Time spent training, over all sessions. */
  trainedSeconds: number;
  weights: WeightValues;
  firstMoments: NamedArrays;
  secondMoments: NamedArrays;
  averages: NamedArrays;
}

const metadataKey = 'unblur.checkpoint';

/** What a checkpoint keeps per weight, beside the weight itself. */
const trackedGroups = ['firstMoments', 'secondMoments', 'averages'] as const;
const isTrackedGroup = (group: string): group is (typeof trackedGroups)[number] =>
  (trackedGroups as readonly string[]).includes(group);

/**
 * Writes the checkpoint so that there is always one whole one on the disk. @throws UnblurError that names the
 * file, where it cannot be written.
 */
export function writeCheckpoint(
  file: string,
  { weights, firstMoments, secondMoments, averages, ...progress }: Checkpoint,
): void {
  const tensors: Record<string, SafetensorsTensor> = {};
  for (const [name, { shape, values }] of Object.entries(weights)) {
    tensors[`weights/${name}`] = { dtype: 'F32', shape, values };
  }
  for (const [group, arrays] of Object.entries({ firstMoments, secondMoments, averages })) {
    for (const [name, values] of Object.entries(arrays)) {
      tensors[`${group}/${name}`] = { dtype: 'F32', shape: weights[name]!.shape, values };
    }
  }
  writeAtomicallySync(
    file,
    writeSafetensors({ tensors, metadata: { [metadataKey]: JSON.stringify(progress) } }),
  );
}

/**
 * @returns the checkpoint, or `undefined` if there is no such file.
 * @throws if the file is no checkpoint or is damaged: what is wrong with it, and where.
 */
export function readCheckpoint(file: string): Checkpoint | undefined {
  if (!existsSync(file)) return undefined;
  const bytes = readWholeFile(file);
  try {
    return parseCheckpoint(bytes);
  } catch (cause) {
    throw new Error(
      `Expected a training checkpoint at '${file}' but it cannot be used. ${(cause as Error).message}`,
      { cause },
    );
  }
}

const count = number({ min: 0, max: Number.MAX_SAFE_INTEGER, integer: true });
const progressFields = {
  step: count,
  samplesSeen: count,
  bestPsnr: optional(number()),
  validationSet: optional(text),
  trainedSeconds: number({ min: 0 }),
};

/** @throws if the bytes are no checkpoint, or hold anything that a checkpoint does not. */
export function parseCheckpoint(bytes: Uint8Array): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes);
  if (!Object.hasOwn(metadata, metadataKey)) {
    throw new Error(`Expected '${metadataKey}' in its header: it is a file of something else.`);
  }
  const progress = readMapping(parseJson(metadata[metadataKey]!), metadataKey);
  // By lists: a file may name a tensor as objects name what they inherit.
  const groups = {
    weights: [] as [string, WeightValues[string]][],
    firstMoments: [] as NamedValues[],
    secondMoments: [] as NamedValues[],
    averages: [] as NamedValues[],
  };
  for (const [path, { dtype, shape, values }] of Object.entries(tensors)) {
    const [group, name] = [path.slice(0, path.indexOf('/')), path.slice(path.indexOf('/') + 1)];
    if (dtype !== 'F32' || !(values instanceof Float32Array)) {
      throw new Error(`Expected tensors of type F32 but '${excerptOf(path)}' is ${dtype}.`);
    }
    if (!values.every(Number.isFinite)) {
      throw new Error(`Expected finite values but '${excerptOf(path)}' holds others.`);
    }
    if (group === 'weights') {
      groups.weights.push([name, { shape, values }]);
    } else if (isTrackedGroup(group)) {
      groups[group].push([name, values]);
    } else {
      throw new Error(
        `Expected tensors of weights/, ${trackedGroups.join('/, ')}/ but received '${excerptOf(path)}'.`,
      );
    }
  }
  const weights = Object.fromEntries(groups.weights);
  for (const group of trackedGroups) {
    const stray = groups[group].find(
      ([name, values]) => !Object.hasOwn(weights, name) || weights[name]!.values.length !== values.length,
    );
    if (stray) {
      throw new Error(`Expected '${group}/${excerptOf(stray[0])}' to be of a weight and as large as it is.`);
    }
  }
  return {
    step: progressFields.step.read(progress['step'], 'step'),
    samplesSeen: progressFields.samplesSeen.read(progress['samplesSeen'], 'samplesSeen'),
    bestPsnr: progressFields.bestPsnr.read(progress['bestPsnr'], 'bestPsnr'),
    validationSet: progressFields.validationSet.read(progress['validationSet'], 'validationSet'),
    trainedSeconds: progressFields.trainedSeconds.read(progress['trainedSeconds'], 'trainedSeconds'),
    weights,
    firstMoments: Object.fromEntries(groups.firstMoments),
    secondMoments: Object.fromEntries(groups.secondMoments),
    averages: Object.fromEntries(groups.averages),
  };
}

type NamedValues = [name: string, values: Float32Array];

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new Error(`Expected JSON in '${metadataKey}' of its header but received something else.`, {
      cause,
    });
  }
}

/** Copies a checkpoint's values into arrays in use. @throws if it was made by another network. */
export function copyInto(target: NamedArrays, source: NamedArrays): void {
  for (const [name, values] of Object.entries(target)) {
    if (source[name]?.length !== values.length) {
      throw new Error(
        `Expected a checkpoint of the same network but '${name}' has ${source[name]?.length ?? 0} values, not ${values.length}.`,
      );
    }
    values.set(source[name]);
  }
}
