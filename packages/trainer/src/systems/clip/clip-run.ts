import { clipFamily, clipFrames, clipPreset } from '@unblur/core-model';
import type { ClipConfig } from '@unblur/core-model';
import {
  adamFields,
  expectAffordable,
  expectMultiples,
  initialWeights,
  positive,
  runFields,
  scheduleField,
  share,
} from '../../run-file/fields.js';
import { networkField } from '../../run-file/network-field.js';
import { checked, number, oneOf, optional, section, withDefault } from '../../run-file/schema.js';
import type { Field, FieldType } from '../../run-file/schema.js';
import { windowDataField, windowValidationField } from '../samples/window-run.js';

const run = section({
  system: oneOf('clip'),
  network: networkField<ClipConfig>({ clip: clipPreset }, 'clip', clipFamily.validate),
  data: windowDataField,
  loss: section({
    /** Added to the mean squared error of a frame before its logarithm is taken. */
    epsilon: withDefault(number({ min: 1e-12, max: 1 }), 1e-4),
    /** Weight of the error of motion, fine and coarse, where synthesis knows the true one; 0 leaves it out. */
    motion: withDefault(number({ min: 0 }), 0.3),
    /** Weight of what the first of two passes restores, beside the second's. */
    firstPass: withDefault(share, 0.5),
  }),
  optimizer: section({
    ...adamFields,
    /**
     * Of what finds and adds the neighbours, which starts from nothing where the rest is a photo network's.
     * Default: `learningRate`.
     */
    neighbourhoodLearningRate: optional(number({ min: 0 })),
    /**
     * Share of the steps for which the rest stays as it starts: joining is learned on frames that last.
     */
    heldShare: withDefault(share, 0),
  }),
  schedule: scheduleField,
  /** Weight updates. */
  steps: positive,
  ...runFields,
  emaDecay: withDefault(share, 0.998),
  validation: windowValidationField,
  /** Weights of the same network to start from instead of random ones, or parts of a photo network. */
  initialWeights: optional(initialWeights),
});

/** A run of the clip network, complete: every default filled in, every path absolute. */
export type ClipRun = FieldType<typeof run>;

export const clipRunField: Field<ClipRun> = checked(run, ({ network, batchSize, data, loss, validation }) => {
  if (network.neighbours === 'none' && loss.motion !== 0) {
    throw new Error(
      `Expected 0 for 'loss.motion' of a network that uses no neighbours but received ${loss.motion}.`,
    );
  }
  expectMultiples({ data, validation }, clipFamily.sizeMultiple(network));
  // A window is held blurred and sharp.
  expectAffordable({ batchSize, data, validation }, 2 * clipFrames(network) - 1);
});
