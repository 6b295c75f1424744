import { add, concat, mul, neg, reshape, sub, sum, tile } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerDeclarations, NamedTensors } from '../layers/declaration.js';
import { warp } from '../layers/motion-field.js';
import { halve, packPixels, unpackPixels } from '../layers/resolution.js';
import type { BlurToVideoConfig } from './config.js';
import { displacement } from './feature-transformer.js';
import { middleFeatureChannels } from './middle-decoder.js';
import type { Decoded, MiddleDecoderConfig } from './middle-decoder.js';
import { motionAtTime } from './motion-decoder.js';
import type { LevelTrajectory } from './motion-decoder.js';

/** The level at which corrections are computed. */
const LEVEL = 1;
const PACKED_CHANNELS = 12;

/**
 * Holds the middle frame against the photograph (ours): moved along the trajectories and averaged, as the shutter did,
 * it should give the photograph again. What is missing, carried back along the trajectories, is the direction in which
 * gradient descent on the squared difference would go (Landweber iteration); convolutions that also see the middle
 * decoder's feature decide how far to follow it, since the motion may be wrong. Every iteration has the same weights.
 *
 * @returns a function from the photograph `[B, H, W, 3]`, the decoded middle frame and the trajectories to the middle
 *   frame with better images at levels 0 and 1.
 */
export function declareReblurRefiner(
  layers: LayerDeclarations,
  config: MiddleDecoderConfig & Pick<BlurToVideoConfig, 'reblurRefiner'>,
): (blurred: Tensor4D, middle: Decoded, trajectories: LevelTrajectory[], weights: NamedTensors) => Decoded {
  const { iterations, times: timeCount, channels } = config.reblurRefiner!;
  const times = exposureTimes(timeCount);
  const understand = layers.chain('reblur.conv', { from: 3 * PACKED_CHANNELS + middleFeatureChannels(config, LEVEL) + 2, channels, level: LEVEL });
  const predictCorrection = layers.convolution('reblur.image', { from: channels.at(-1)!, to: PACKED_CHANNELS, level: LEVEL, activation: 'none', initialization: 'zero' });

  return (blurred, middle, trajectories, weights) => {
    const [, height, width] = blurred.shape;
    const finest = trajectories.at(-1)!;
    const displacements = concat(times.map((time) => displacement(motionAtTime(finest, time), [height, width], 0)!), 0);
    const sweep = displacement(motionAtTime(finest, 1), [height / 2, width / 2], LEVEL)!;
    const backward = neg(displacements);

    let image = middle.images[0]!;
    for (let iteration = 0; iteration < iterations; iteration++) {
      const missing = sub(blurred, averageAlong(image, displacements)) as Tensor4D;
      const direction = averageAlong(missing, backward);
      const seen = concat([packPixels(image), packPixels(missing), packPixels(direction), middle.features[LEVEL]!, sweep], 3);
      image = add(image, unpackPixels(predictCorrection(understand(seen, weights), weights)));
    }
    const images = [...middle.images];
    images[0] = image;
    images[1] = halve(image);
    return { ...middle, images };
  };
}

/** Times of the exposure at even distances from -1 to 1, but for 0, the middle frame's own. */
export function exposureTimes(count: number): number[] {
  return Array.from({ length: count + 1 }, (_, index) => (2 * index) / count - 1).filter((time) => time !== 0);
}

/** The mean of an image and what warping it by each displacement gives; `displacements` `[T B, H, W, 2]`. */
export function averageAlong(image: Tensor4D, displacements: Tensor4D): Tensor4D {
  const [batch, height, width, channels] = image.shape;
  const count = displacements.shape[0] / batch;
  const moved = reshape(warp(tile(image, [count, 1, 1, 1]), displacements), [count, batch, height, width, channels]);
  return mul(add(sum(moved, 0), image), 1 / (count + 1)) as Tensor4D;
}
