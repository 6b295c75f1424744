import { existsSync, readFileSync } from 'node:fs';
import { readSafetensors, writeSafetensors } from '@unblur/core-model';
import type { SafetensorsTensor, WeightValues } from '@unblur/core-model';
import { writeAtomicallySync } from '@unblur/files';
import type { NamedArrays } from './adam.js';

/** All that a run needs to go on as if it had never stopped. Samples follow from the seed and `samplesSeen`. */
export interface Checkpoint {
  step: number;
  samplesSeen: number;
  /** Best validation PSNR so far, mean over frames; `null` before the first validation. */
  bestPsnr: number | null;
  /** Time spent training, over all sittings. */
  trainedSeconds: number;
  weights: WeightValues;
  firstMoments: NamedArrays;
  secondMoments: NamedArrays;
  averages: NamedArrays;
}

const METADATA_KEY = 'unblur.checkpoint';

/** What a checkpoint keeps per weight, beside the weight itself. */
const trackedGroups = ['firstMoments', 'secondMoments', 'averages'] as const;
const isTrackedGroup = (group: string): group is (typeof trackedGroups)[number] => (trackedGroups as readonly string[]).includes(group);

/** Writes the checkpoint so that there is always one whole one on the disk. @throws UnblurError that names the file, where it cannot be written. */
export function writeCheckpoint(file: string, { weights, firstMoments, secondMoments, averages, ...progress }: Checkpoint): void {
  const tensors: Record<string, SafetensorsTensor> = {};
  for (const [name, { shape, values }] of Object.entries(weights)) tensors[`weights/${name}`] = { dtype: 'F32', shape, values };
  for (const [group, arrays] of Object.entries({ firstMoments, secondMoments, averages })) {
    for (const [name, values] of Object.entries(arrays)) tensors[`${group}/${name}`] = { dtype: 'F32', shape: weights[name]!.shape, values };
  }
  writeAtomicallySync(file, writeSafetensors({ tensors, metadata: { [METADATA_KEY]: JSON.stringify(progress) } }));
}

/**
 * @returns the checkpoint, or `undefined` if there is no such file.
 * @throws if the file is no checkpoint or is damaged.
 */
export function readCheckpoint(file: string): Checkpoint | undefined {
  if (!existsSync(file)) return undefined;
  const { tensors, metadata } = readSafetensors(readFileSync(file));
  const progress = metadata[METADATA_KEY];
  if (progress === undefined) throw new Error(`Expected a training checkpoint but '${file}' has no '${METADATA_KEY}' in its header.`);
  const checkpoint: Checkpoint = { ...(JSON.parse(progress) as Checkpoint), weights: {}, firstMoments: {}, secondMoments: {}, averages: {} };
  for (const [path, { shape, values }] of Object.entries(tensors)) {
    const group = path.slice(0, path.indexOf('/'));
    const name = path.slice(path.indexOf('/') + 1);
    if (group === 'weights') checkpoint.weights[name] = { shape, values: values as Float32Array };
    else if (isTrackedGroup(group)) checkpoint[group][name] = values as Float32Array;
    else throw new Error(`Expected tensors of weights/, ${trackedGroups.join('/, ')}/ in the checkpoint '${file}' but received '${path}'.`);
  }
  return checkpoint;
}

/** Copies a checkpoint's values into arrays in use. @throws if it was made by another network. */
export function copyInto(target: NamedArrays, source: NamedArrays): void {
  for (const [name, values] of Object.entries(target)) {
    if (source[name]?.length !== values.length) throw new Error(`Expected a checkpoint of the same network but '${name}' has ${source[name]?.length ?? 0} values, not ${values.length}.`);
    values.set(source[name]);
  }
}
