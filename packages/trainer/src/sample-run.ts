import type { DataConfig } from './data-config.js';
import { dataField } from './data-config.js';
import { adamFields, changeSamplePaths, expectAffordable, expectMultiples, expectOnePlace, initialWeights, positive, runFields, sampleValidation, scheduleField, share, sizePixelsField, torchFields } from './run-fields.js';
import { list, number, optional, section, text, withDefault } from './run-schema.js';
import type { FieldType } from './run-schema.js';

/** What the run files have in common of the systems that learn all frames of a photograph at once. */

const pool = section({
  /** Samples held; the oldest make room for new ones. */
  samples: withDefault(number({ min: 1, max: 1e6, integer: true }), 4096),
  /** Side of the pictures held, from which crops of `data.sizePixels` are cut. */
  sizePixels: sizePixelsField,
  /** Training waits for new samples when those there are have been seen this often on average. */
  reuse: withDefault(number({ min: 1, max: 1e6 }), 16),
  /** Largest relative change of each colour channel's brightness. */
  colourGain: withDefault(share, 0.1),
  /** Largest standard deviation of the noise added to the blurred picture, of full white. */
  noiseSigma: withDefault(share, 0),
  /** Largest standard deviation, in pixels, of a Gaussian blur of photograph and frames alike: not everything soft has moved. */
  softnessPixels: withDefault(number({ min: 0, max: 2 }), 0),
});

export const sampleRunFields = {
  data: dataField,
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
  /** Beginnings of the names of the weights that are trained, such as `trajectory.`; the others stay as they are. Default: all. */
  trainedParts: optional(list(text)),
};

/** A run of such a system, whatever its network and loss. */
export type SampleRun = FieldType<ReturnType<typeof section<typeof sampleRunFields>>> & { system: string };

/** `SystemDefinition.changePaths`. */
export function changeSampleRunPaths<Run extends SampleRun>(run: Run, change: (path: string) => string): Run {
  const { initialWeights: start } = run;
  return { ...run, ...changeSamplePaths(run, change), initialWeights: start && { ...start, file: change(start.file) } };
}

/** `SystemDefinition.pictureFolders`. */
export function samplePictureFolders({ data: { sources } }: Pick<SampleRun, 'data'>): string[] {
  return sources.flatMap(({ kind, folder }) => (kind === 'panorama' || kind === 'layers' ? [folder] : []));
}

/** Sources whose samples come with their motion. */
const MOTION_KINDS: string[] = ['panorama', 'layers'];

/** Whether samples of a source come with their motion. */
export function hasMotion({ sources }: Pick<DataConfig, 'sources'>): boolean {
  return sources.some(({ kind }) => MOTION_KINDS.includes(kind));
}

/** What no single field can check. @param needs of the network and the loss: the size of pictures is a multiple; whether the true motion is needed; frames of a sample, and their weights. */
export function expectConsistentRun({ batchSize, data, torch, validation }: SampleRun, needs: { multiple: number; motion: boolean; frames: number; frameWeights: readonly number[] | 'equal' }): void {
  expectOnePlace(validation);
  expectMultiples({ data, validation }, needs.multiple);
  expectAffordable({ batchSize, data, validation }, needs.frames);
  if (torch.pool && torch.pool.sizePixels < data.sizePixels) throw new Error(`Expected at least ${data.sizePixels}, which is 'data.sizePixels', for 'torch.pool.sizePixels' but received ${torch.pool.sizePixels}.`);
  if (needs.motion && !hasMotion(data)) {
    const kinds = [...new Set(data.sources.map(({ kind }) => kind))];
    throw new Error(`Expected a source of kind ${MOTION_KINDS.join(' or ')}, whose motion is known, as 'loss.motion' and the canonical order need it, but 'data.sources' has only ${kinds.join(' and ')}.`);
  }
  const { frames, frameWeights } = needs;
  if (frameWeights !== 'equal' && frameWeights.length !== frames) throw new Error(`Expected ${frames} weights for 'loss.frameWeights' but received ${frameWeights.length}.`);
}
