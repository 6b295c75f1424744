import { add, clone, concat, mul, slice } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { costVolume, expectedDisplacement, normalizeChannels } from '../parts/cost-volume.js';
import { LayerDeclarations } from '../parts/layers.js';
import type { LayerCost, NamedTensors, WeightDeclaration } from '../parts/layers.js';
import { resizeFlow, warp, warpVisible } from '../parts/motion-field.js';
import { expectMultipleSize, packPixels, packedLevel, upsample } from '../parts/resolution.js';
import { declareResidualUNet } from '../parts/residual-unet.js';
import { sharpnessPrior } from '../parts/sharpness-prior.js';
import { stopGradient } from '../parts/stop-gradient.js';
import { networkFamily } from '../weights/network-family.js';
import { clipFrames, validateClipConfig } from './clip-config.js';
import type { ClipConfig } from './clip-config.js';

/** Height and width of frames are multiples of this: packed two by two, then halved three times. */
export const clipMultiple = 16;

/** Motion is known for every square of this many pixels of a frame. */
export const clipMotionStridePixels = 4;

/** Levels at which motion is sought, coarse to fine: 1/2^level of a frame. */
const motionLevels = [4, 3, 2] as const;
const finestMotionLevel = 2;

/** Brings motions of many pixels to the size of features. */
const motionScale = 0.1;

/** Brings descriptors to the size of their correlations; larger, they drown these until much is learned. */
const descriptorScale = 1 / 4;

/** Channels of a motion, and of what a cost volume says of it: a displacement and how certain that is. */
const [vectorChannels, evidenceChannels] = [2, 3];

/** What is found once in each frame, whatever windows see it. */
export interface FrameDescription {
  /** `[B, H, W, 3]`. */
  frame: Tensor4D;
  /** What the U-Net's encoder finds in it, `[B, H/2, W/2, channels[0]]`. */
  finest: Tensor4D;
  /** What is moved to where another frame shows the same, `[B, H/2, W/2, frameChannels]`. */
  feature?: Tensor4D;
  /** What motion is found by, at 1/4, 1/8 and 1/16 of the frame, normalized over the channels. */
  descriptors?: Tensor4D[];
}

/** A frame restored from its window. */
export interface RestoredFrame {
  /** `[B, H, W, 3]`, not clamped. */
  image: Tensor4D;
  /**
   * As each level has found it, coarse to fine, for each neighbour in time order: `[B, H/16, W/16, 2]`, of
   * 1/8 and of 1/4, in pixels of the frame. The centre shows at p what the neighbour shows at p + motion. Empty
   * where the network sees no neighbours.
   */
  motionsPixels: Tensor4D[][];
  /** `[B, H, W, 1]` in [0, 1]; undefined where the network goes without. */
  prior?: Tensor4D;
}

/** The clip network with its layers declared, its weights still to come. */
export interface ClipNetwork {
  config: ClipConfig;
  weights: Record<string, WeightDeclaration>;
  costs: LayerCost[];
  /**
   * @param frame `[B, H, W, 3]` in [0, 1]; H and W multiples of `clipMultiple`.
   * @throws if the size is no such multiple.
   */
  describe(frame: Tensor4D, weights: NamedTensors): FrameDescription;
  /**
   * One pass over the middle of `config.windowFrames` described frames in time order. @throws if there are
   * others.
   */
  restore(window: readonly FrameDescription[], weights: NamedTensors): RestoredFrame;
  /**
   * All passes, over `clipFrames(config)` frames `[B, H, W, 3]` in time order.
   * @returns the frames that each pass restored; the last pass restores the middle one alone.
   * @throws if there are others.
   */
  deblur(frames: readonly Tensor4D[], weights: NamedTensors): RestoredFrame[][];
}

/**
 * Declares the clip network, which restores a frame of blurred video from its neighbours.
 *
 * After Pan, Bai and Tang, "Cascaded Deep Video Deblurring Using Temporal Sharpness Prior" (2020): motion
 * from the centre frame to its neighbours, the neighbours moved by it, the sharpness prior of the moved
 * frames (Eq. 10 and 11), a restoration from all of them, and the cascade of two passes with the same weights
 * (section 3.4). Ours: the restoration is the photo network's, from `stem` to `middle` by the same names, so that
 * it starts from what a single photograph gives; a frame is encoded once for all windows, and what its
 * neighbours know is added to its encoding: their features, moved, in place of their pixels. Motion is
 * sought at a quarter of the frame's size, coarse to fine in cost volumes (Sun et al. 2018), from what fits
 * best in them on average.
 */
function declareClipNetwork(config: ClipConfig): ClipNetwork {
  const { windowFrames, passes } = config;
  const middle = (windowFrames - 1) / 2;
  const layers = new LayerDeclarations();

  const unet = declareResidualUNet(layers, config);
  const neighbourhood = config.neighbours === 'none' ? undefined : declareNeighbourhood(layers, config);

  function describe(frame: Tensor4D, weights: NamedTensors): FrameDescription {
    expectMultipleSize(frame, clipMultiple, 'frames of a clip');
    const finest = unet.encode(frame, weights);
    return { frame, finest, ...neighbourhood?.describe(finest, weights) };
  }

  function restore(window: readonly FrameDescription[], weights: NamedTensors): RestoredFrame {
    expectFrames(window.length, windowFrames);
    const { frame, finest } = window[middle]!;
    const { told, ...found } = neighbourhood?.ask(window, weights) ?? { motionsPixels: [] };
    const [refined] = unet.refine(told ? add(finest, told) : finest, weights);
    const image = add<Tensor4D>(frame, unet.correction(refined, weights));
    return { image, ...found };
  }

  function deblur(frames: readonly Tensor4D[], weights: NamedTensors): RestoredFrame[][] {
    expectFrames(frames.length, clipFrames(config));
    const results: RestoredFrame[][] = [];
    let seen = frames;
    for (let pass = 0; pass < passes; pass++) {
      const described = seen.map((frame) => describe(frame, weights));
      const restored = Array.from({ length: seen.length - windowFrames + 1 }, (_, first) =>
        restore(described.slice(first, first + windowFrames), weights),
      );
      results.push(restored);
      seen = restored.map(({ image }) => image);
    }
    return results;
  }
  return { config, weights: layers.weights, costs: layers.costs, describe, restore, deblur };
}

/** What its neighbours tell a frame. */
interface NeighbourhoodAnswer extends Omit<RestoredFrame, 'image'> {
  /** Added to the frame's encoding, `[B, H/2, W/2, channels[0]]`. */
  told: Tensor4D;
}

/** Declares what finds the motion to a frame's neighbours, moves their features, and adds them up. */
function declareNeighbourhood(layers: LayerDeclarations, config: ClipConfig) {
  const { windowFrames, channels, frameChannels, windowChannels, motionChannels, searchRadiusPixels } =
    config;
  const neighbourCount = windowFrames - 1;
  const middle = neighbourCount / 2;
  const candidates = (2 * searchRadiusPixels + 1) ** 2;
  const hasPrior = config.sharpnessPrior !== 'none';

  const chooseFeature = layers.convolution('frame.feature', {
    from: channels[0],
    to: frameChannels,
    kernelSize: 1,
    level: packedLevel,
    activation: 'none',
  });
  const describeMotion = [2, 3, 4].map((level) =>
    layers.convolution(`descriptor${level}`, {
      from: level === 2 ? channels[0] : motionChannels,
      to: motionChannels,
      stride: 2,
      padding: 'symmetric',
      level,
    }),
  );
  const motionAt = motionLevels.map((level) => ({
    enter: layers.convolution(`motion${level}.enter`, {
      from: candidates + motionChannels + vectorChannels + evidenceChannels,
      to: motionChannels,
      level,
    }),
    refine: layers.residualBlocks(`motion${level}`, {
      channels: motionChannels,
      count: config.motionBlocks,
      level,
    }),
    correct: layers.head(`motion${level}.correct`, {
      from: motionChannels + evidenceChannels,
      to: vectorChannels,
      level,
    }),
  }));
  const enterWindow = layers.convolution('window.enter', {
    from: windowFrames * frameChannels + 2 * neighbourCount + (hasPrior ? 4 : 0),
    to: windowChannels,
    level: packedLevel,
  });
  const refineWindow = layers.residualBlocks('window', {
    channels: windowChannels,
    count: config.windowBlocks,
    level: packedLevel,
  });
  const tell = layers.head('window.tell', { from: windowChannels, to: channels[0], level: packedLevel });

  /** What neighbours see of a frame. */
  function describe(
    finest: Tensor4D,
    weights: NamedTensors,
  ): Pick<FrameDescription, 'feature' | 'descriptors'> {
    // The encoder learns to restore; looking for motion takes what it finds as given.
    let descriptor = stopGradient([finest], (given) => clone(given));
    const descriptors = describeMotion.map((reduce) => {
      descriptor = reduce(descriptor, weights);
      return normalizeChannels(descriptor);
    });
    return { feature: chooseFeature(finest, weights), descriptors };
  }

  /** From the first to the second, coarse to fine: `[B, H/2^level, W/2^level, 2]` in pixels of the frame. */
  function findMotion(first: Tensor4D[], second: Tensor4D[], weights: NamedTensors): Tensor4D[] {
    let motion: Tensor4D | undefined;
    return motionLevels.map((level, index) => {
      const [from, to] = [first[level - finestMotionLevel]!, second[level - finestMotionLevel]!];
      const found = motion && resizeFlow(motion, [from.shape[1], from.shape[2]]);
      const fits = costVolume(from, found ? warp(to, found) : to, searchRadiusPixels);
      const { displacement, certainty } = expectedDisplacement(fits, searchRadiusPixels);
      const soFar = found ?? mul<Tensor4D>(slice(from, [0, 0, 0, 0], [-1, -1, -1, 2]), 0);
      const { enter, refine, correct } = motionAt[index]!;
      const evidence = concat([displacement, certainty], 3);
      const seen = concat([fits, mul<Tensor4D>(from, descriptorScale), soFar, evidence], 3);
      const refined = refine(enter(seen, weights), weights);
      motion = add(soFar, correct(concat([refined, evidence], 3), weights));
      return mul<Tensor4D>(motion, 2 ** level);
    });
  }

  function ask(window: readonly FrameDescription[], weights: NamedTensors): NeighbourhoodAnswer {
    const centre = window[middle]!;
    const neighbours = window.filter((_, index) => index !== middle);
    const batch = centre.frame.shape[0];
    // All neighbours in one go, along the batch.
    const stacked = (part: (described: FrameDescription) => Tensor4D) => concat(neighbours.map(part), 0);
    const alongChannels = (x: Tensor4D) => neighbours.map((_, index) => partOfBatch(x, index, batch));
    const motions = findMotion(
      centre.descriptors!.map((level) => concat(Array<Tensor4D>(neighbourCount).fill(level), 0)),
      centre.descriptors!.map((_, index) => stacked(({ descriptors }) => descriptors![index]!)),
      weights,
    );
    const motionsPixels = motions.map(alongChannels);
    const motionsAtHalf = upsample(motions.at(-1)!, 2);
    const features = stacked(({ feature }) => feature!);
    const moved =
      config.neighbours === 'moved' ? warp(features, mul<Tensor4D>(motionsAtHalf, 1 / 2)) : features;
    const prior = hasPrior ? priorOf(window, motionsPixels.at(-1)!) : undefined;
    const seen = concat(
      [
        centre.feature!,
        ...alongChannels(moved),
        ...alongChannels(mul<Tensor4D>(motionsAtHalf, motionScale)),
        ...(prior ? [packPixels(prior)] : []),
      ],
      3,
    );
    const told = tell(refineWindow(enterWindow(seen, weights), weights), weights);
    return { told, motionsPixels, ...(prior && { prior }) };
  }

  /** Of the centre and the frames right before and after it (section 3.3). */
  function priorOf(window: readonly FrameDescription[], motionsPixels: readonly Tensor4D[]): Tensor4D {
    const [before, after] = [middle - 1, middle].map((neighbour) => {
      const { frame } = window[neighbour < middle ? neighbour : neighbour + 1]!;
      return warpVisible(frame, upsample(motionsPixels[neighbour]!, clipMotionStridePixels), 'border');
    });
    const form = config.sharpnessPrior === 'root' ? 'root' : 'squared';
    return sharpnessPrior(form, before!, window[middle]!.frame, after!);
  }
  return { describe, ask };
}

function expectFrames(received: number, wanted: number): void {
  if (received !== wanted) {
    throw new Error(`Expected ${wanted} frames in time order but received ${received}.`);
  }
}

/** The samples that lie `index` batches into several that are stacked. */
function partOfBatch(x: Tensor4D, index: number, batch: number): Tensor4D {
  return slice(x, [index * batch, 0, 0, 0], [batch, -1, -1, -1]);
}

/** The clip network. Untrained, it gives the centre frame back, with nothing moving. */
export const clipFamily = networkFamily<ClipConfig, ClipNetwork>({
  name: 'clip',
  configKey: 'unblur.clip',
  validate: validateClipConfig,
  sizeMultiple: () => clipMultiple,
  declare: declareClipNetwork,
});
