import { paperFamily, paperPreset } from '@unblur/core-model';
import type { PaperConfig } from '@unblur/core-model';
import { frameOrders } from '../../losses/frame-order.js';
import { networkField } from '../../run-file/network-field.js';
import {
  checked,
  either,
  list,
  number,
  oneOf,
  optional,
  section,
  withDefault,
} from '../../run-file/schema.js';
import type { Field, FieldType } from '../../run-file/schema.js';
import { expectConsistentRun, sampleRunFields } from '../samples/sample-run.js';

const fields = section({
  system: oneOf('paper'),
  network: networkField<PaperConfig>({ paper: paperPreset }, 'paper', paperFamily.validate),
  loss: section({
    norm: withDefault(oneOf('l1', 'charbonnier', 'log-l1', 'log-l2'), 'l1'),
    order: withDefault(oneOf(...frameOrders), 'ground-truth'),
    /** Weights of the photometric loss per level, finest first. */
    levelWeights: withDefault(list(number({ min: 0 })), [1, 0.5, 0.25, 0.125, 0.0625]),
    /** Weights of the photometric loss per frame in time order; `equal`: the same for each. */
    frameWeights: withDefault(
      either(oneOf('equal'), list(number({ min: 0 })), "'equal' or a list of one weight per frame"),
      'equal',
    ),
    /** Weight of the transformation consistency loss in Eq. 6; 0 leaves it out. */
    transformationConsistency: withDefault(number({ min: 0 }), 0),
    /** Weight of the symmetric penalty in Eq. 6; 0 leaves it out. */
    symmetricPenalty: withDefault(number({ min: 0 }), 0),
    /** See `symmetricPenalty`; `null`: unbounded, as in the paper. */
    symmetricPenaltyBound: optional(number({ min: 0 })),
  }),
  ...sampleRunFields,
});

/** A run of the network of Argaw et al. 2021, complete: every default filled in, every path absolute. */
export type PaperRun = FieldType<typeof fields>;

export const paperRunField: Field<PaperRun> = checked(fields, (run) => {
  const {
    network,
    loss: { order, frameWeights, levelWeights },
  } = run;
  expectConsistentRun(run, {
    multiple: paperFamily.sizeMultiple(network),
    frames: network.frames,
    motion: order === 'canonical',
    frameWeights,
  });
  if (levelWeights.length < 1 || levelWeights.length > 5) {
    throw new Error(`Expected 1 to 5 weights for 'loss.levelWeights' but received ${levelWeights.length}.`);
  }
});
