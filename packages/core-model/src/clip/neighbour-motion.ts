import { add, avgPool, concat, mul, slice } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { costVolume, expectedDisplacement, surroundings } from '../parts/cost-volume.js';
import { luminance } from '../parts/image-statistics.js';
import type { LayerDeclarations, NamedTensors } from '../parts/layers.js';
import { resizeFlow, warp } from '../parts/motion-field.js';
import { imagePyramid, packedLevel } from '../parts/resolution.js';
import { repeatBatch } from '../parts/stacked-batches.js';
import { asGiven } from '../parts/stop-gradient.js';
import type { ClipConfig } from './clip-config.js';

/** Motion is known for every square of this many pixels of a frame. */
export const clipMotionStridePixels = 4;

/** Levels at which motion is sought, coarse to fine: 1/2^level of a frame. */
const motionLevels = [4, 3, 2] as const;
export const finestMotionLevel = 2;

/** Side, in pixels of a level, of the squares that are compared to find motion. */
const comparedPixels = 9;

/** Brings motions of many pixels to the size of features. */
const motionScale = 0.1;

/** Channels of a motion, and of what a cost volume says of it: a displacement and how certain that is. */
const [vectorChannels, evidenceChannels] = [2, 3];

/**
 * From a frame to several, stacked along the batch, all as restored, `[B, H, W, 3]`, through which no
 * gradient flows; the feature is the first's. Coarse to fine: `[B, H/2^level, W/2^level, 2]` in pixels of the
 * frame.
 */
export type NeighbourMotion = (
  first: Tensor4D,
  others: Tensor4D,
  feature: Tensor4D,
  weights: NamedTensors,
) => Tensor4D[];

/** Declares what finds the motion from a frame to its neighbours. */
export function declareNeighbourMotion(layers: LayerDeclarations, config: ClipConfig): NeighbourMotion {
  const { windowFrames, frameChannels, motionChannels, searchRadiusPixels } = config;
  const candidates = (2 * searchRadiusPixels + 1) ** 2;
  const motionAt = motionLevels.map((level) => ({
    enter: layers.convolution(`motion${level}.enter`, {
      from: candidates + frameChannels + vectorChannels + evidenceChannels,
      to: motionChannels,
      level,
    }),
    refine: layers.residualBlocks(`motion${level}`, {
      channels: motionChannels,
      count: config.motionBlocks,
      level,
    }),
    correct: layers.head(`motion${level}.correct`, {
      from: motionChannels,
      to: vectorChannels,
      level,
    }),
  }));

  /** Once for every neighbour, along the batch. */
  const repeated = (x: Tensor4D) => repeatBatch(x, windowFrames - 1);

  return (first, others, feature, weights) => {
    const [firstLevels, otherLevels] = [first, others].map((frames) =>
      imagePyramid(luminance(frames), motionLevels[0]),
    ) as [Tensor4D[], Tensor4D[]];
    let motion: Tensor4D | undefined;
    return motionLevels.map((level, index) => {
      const from = repeated(surroundings(firstLevels[level]!, comparedPixels));
      const to = surroundings(otherLevels[level]!, comparedPixels);
      const soFar = motion
        ? resizeFlow(motion, [from.shape[1], from.shape[2]])
        : mul<Tensor4D>(slice(from, [0, 0, 0, 0], [-1, -1, -1, vectorChannels]), 0);
      // Every level is held against the true motion, and learns from that alone to correct itself.
      const given = asGiven(soFar);
      const fits = costVolume(from, motion ? warp(to, given) : to, searchRadiusPixels);
      const { displacement, certainty } = expectedDisplacement(fits, searchRadiusPixels);
      const { enter, refine, correct } = motionAt[index]!;
      const stride = 2 ** (level - packedLevel);
      const context = repeated(avgPool(feature, stride, stride, 'valid'));
      const seen = concat([fits, context, mul<Tensor4D>(given, motionScale), displacement, certainty], 3);
      const found = avgPool(add<Tensor4D>(soFar, displacement), 3, 1, 'same');
      motion = add<Tensor4D>(found, correct(refine(enter(seen, weights), weights), weights));
      return mul<Tensor4D>(motion, 2 ** level);
    });
  };
}
