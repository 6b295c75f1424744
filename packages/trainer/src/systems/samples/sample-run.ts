import type { DataConfig } from '../../run-file/sources.js';
import { dataField } from '../../run-file/sources.js';
import {
  adamFields,
  changeSamplePaths,
  expectAffordable,
  expectMultiples,
  expectOnePlace,
  initialWeights,
  positive,
  runFields,
  sampleValidation,
  scheduleField,
} from '../../run-file/fields.js';
import { list, optional, section, text } from '../../run-file/schema.js';
import type { FieldType } from '../../run-file/schema.js';

/** What the run files have in common of the systems that learn all frames of a photograph at once. */

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

/** `SystemDefinition.changePaths`. */
export function changeSampleRunPaths<Run extends SampleRun>(run: Run, change: (path: string) => string): Run {
  const { initialWeights: start } = run;
  return {
    ...run,
    ...changeSamplePaths(run, change),
    initialWeights: start && { ...start, file: change(start.file) },
  };
}

/** Sources whose samples come with their motion. */
const motionKinds: string[] = ['panorama', 'layers'];

/** Whether samples of a source come with their motion. */
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
  expectOnePlace(validation);
  expectMultiples({ data, validation }, needs.multiple);
  expectAffordable({ batchSize, data, validation }, needs.frames);
  if (needs.motion && !hasMotion(data)) {
    const kinds = [...new Set(data.sources.map(({ kind }) => kind))];
    throw new Error(
      `Expected a source of kind ${motionKinds.join(' or ')}, whose motion is known, as 'loss.motion' and the canonical order need it, but 'data.sources' has only ${kinds.join(' and ')}.`,
    );
  }
  const { frames, frameWeights } = needs;
  if (frameWeights !== 'equal' && frameWeights.length !== frames) {
    throw new Error(
      `Expected ${frames} weights for 'loss.frameWeights' but received ${frameWeights.length}.`,
    );
  }
}
