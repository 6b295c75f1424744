import { add, addN, concat, fill, mul, neg, slice, tile } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { LayerDeclarations } from '../parts/layers.js';
import type { LayerCost, NamedTensors, WeightDeclaration } from '../parts/layers.js';
import { warp } from '../parts/motion-field.js';
import { declareResidualUNet } from '../parts/residual-unet.js';
import {
  expectMultipleSize,
  packPixels,
  packedImageChannels,
  packedLevel,
  unpackPixels,
  upsample,
} from '../parts/resolution.js';
import { networkFamily } from '../weights/network-family.js';
import { validatePhotoConfig } from './photo-config.js';
import type { PhotoConfig } from './photo-config.js';

/**
 * Height and width of a photograph are multiples of this: its pixels are packed two by two, then halved three
 * times.
 */
export const photoMultiple = 16;

/** The trajectory is known for every square of this many pixels of the photograph. */
export const trajectoryStridePixels = 4;

/** Brings displacements of many pixels to the size of features. */
const displacementScale = 0.1;

/** What the network has understood of a photograph, and all that a frame at any time is made from. */
export interface PhotoScene {
  /** The frame at time 0, `[B, H, W, 3]`, not clamped. */
  middle: Tensor4D;
  /**
   * `[B, H/4, W/4, 6]`: velocity, acceleration and jerk as (dx, dy), in pixels of the photograph. The frame
   * at time t shows at p what the middle frame shows at p + velocity t + acceleration t^2 + jerk t^3.
   */
  trajectory: Tensor4D;
  /** The feature of the middle frame that is warped to every other one, `[B, H/2, W/2, frameChannels]`. */
  feature: Tensor4D;
}

export interface PhotoRestoration extends PhotoScene {
  /** One per time, `[B, H, W, 3]`, not clamped. */
  frames: Tensor4D[];
  /**
   * One per time, `[B, H/4, W/4, 2]`: displacement of the scene from the middle frame to that frame, in
   * pixels of the photograph.
   */
  motionsPixels: Tensor4D[];
}

/** The photo network with its layers declared, its weights still to come. */
export interface PhotoNetwork {
  config: PhotoConfig;
  weights: Record<string, WeightDeclaration>;
  costs: LayerCost[];
  /**
   * What is found once per photograph.
   * @param blurred `[B, H, W, 3]` in [0, 1]; H and W multiples of `photoMultiple`.
   * @throws if the size is no such multiple.
   */
  analyze(blurred: Tensor4D, weights: NamedTensors): PhotoScene;
  /**
   * The frame at one time of the exposure, `[B, H, W, 3]`, not clamped.
   * @param time from -1 (the shutter opens) to 1 (it closes), the same for all of the batch, or one of each
   * as `[B, 1, 1, 1]`.
   */
  renderAt(scene: PhotoScene, time: number | Tensor4D, weights: NamedTensors): Tensor4D;
  /** All at once: `analyze`, then a frame for each of `times`; at time 0 that is the middle frame itself. */
  restore(blurred: Tensor4D, times: readonly number[], weights: NamedTensors): PhotoRestoration;
}

/**
 * Declares the photo network, which restores the frame at any time of the exposure of one motion-blurred
 * photograph.
 *
 * From Argaw et al., "Restoration of Video Frames from a Single Blurred Image with Motion Understanding"
 * (2021): one pass gives the whole sequence; the middle frame comes first, from an encoder and decoder with
 * skip connections; the other frames are decoded from warped features and the warped middle frame (their
 * local warping and feature transformer, Eq. 1 and 2). Ours: a residual U-Net on 2x2-packed pixels; one
 * trajectory per point that all frames share, in place of a motion per frame and level; one decoder for every
 * time, in place of one per frame, so that any number of frames can be had; no affine transformer, so that no
 * value depends on the whole picture and tiles are exact.
 */
function declarePhotoNetwork(config: PhotoConfig): PhotoNetwork {
  const { channels, trajectoryChannels, trajectoryBlocks, frameChannels, frameBlocks } = config;
  const layers = new LayerDeclarations();

  const unet = declareResidualUNet(layers, config);

  const enterTrajectory = layers.convolution('trajectory.enter', {
    from: channels[1],
    to: trajectoryChannels,
    level: 2,
  });
  const refineTrajectory = layers.residualBlocks('trajectory', {
    channels: trajectoryChannels,
    count: trajectoryBlocks,
    level: 2,
  });
  const predictTrajectory = layers.head('trajectory.predict', {
    from: trajectoryChannels,
    to: 6,
    level: 2,
  });

  const chooseFeature = layers.convolution('frame.feature', {
    from: channels[0],
    to: frameChannels,
    kernelSize: 1,
    level: packedLevel,
    activation: 'none',
  });
  const enterFrame = layers.convolution('frame.enter', {
    from: frameChannels + packedImageChannels + 2 + 1,
    to: frameChannels,
    level: packedLevel,
  });
  const refineFrame = layers.residualBlocks('frame', {
    channels: frameChannels,
    count: frameBlocks,
    level: packedLevel,
  });
  const correctFrame = layers.head('frame.correct', {
    from: frameChannels,
    to: packedImageChannels,
    level: packedLevel,
  });

  function analyze(blurred: Tensor4D, weights: NamedTensors): PhotoScene {
    expectMultipleSize(blurred, photoMultiple, 'a blurred image');
    const [finest, atQuarter] = unet.refine(unet.encode(blurred, weights), weights);
    const trajectory = predictTrajectory(
      refineTrajectory(enterTrajectory(atQuarter, weights), weights),
      weights,
    );
    return {
      middle: add(blurred, unet.correction(finest, weights)),
      trajectory,
      feature: chooseFeature(finest, weights),
    };
  }

  function renderAt(
    { middle, trajectory, feature }: PhotoScene,
    time: number | Tensor4D,
    weights: NamedTensors,
  ): Tensor4D {
    const displacement = displacementAt(trajectory, time);
    const [batch, rows, columns] = feature.shape;
    const displacementAtHalf = upsample(displacement, 2);
    const warpedMiddle = warp(middle, upsample(displacement, 4));
    const warpedFeature = warp(feature, mul<Tensor4D>(displacementAtHalf, 1 / 2));
    const timeEverywhere =
      typeof time === 'number'
        ? (fill([batch, rows, columns, 1], time) as Tensor4D)
        : tile(time, [batch / time.shape[0], rows, columns, 1]);
    const seen = concat(
      [
        warpedFeature,
        packPixels(warpedMiddle),
        mul<Tensor4D>(displacementAtHalf, displacementScale),
        timeEverywhere,
      ],
      3,
    );
    return add(
      warpedMiddle,
      unpackPixels(correctFrame(refineFrame(enterFrame(seen, weights), weights), weights)),
    );
  }

  function restore(blurred: Tensor4D, times: readonly number[], weights: NamedTensors): PhotoRestoration {
    const scene = analyze(blurred, weights);
    return {
      ...scene,
      frames: times.map((time) => (time === 0 ? scene.middle : renderAt(scene, time, weights))),
      motionsPixels: times.map((time) => neg(displacementAt(scene.trajectory, time))),
    };
  }
  return { config, weights: layers.weights, costs: layers.costs, analyze, renderAt, restore };
}

/**
 * The times of `count` frames that are evenly spaced over the exposure, from -1 to 1.
 *
 * @param count 2 or more.
 * @throws if it is not.
 */
export function frameTimes(count: number): number[] {
  if (!(Number.isInteger(count) && count >= 2)) {
    throw new Error(`Expected a whole number of frames, 2 or more, but received ${count}.`);
  }
  // As a quotient of integers, so that the middle of an odd count is exactly 0 and pairs are exactly
  // opposite.
  return Array.from({ length: count }, (_, index) => (2 * index - (count - 1)) / (count - 1));
}

/**
 * Where the middle frame shows what the frame at a time shows, relative to it: `[B, H/4, W/4, 2]` in pixels
 * of the photograph. @param trajectory, time as in `PhotoScene` and `renderAt`.
 */
export function displacementAt(trajectory: Tensor4D, time: number | Tensor4D): Tensor4D {
  const power = (exponent: number): number | Tensor =>
    typeof time === 'number' ? time ** exponent : exponent === 1 ? time : mul(time, power(exponent - 1));
  const term = (index: number) =>
    mul(slice(trajectory, [0, 0, 0, 2 * index], [-1, -1, -1, 2]), power(index + 1)) as Tensor4D;
  return addN([term(0), term(1), term(2)]);
}

/** The photo network. Untrained, it gives every frame as the blurred image, with nothing moving. */
export const photoFamily = networkFamily<PhotoConfig, PhotoNetwork>({
  name: 'photo',
  configKey: 'unblur.photo',
  validate: validatePhotoConfig,
  sizeMultiple: () => photoMultiple,
  declare: declarePhotoNetwork,
});
