import { dataField, motionKinds } from '../../run-file/sources.js';
import type { DataConfig } from '../../run-file/sources.js';
import {
  adamFields,
  expectAffordable,
  expectMultiples,
  initialWeights,
  positive,
  runFields,
  scheduleField,
  sizePixelsField,
  validationCount,
  wholeNumber,
} from '../../run-file/fields.js';
import { list, number, optional, section, text, withDefault } from '../../run-file/schema.js';
import type { FieldType } from '../../run-file/schema.js';

// What the run files have in common of the systems that learn all frames of a photograph at once.

/** Of systems that restore the frames of one blurred image. */
export const sampleValidation = section({
  /** Folder of panoramas that no training sample comes from, relative to the run file; or `folder`. */
  panoramas: optional(text),
  /**
   * Folder of samples, as `readSampleFolder` of @unblur/datasets takes them, relative to the run file; the
   * middle of each is used.
   */
  folder: optional(text),
  everySteps: withDefault(positive, 500),
  /** Samples compared: of a folder the first ones by name, or all if there are fewer. */
  count: withDefault(validationCount, 16),
  sizePixels: withDefault(sizePixelsField, 128),
  /** Smallest and largest rotation of samples made from panoramas, equally frequent. */
  angleDegrees: withDefault(list(number({ min: 0, max: 60 }), 2), [1, 10]),
  /** Of the samples made from panoramas. */
  seed: withDefault(wholeNumber, 1),
});
export type SampleValidation = FieldType<typeof sampleValidation>;

/** @throws unless exactly one of the two sources of validation samples is given. */
export function expectOneValidationSource({ panoramas, folder }: SampleValidation): void {
  if ((panoramas === null) === (folder === null)) {
    throw new Error(
      `Expected either 'validation.panoramas' or 'validation.folder' but received ${folder === null ? 'neither' : 'both'}.`,
    );
  }
}

/** Fields of the run files of such systems, beside `system`, `network` and `loss`. */
export const sampleRunFields = {
  data: dataField,
  optimizer: section(adamFields),
  schedule: scheduleField,
  /** Weight updates in the whole run. */
  steps: positive,
  ...runFields,
  validation: sampleValidation,
  /** Weights to start from instead of random ones. */
  initialWeights: optional(initialWeights),
  /**
   * Beginnings of the names of the weights that are trained, such as `trajectory.`; the others stay as they
   * are. Default: all.
   */
  trainedParts: optional(list(text)),
};

/** A run of such a system, whatever its network and loss. */
export type SampleRun = FieldType<ReturnType<typeof section<typeof sampleRunFields>>> & { system: string };

/** Whether samples of a source come with their motion, or may: `trainingBatches` looks into stored ones. */
export function hasMotion({ sources }: Pick<DataConfig, 'sources'>): boolean {
  return sources.some(({ kind }) => motionKinds.includes(kind));
}

/**
 * What no single field can check. @param needs of the network and the loss: the size of pictures is a
 * multiple; whether the true motion is needed; frames of a sample, and their weights.
 */
export function expectConsistentRun(
  { batchSize, data, validation }: SampleRun,
  needs: { multiple: number; motion: boolean; frames: number; frameWeights: readonly number[] | 'equal' },
): void {
  expectOneValidationSource(validation);
  expectMultiples({ data, validation }, needs.multiple);
  expectAffordable({ batchSize, data, validation }, needs.frames);
  if (needs.motion && !hasMotion(data)) {
    const kinds = [...new Set(data.sources.map(({ kind }) => kind))];
    throw new Error(
      `Expected a source of kind ${motionKinds.slice(0, -1).join(', ')} or ${motionKinds.at(-1)!}, whose motion is known, as 'loss.motion' and the canonical order need it, but 'data.sources' has only ${kinds.join(' and ')}.`,
    );
  }
  const { frames, frameWeights } = needs;
  if (frameWeights !== 'equal' && frameWeights.length !== frames) {
    throw new Error(
      `Expected ${frames} weights for 'loss.frameWeights' but received ${frameWeights.length}.`,
    );
  }
}
