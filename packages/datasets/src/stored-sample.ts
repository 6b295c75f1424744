import { expectOptions, type OptionNames } from '@unblur/files/options';
import type { RgbImage } from '@unblur/metrics';
import {
  type AugmentationOptions,
  completeAugmentation,
  degrade,
  drawAugmentation,
  noAugmentation,
  rearrangePixels,
  rearrangeVectors,
  requireAugmentation,
} from './augmentation.js';
import type { Given } from './exposure-options.js';
import { motionOfFlows } from './flows.js';
import { requireThat } from './option-checks.js';
import { type CameraTurn, cropTurn, motionOfTurn, rearrangeTurn } from './panorama/camera-turn.js';
import type { RgbBytes } from './pictures/picture-bytes.js';
import { cutWindow, drawSquareWindow } from './pictures/square-window.js';
import { createRandom } from './random.js';
import type { Sample } from './sample.js';

// Samples that were made before, in shards or in folders, as samples to train on.

/** How a stored sample is cropped and augmented. Plain data: a section of a run file. */
export interface StoredSampleOptions {
  /** Side of the random window that is cut out of the stored pictures; default: the largest that all have. */
  sizePixels: number;
  /** Must be what is stored. */
  frames: number;
  /**
   * Flips, quarter turns, time reversal, noise and compression; no change of colours, which would have to
   * come before the averaging. Default: none, as the samples were augmented when they were made.
   */
  augmentation: AugmentationOptions;
}

export type PartialStoredSampleOptions = Given<StoredSampleOptions>;

const storedSampleOptionNames: OptionNames<PartialStoredSampleOptions> = {
  sizePixels: true,
  frames: true,
  augmentation: true,
};

/**
 * The options that are given, with the whole augmentation.
 *
 * @throws RangeError for an augmentation that makes no sense, or would change colours; UnblurError for an unknown
 * name.
 */
export function expectStoredOptions(
  kind: 'shards' | 'samples',
  given: PartialStoredSampleOptions,
): Partial<StoredSampleOptions> & Pick<StoredSampleOptions, 'augmentation'> {
  const known = expectOptions(
    given,
    storedSampleOptionNames,
    `mixedBatches({ sources: [{ kind: '${kind}', folder: '${kind}' }], sizePixels: 64, frames: 7, ... })`,
  );
  const augmentation = completeAugmentation(noAugmentation, known.augmentation);
  requireAugmentation(augmentation);
  for (const name of ['gain', 'whiteBalance', 'gamma'] as const) {
    requireThat(
      augmentation[name].every((factor) => factor === 1),
      `augmentation.${name}`,
      'left out for stored samples, whose frames are averaged already,',
      augmentation[name],
    );
  }
  return { ...known, augmentation };
}

/** @throws RangeError unless windows of the size can be cut. @param whose side the largest is, for messages. */
export function requireWindowSize(sizePixels: number, largestPixels: number, whose: string): void {
  requireThat(
    Number.isInteger(sizePixels) && sizePixels >= 1 && sizePixels <= largestPixels,
    'sizePixels',
    `at most ${largestPixels}, ${whose},`,
    sizePixels,
  );
}

/** A sample as it is stored: pictures of one size, and what is known of their motion. */
export interface StoredSample {
  blurred: RgbBytes;
  /** In time order. */
  frames: readonly RgbBytes[];
  rotationDegrees?: number;
  cameraTurn?: CameraTurn;
  /** From the middle frame to each, `height * width * 2` values (dx, dy) in pixels. */
  flowsPixels?: readonly Float32Array[];
}

/**
 * Which of `count` stored samples is the one with an index: each pass goes through all of them in an order of
 * its own, so any `count` consecutive ones from a multiple of it on are all different.
 */
export function passesInRandomOrder(count: number, seed: number): (sampleIndex: number) => number {
  let orderedPass = -1;
  let order = new Uint32Array();
  return (sampleIndex) => {
    const pass = Math.floor(sampleIndex / count);
    if (pass !== orderedPass) {
      const random = createRandom(seed, pass, 5);
      order = Uint32Array.from({ length: count }, (_, index) => index);
      for (let last = count - 1; last > 0; last--) {
        const place = random.below(last + 1);
        [order[last], order[place]] = [order[place]!, order[last]!];
      }
      orderedPass = pass;
    }
    return order[sampleIndex % count]!;
  };
}

/**
 * A random window of a stored sample, augmented at random; the motion follows.
 *
 * @param options.sizePixels at most the lesser side of the pictures.
 */
export function augmentStored(
  { blurred, frames, rotationDegrees, cameraTurn, flowsPixels }: StoredSample,
  options: StoredSampleOptions,
  seed: number,
  sampleIndex: number,
): Sample {
  const random = createRandom(seed, sampleIndex, 4);
  const { sizePixels: size } = options;
  const augmentation = drawAugmentation(random, options.augmentation);
  const window = drawSquareWindow(random, blurred, size);
  const inTime = <T>(ofFrames: T[]): T[] => (augmentation.reverseTime ? ofFrames.reverse() : ofFrames);
  const cut = (values: Uint8Array | Float32Array, channels: number): Float32Array =>
    cutWindow(values, blurred.width, channels, window);
  const toImage = ({ rgb }: RgbBytes): RgbImage => ({
    width: size,
    height: size,
    data: rearrangePixels(
      cut(rgb, 3).map((byte) => byte / 255),
      size,
      augmentation,
    ),
  });
  const sample: Sample = {
    blurred: toImage(blurred),
    frames: inTime(frames.map(toImage)),
    ...(rotationDegrees !== undefined && { rotationDegrees }),
  };
  if (cameraTurn) {
    sample.cameraTurn = rearrangeTurn(cropTurn(cameraTurn, window.left, window.top), size, augmentation);
    sample.motionPixels = motionOfTurn(sample.cameraTurn, sample.blurred);
  }
  if (flowsPixels) {
    sample.flowsPixels = inTime(
      flowsPixels.map((flow) => rearrangeVectors(cut(flow, 2), size, augmentation)),
    );
    sample.motionPixels = motionOfFlows(sample.flowsPixels);
  }
  degrade(sample.blurred, augmentation.noiseSigma, options.augmentation, random);
  return sample;
}
