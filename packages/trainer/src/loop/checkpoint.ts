import { existsSync } from 'node:fs';
import { readSafetensors, writeSafetensors } from '@unblur/core-model';
import { readWholeFile, writeAtomicallySync } from '@unblur/files';
import { excerptOf } from '@unblur/files/parsed-value';
import { stateOfTensors, tensorsOfState } from './learned-state.js';
import type { LearnedState } from './learned-state.js';
import { number, optional, readMapping, text } from '../run-file/schema.js';

/**
 * All that a run needs to go on as if it had never stopped. Samples follow from the seed and `samplesSeen`.
 */
export interface Checkpoint extends LearnedState {
  step: number;
  samplesSeen: number;
  /** Best validation PSNR so far, mean over frames; `null` before the first validation. */
  bestPsnr: number | null;
  /** Of which samples that is, see `digestOf`; `null`: not known. */
  validationSet: string | null;
  /** Time spent training, over all sessions. */
  trainedSeconds: number;
}

const metadataKey = 'unblur.checkpoint';

/**
 * Writes the checkpoint so that there is always one whole one on the disk. @throws UnblurError that names the
 * file, where it cannot be written.
 */
export function writeCheckpoint(
  file: string,
  { weights, firstMoments, secondMoments, averages, ...progress }: Checkpoint,
): void {
  const tensors = tensorsOfState({ weights, firstMoments, secondMoments, averages });
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
    throw new Error(`Expected '${metadataKey}' in its header: it is some other kind of file.`);
  }
  const progress = readMapping(parseJson(metadata[metadataKey]!), metadataKey);
  const state = stateOfTensors(tensors);
  for (const [path, { values }] of Object.entries(tensors)) {
    if (!(values as Float32Array).every(Number.isFinite)) {
      throw new Error(`Expected finite values but '${excerptOf(path)}' holds others.`);
    }
  }
  return {
    step: progressFields.step.read(progress['step'], 'step'),
    samplesSeen: progressFields.samplesSeen.read(progress['samplesSeen'], 'samplesSeen'),
    bestPsnr: progressFields.bestPsnr.read(progress['bestPsnr'], 'bestPsnr'),
    validationSet: progressFields.validationSet.read(progress['validationSet'], 'validationSet'),
    trainedSeconds: progressFields.trainedSeconds.read(progress['trainedSeconds'], 'trainedSeconds'),
    ...state,
  };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new Error(`Expected JSON in '${metadataKey}' of its header but received something else.`, {
      cause,
    });
  }
}
