import {
  abs,
  add,
  addN,
  avgPool,
  concat,
  log,
  mean,
  mul,
  pad,
  slice,
  sqrt,
  square,
  sub,
  sum,
} from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { luminance } from '../parts/image-statistics.js';
import type { LayerDeclarations, NamedTensors } from '../parts/layers.js';
import { repeatBatch, sliceBatches } from '../parts/stacked-batches.js';
import { stopGradient } from '../parts/stop-gradient.js';
import type { ClipConfig } from './clip-config.js';
import { clipMotionStridePixels, finestMotionLevel } from './neighbour-motion.js';

/**
 * How much of each neighbour is blended into a frame, `[B, H/4, W/4, N]`.
 *
 * @param neighbours as moved onto the centre, `[N * B, H, W, 3]`: N stacked along the batch.
 * @param motionPixels to each, `[N * B, H/4, W/4, 2]`.
 * @param visible what lies within each, `[N * B, H, W, 1]`, 1 or 0.
 */
export type NeighbourShares = (
  centre: SeenFrame,
  neighbours: SeenFrame,
  motionPixels: Tensor4D,
  visible: Tensor4D,
  weights: NamedTensors,
) => Tensor4D;

/** Declares what finds how much of each neighbour is blended into a frame. */
export function declareNeighbourShares(layers: LayerDeclarations, config: ClipConfig): NeighbourShares {
  const { windowFrames, blendChannels } = config;
  const neighbourCount = windowFrames - 1;
  // Shared by all neighbours: each is weighed beside the mean of all.
  const enterBlend = layers.convolution('blend.enter', {
    from: 2 * blendEvidenceChannels,
    to: blendChannels,
    level: finestMotionLevel,
  });
  const refineBlend = layers.convolution('blend.refine', {
    from: blendChannels,
    to: blendChannels,
    level: finestMotionLevel,
  });
  const share = layers.head('blend.share', { from: blendChannels, to: 1, level: finestMotionLevel });

  return (centre, neighbours, motionPixels, visible, weights) => {
    const batch = centre.frame.shape[0];
    const apart = (x: Tensor4D) =>
      Array.from({ length: neighbourCount }, (_, index) => sliceBatches(x, index, 1, batch));
    const found = blendEvidence(centre, neighbours, motionPixels);
    const ofAll = mul<Tensor4D>(addN(apart(found)), 1 / neighbourCount);
    const seen = concat([found, repeatBatch(ofAll, neighbourCount)], 3);
    const weighed = refineBlend(enterBlend(seen, weights), weights);
    // Nothing of what lies outside a neighbour.
    return concat(apart(mul<Tensor4D>(share(weighed, weights), inCells(visible))), 3);
  };
}

/** A frame as it came and as the U-Net restores it by itself, `[B, H, W, 3]` each. */
export interface SeenFrame {
  frame: Tensor4D;
  restored: Tensor4D;
}

/** Channels of `blendEvidence`. */
const blendEvidenceChannels = 9;

/** Darker or smaller differences of display values than this tell nothing. */
const leastDifference = 0.01;

/**
 * What tells a neighbour that shows a frame well from one that does not, for every 4x4 pixels, as logarithms:
 * how sharp both are, before and after they were restored; how far they differ, pixel by pixel, which sharpness
 * alone does too, and in their means, which only wrong motion or something in between does; and how far it
 * moved. No gradient flows through it.
 *
 * @param neighbours as moved onto the centre, `[N * B, H, W, 3]`: N stacked along the batch.
 * @param motionPixels to each, `[N * B, H/4, W/4, 2]`.
 * @returns `[N * B, H/4, W/4, blendEvidenceChannels]`.
 */
function blendEvidence(centre: SeenFrame, neighbours: SeenFrame, motionPixels: Tensor4D): Tensor4D {
  return stopGradient(
    [centre.frame, centre.restored, neighbours.frame, neighbours.restored, motionPixels],
    (frame, restored, otherFrames, othersRestored, motion) => {
      const repeated = (x: Tensor4D) => repeatBatch(x, motion.shape[0] / frame.shape[0]);
      const ofSize = (x: Tensor4D, least = leastDifference) => log(add<Tensor4D>(x, least)) as Tensor4D;
      const sharpness = (x: Tensor4D) => ofSize(inCells(steepness(luminance(x))));
      const difference = (x: Tensor4D) => ofSize(mean<Tensor4D>(abs(x), 3, true));
      const [own, ownRestored] = [sharpness(frame), sharpness(restored)];
      const differences = [
        sub<Tensor4D>(othersRestored, repeated(restored)),
        sub<Tensor4D>(otherFrames, repeated(frame)),
      ];
      const length = sqrt(sum<Tensor4D>(square(motion), 3, true));
      return concat(
        [
          sub(sharpness(othersRestored), repeated(ownRestored)),
          sub(sharpness(otherFrames), repeated(own)),
          repeated(add(ownRestored, 3)),
          repeated(sub(own, ownRestored)),
          ...differences.flatMap((x) => [
            add<Tensor4D>(ofSize(inCells(mean(abs(x), 3, true))), 3),
            add<Tensor4D>(difference(inCells(x)), 3),
          ]),
          mul(ofSize(length as Tensor4D, 0.5), 0.5),
        ],
        3,
      ) as Tensor4D;
    },
  );
}

/** The mean of every cell of 4x4 pixels, for which motion is known. */
function inCells(x: Tensor4D): Tensor4D {
  return avgPool(x, clipMotionStridePixels, clipMotionStridePixels, 'valid');
}

/** The sum of the absolute differences to the pixels right of and below every pixel of `[B, H, W, 1]`. */
function steepness(x: Tensor4D): Tensor4D {
  const [, height, width] = x.shape;
  const across = abs(
    sub(slice(x, [0, 0, 1, 0], [-1, -1, -1, -1]), slice(x, [0, 0, 0, 0], [-1, -1, width - 1, -1])),
  );
  const down = abs(
    sub(slice(x, [0, 1, 0, 0], [-1, -1, -1, -1]), slice(x, [0, 0, 0, 0], [-1, height - 1, -1, -1])),
  );
  return add(
    pad(across, [
      [0, 0],
      [0, 0],
      [0, 1],
      [0, 0],
    ]),
    pad(down, [
      [0, 0],
      [0, 1],
      [0, 0],
      [0, 0],
    ]),
  );
}
