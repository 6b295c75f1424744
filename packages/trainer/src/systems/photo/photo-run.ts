import { photoFamily, photoMultiple, photoPreset } from '@unblur/core-model';
import type { PhotoConfig } from '@unblur/core-model';
import { share } from '../../run-file/fields.js';
import { networkField } from '../../run-file/network-field.js';
import { list, number, oneOf, optional, section, withDefault } from '../../run-file/schema.js';
import type { Field, FieldType } from '../../run-file/schema.js';
import { expectConsistentRun, hasMotion, sampleRunFields } from '../samples/sample-run.js';
import type { PhotoLossConfig } from './photo-loss.js';

const fields = section({
  system: withDefault(oneOf('photo'), 'photo'),
  network: networkField<PhotoConfig>({ photo: photoPreset }, 'photo', photoFamily.validate),
  /** Frames of each sample, evenly over the exposure; odd. */
  frames: withDefault(number({ min: 3, max: 99, integer: true }), 7),
  loss: section({
    epsilon: withDefault(number({ min: 1e-12, max: 1 }), 1e-4),
    /** Default: 2 for the middle frame and 1 for every other one. */
    frameWeights: optional(list(number({ min: 0 }))),
    /** Default: 0.3 where samples come with their motion, else 0. */
    motion: optional(number({ min: 0 })),
    /**
     * Share of the steps in which frames are compared in the canonical order; then in the better one.
     * Default: 0.3 for a network that begins at random, since its trajectories would else stay near zero,
     * between the two orders; 0 for one that starts from weights, or where no sample comes with its motion.
     */
    canonicalShare: optional(share),
  }),
  ...sampleRunFields,
});

/** A run of the photo network, complete: every default filled in, every path absolute. */
export type PhotoRun = Omit<FieldType<typeof fields>, 'loss'> & {
  loss: PhotoLossConfig & { canonicalShare: number };
};

export const photoRunField: Field<PhotoRun> = {
  read: (value, path) => {
    const run = withLossDefaults(fields.read(value, path));
    const {
      frames,
      loss: { frameWeights, motion, canonicalShare },
    } = run;
    if (frames % 2 === 0) {
      throw new Error(
        `Expected an odd number for 'frames', so that one is in the middle, but received ${frames}.`,
      );
    }
    expectFramesPerStep(run);
    expectConsistentRun(run, {
      multiple: photoMultiple,
      motion: motion !== 0 || canonicalShare !== 0,
      frames,
      frameWeights,
    });
    return run;
  },
};

/** @throws unless the frames that a step compares are among those of a sample, pairs about the middle one. */
function expectFramesPerStep({ frames, device: { framesPerStep }, loss: { frameWeights } }: PhotoRun): void {
  if (framesPerStep === null || framesPerStep === frames) return;
  if (framesPerStep % 2 === 0 || framesPerStep > frames) {
    throw new Error(
      `Expected an odd number up to ${frames}, which is 'frames', for 'device.framesPerStep' but received ${framesPerStep}.`,
    );
  }
  const others = new Set(frameWeights.filter((_, frame) => frame !== (frames - 1) / 2));
  if (others.size > 1) {
    throw new Error(
      "Expected the same weight in 'loss.frameWeights' for all frames but the middle one, since 'device.framesPerStep' compares some of them only.",
    );
  }
}

function withLossDefaults({ loss, ...run }: FieldType<typeof fields>): PhotoRun {
  const { data, frames, initialWeights } = run;
  return {
    ...run,
    loss: {
      ...loss,
      frameWeights:
        loss.frameWeights ??
        Array.from({ length: frames }, (_, frame) => (frame === (frames - 1) / 2 ? 2 : 1)),
      motion: loss.motion ?? (hasMotion(data) ? 0.3 : 0),
      canonicalShare: loss.canonicalShare ?? (hasMotion(data) && initialWeights === null ? 0.3 : 0),
    },
  };
}
