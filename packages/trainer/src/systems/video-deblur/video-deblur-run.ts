import { flowMultiple, videoDeblurFamily, videoDeblurPresets, windowFrames } from '@unblur/core-model';
import type { VideoDeblurConfig } from '@unblur/core-model';
import {
  adamFields,
  batchSizeField,
  decayShares,
  expectAffordable,
  expectMultiples,
  initialWeights,
  positive,
  runFields,
  share,
  wholeNumber,
  workersField,
} from '../../run-file/fields.js';
import { networkField } from '../../run-file/network-field.js';
import {
  checked,
  list,
  number,
  oneOf,
  optional,
  range,
  section,
  text,
  withDefault,
} from '../../run-file/schema.js';
import type { Field, FieldType } from '../../run-file/schema.js';
import { windowDataField, windowValidationField } from '../samples/window-run.js';

/**
 * What the flow network learns before the cascade: the known flow of synthetic layers that move over each
 * other.
 */
const flowPretraining = section({
  /** Folder of still photographs, relative to the run file. */
  folder: text,
  steps: positive,
  batchSize: withDefault(batchSizeField, 4),
  learningRate: withDefault(number({ min: 0 }), 0.0005),
  workers: withDefault(workersField, 1),
  /** How far the whole scene, and an object against it, move over five frames, in pixels. */
  cameraPixels: withDefault(range(number({ min: 0 })), [0, 32]),
  objectPixels: withDefault(range(number({ min: 0 })), [2, 40]),
});

/** The defaults are those of the authors' program. */
const loss = section({
  norm: withDefault(oneOf('l1', 'log-l1', 'log-l2'), 'l1'),
  hardShare: withDefault(share, 0.5),
  hardWeight: withDefault(number({ min: 0 }), 2),
});

const optimizer = section({
  ...adamFields,
  /**
   * Of the flow network, which starts trained, or stays as it is at 0; `learningRate` is the
   * reconstruction's.
   */
  flowLearningRate: withDefault(number({ min: 0 }), 0.000001),
});

const schedule = section({
  /** Shares of the cascade's steps after which the learning rates are multiplied by `factor`. */
  at: withDefault(decayShares, [0.4, 0.8]),
  factor: withDefault(share, 0.5),
  warmupSteps: withDefault(wholeNumber, 0),
});

const run = section({
  system: oneOf('video-deblur'),
  network: networkField<VideoDeblurConfig>(videoDeblurPresets, 'paper', videoDeblurFamily.validate),
  data: windowDataField,
  flowPretraining: optional(flowPretraining),
  loss,
  optimizer,
  schedule,
  /** Weight updates of the cascade, after those of the flow network. */
  steps: positive,
  ...runFields,
  emaDecay: withDefault(share, 0.998),
  validation: windowValidationField,
  /**
   * Weights to start from instead of random ones. They may be of a network of another number of stages or
   * scales, since these share their weights.
   */
  initialWeights: optional(initialWeights),
  /**
   * Video-deblurring weights whose flow network is taken, whatever their reconstruction, relative to the run
   * file.
   */
  initialFlow: optional(text),
  /**
   * Beginnings of the names of the weights that the cascade's steps train, such as `fusion.`; the others stay
   * as they are. Default: all.
   */
  trainedParts: optional(list(text)),
});

/** A video-deblurring run, complete: every default filled in, every path absolute. */
export type VideoDeblurRun = FieldType<typeof run>;

export const videoDeblurRunField: Field<VideoDeblurRun> = checked(run, expectConsistent);

/** What no single field can check. */
function expectConsistent({
  network,
  batchSize,
  data,
  validation,
  flowPretraining: pretraining,
}: VideoDeblurRun): void {
  expectMultiples({ data, validation }, videoDeblurFamily.sizeMultiple(network));
  // A window is held blurred and sharp.
  expectAffordable({ batchSize, data, validation }, 2 * windowFrames(network) - 1);
  const multiple = flowMultiple(network.flow);
  if (pretraining && data.sizePixels % multiple !== 0) {
    throw new Error(
      `Expected a multiple of ${multiple} for 'data.sizePixels', so that known flows fit every level, but received ${data.sizePixels}.`,
    );
  }
}
