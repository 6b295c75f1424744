import { add, addN, concat, mul, slice, sub } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { alignFlow } from '../parts/flow-alignment.js';
import type { FlowAlignment } from '../parts/flow-alignment.js';
import { LayerDeclarations } from '../parts/layers.js';
import type { LayerCost, NamedTensors, WeightDeclaration } from '../parts/layers.js';
import { visibility, warp } from '../parts/motion-field.js';
import {
  expectMultipleSize,
  halve,
  packPixels,
  packedImageChannels,
  packedLevel,
  unpackPixels,
  upsample,
} from '../parts/resolution.js';
import { declareResidualUNet } from '../parts/residual-unet.js';
import { sharpnessPrior } from '../parts/sharpness-prior.js';
import { repeatBatch, sliceBatches } from '../parts/stacked-batches.js';
import { asGiven } from '../parts/stop-gradient.js';
import { networkFamily } from '../weights/network-family.js';
import { clipFrames, validateClipConfig } from './clip-config.js';
import type { ClipConfig } from './clip-config.js';
import { clipMotionStridePixels, declareNeighbourMotion } from './neighbour-motion.js';
import { declareNeighbourShares } from './neighbour-shares.js';

/** Height and width of frames are multiples of this: packed two by two, then halved three times. */
const clipMultiple = 16;

/** How motion is brought from a quarter of a frame's size to its pixels. */
const alignment: FlowAlignment[] = [
  { level: 2, iterations: 2 },
  { level: 1, iterations: 2 },
];

/** What is found once in each frame, whatever windows see it. */
export interface FrameDescription {
  /** `[B, H, W, 3]`. */
  frame: Tensor4D;
  /** What the U-Net makes of it by itself, `[B, H, W, 3]`. */
  restored: Tensor4D;
  /** What the U-Net finds in it, `[B, H/2, W/2, frameChannels]`. */
  feature?: Tensor4D;
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
  /**
   * How much of each neighbour, in time order, was blended into the frame: `[B, H/4, W/4, windowFrames - 1]`.
   * Undefined where the network sees no neighbours.
   */
  shares?: Tensor4D;
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
 * (section 3.4). Ours: every frame is first restored by itself, once for all windows, by the photo network's
 * layers, `stem` to `middle` by the same names. Motion is sought between frames so restored, at a quarter of
 * their size, coarse to fine in cost volumes (Sun et al. 2018) of normalized cross-correlations, which know
 * it before anything is learned; a network corrects what they find, and Lucas and Kanade's steps refine it. The
 * moved neighbours are blended into the centre by how well and how sharply they show it, and what the blend
 * leaves is corrected.
 */
function declareClipNetwork(config: ClipConfig): ClipNetwork {
  const { windowFrames, passes } = config;
  const middle = (windowFrames - 1) / 2;
  const layers = new LayerDeclarations();

  const unet = declareResidualUNet(layers, config);
  const neighbourhood = config.neighbours === 'none' ? undefined : declareNeighbourhood(layers, config);

  function describe(frame: Tensor4D, weights: NamedTensors): FrameDescription {
    expectMultipleSize(frame, clipMultiple, 'frames of a clip');
    const [finest] = unet.refine(unet.encode(frame, weights), weights);
    const restored = add<Tensor4D>(frame, unet.correction(finest, weights));
    return { frame, restored, ...neighbourhood?.describe(finest, weights) };
  }

  function restore(window: readonly FrameDescription[], weights: NamedTensors): RestoredFrame {
    expectFrames(window.length, windowFrames);
    return neighbourhood?.join(window, weights) ?? { image: window[middle]!.restored, motionsPixels: [] };
  }

  function describeAll(frames: readonly Tensor4D[], weights: NamedTensors): FrameDescription[] {
    const batch = frames[0]!.shape[0];
    const described = describe(concat([...frames], 0), weights);
    return frames.map((frame, index) => ({
      frame,
      restored: sliceBatches(described.restored, index, 1, batch),
      ...(described.feature && { feature: sliceBatches(described.feature, index, 1, batch) }),
    }));
  }

  function deblur(frames: readonly Tensor4D[], weights: NamedTensors): RestoredFrame[][] {
    expectFrames(frames.length, clipFrames(config));
    const results: RestoredFrame[][] = [];
    let seen = frames;
    for (let pass = 0; pass < passes; pass++) {
      // At once along the batch: those that are restored, and those of which the U-Net learns nothing.
      const centres = describeAll(seen.slice(middle, -middle), weights);
      const ends = describeAll([...seen.slice(0, middle), ...seen.slice(-middle)], weights);
      const described = [...ends.slice(0, middle), ...centres, ...ends.slice(middle)];
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

/** Declares what finds the motion to a frame's neighbours, blends them into it, and corrects the blend. */
function declareNeighbourhood(layers: LayerDeclarations, config: ClipConfig) {
  const { windowFrames, channels, frameChannels, windowChannels } = config;
  const neighbourCount = windowFrames - 1;
  const middle = neighbourCount / 2;
  const hasPrior = config.sharpnessPrior !== 'none';

  const chooseFeature = layers.convolution('frame.feature', {
    from: channels[0],
    to: frameChannels,
    kernelSize: 1,
    level: packedLevel,
    activation: 'none',
  });
  const findMotion = declareNeighbourMotion(layers, config);
  const findShares = declareNeighbourShares(layers, config);
  const enterWindow = layers.convolution('window.enter', {
    from: 3 * packedImageChannels + 2 * frameChannels + (hasPrior ? 4 : 0),
    to: windowChannels,
    level: packedLevel,
  });
  const refineWindow = layers.residualBlocks('window', {
    channels: windowChannels,
    count: config.windowBlocks,
    level: packedLevel,
  });
  const correctBlend = layers.head('window.correct', {
    from: windowChannels,
    to: packedImageChannels,
    level: packedLevel,
  });

  /** The U-Net learns to restore a frame; what neighbours see of it takes what it finds as given. */
  function describe(finest: Tensor4D, weights: NamedTensors): Pick<FrameDescription, 'feature'> {
    return { feature: chooseFeature(asGiven(finest), weights) };
  }

  function join(window: readonly FrameDescription[], weights: NamedTensors): RestoredFrame {
    const centre = window[middle]!;
    const neighbours = window.filter((_, index) => index !== middle);
    const batch = centre.frame.shape[0];
    // All neighbours in one go, along the batch.
    const stacked = (part: (described: FrameDescription) => Tensor4D) => concat(neighbours.map(part), 0);
    const apart = (x: Tensor4D) => neighbours.map((_, index) => sliceBatches(x, index, 1, batch));
    // What the U-Net makes of neighbours is taken as given, so that training costs one way back, not one a frame.
    const itself = asGiven(centre.restored);
    const theirs = asGiven(stacked(({ restored }) => restored));
    const motions = findMotion(itself, theirs, centre.feature!, weights);
    const own = repeatBatch(itself, neighbourCount);
    const motionPixels = motions.at(-1)!;
    const aligned = alignFlow(own, theirs, upsample(motionPixels, clipMotionStridePixels), alignment);
    const flow = config.neighbours === 'moved' ? aligned : mul<Tensor4D>(aligned, 0);
    // Both at once: where each pixel comes from is found for all channels together.
    const movedPixels = warp(concat([stacked(({ frame }) => frame), theirs], 3), flow);
    const moved = {
      frame: slice(movedPixels, [0, 0, 0, 0], [-1, -1, -1, 3]),
      restored: slice(movedPixels, [0, 0, 0, 3], [-1, -1, -1, 3]),
    };
    const visible = visibility(flow);
    const theirFeatures = stacked(({ feature }) => feature!);
    const movedFeature = warp(theirFeatures, mul<Tensor4D>(halve(flow), 1 / 2));

    const shares = findShares(centre, moved, motionPixels, visible, weights);
    /** Towards neighbours, each by its share of a level's pixels. */
    const blend = (given: Tensor4D, others: Tensor4D, stridePixels: number): Tensor4D => {
      const sharesOfPixels = upsample(shares, clipMotionStridePixels / stridePixels);
      const steps = apart(others).map((other, index) =>
        mul<Tensor4D>(sub(other, given), slice(sharesOfPixels, [0, 0, 0, index], [-1, -1, -1, 1])),
      );
      return addN(steps);
    };
    const blended = add<Tensor4D>(centre.restored, blend(centre.restored, moved.restored, 1));

    const prior = hasPrior ? priorOf(centre.restored, apart(moved.restored), apart(visible)) : undefined;
    const seen = concat(
      [
        packPixels(blended),
        packPixels(sub(centre.restored, blended)),
        packPixels(sub(centre.frame, centre.restored)),
        centre.feature!,
        blend(centre.feature!, movedFeature, 2),
        ...(prior ? [packPixels(prior)] : []),
      ],
      3,
    );
    const correction = unpackPixels(correctBlend(refineWindow(enterWindow(seen, weights), weights), weights));
    const motionsPixels = motions.map(apart);
    return { image: add(blended, correction), motionsPixels, shares, ...(prior && { prior }) };
  }

  /** Of the centre and the frames right before and after it, as they were moved (section 3.3). */
  function priorOf(centre: Tensor4D, moved: readonly Tensor4D[], visible: readonly Tensor4D[]): Tensor4D {
    const [before, after] = [middle - 1, middle].map((neighbour) => ({
      warped: moved[neighbour]!,
      mask: visible[neighbour]!,
    }));
    const form = config.sharpnessPrior === 'root' ? 'root' : 'squared';
    return sharpnessPrior(form, before!, centre, after!);
  }
  return { describe, join };
}

function expectFrames(received: number, wanted: number): void {
  if (received !== wanted) {
    throw new Error(`Expected ${wanted} frames in time order but received ${received}.`);
  }
}

/** The clip network. Untrained, it gives the centre frame back. */
export const clipFamily = networkFamily<ClipConfig, ClipNetwork>({
  name: 'clip',
  configKey: 'unblur.clip',
  validate: validateClipConfig,
  sizeMultiple: () => clipMultiple,
  declare: declareClipNetwork,
});
