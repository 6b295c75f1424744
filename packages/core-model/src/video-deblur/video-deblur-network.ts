import { concat } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { meanDifference } from '../parts/image-statistics.js';
import { LayerDeclarations } from '../parts/layers.js';
import type { LayerCost, NamedTensors, WeightDeclaration } from '../parts/layers.js';
import { resizeFlow, warpVisible } from '../parts/motion-field.js';
import { expectMultipleSize, halve, packedLevel } from '../parts/resolution.js';
import { sharpnessPrior } from '../parts/sharpness-prior.js';
import type { WarpedFrame } from '../parts/sharpness-prior.js';
import { sliceBatches } from '../parts/stacked-batches.js';
import { networkFamily } from '../weights/network-family.js';
import { alignFlow } from '../parts/flow-alignment.js';
import { declareFlowNetwork } from './flow-network.js';
import type { FlowNetwork, FrameTriple, NeighbourFlows } from './flow-network.js';
import { declareReconstruction } from './reconstruction.js';
import { declareScaleFusion } from './scale-fusion.js';
import type { SharpAtScale } from './scale-fusion.js';
import { validateVideoDeblurConfig } from './video-deblur-config-checks.js';
import { videoDeblurMultiple, windowFrames } from './video-deblur-config.js';
import type { FlowAlignment } from '../parts/flow-alignment.js';
import type { VideoDeblurConfig } from './video-deblur-config.js';

/**
 * A neighbour of a centre frame: the flow from the centre to it, and it warped with that flow onto the
 * centre.
 */
export interface AlignedNeighbour extends WarpedFrame {
  flowPixels: Tensor4D;
}

/** How one frame was made sharp from three. */
export interface DeblurredFrame {
  previous: AlignedNeighbour;
  next: AlignedNeighbour;
  /** `[B, H, W, 1]`; undefined where the network goes without. */
  prior?: Tensor4D;
  /** `[B, H, W, 3]`, not clamped. */
  image: Tensor4D;
  /** What the image was made from, at half its size, where scales are merged by it. */
  features?: Tensor4D;
}

export interface VideoDeblurOutput {
  /** Of every frame but the first and the last: three of five, one of three. */
  firstStage: DeblurredFrame[];
  /** Of the middle frame, from the first stage's results; undefined for a network of one stage. */
  secondStage?: DeblurredFrame;
  /** The middle frame, `[B, H, W, 3]`, not clamped. */
  image: Tensor4D;
}

/** A network whose layers are declared and whose weights are still to come. */
export interface VideoDeblurNetwork {
  config: VideoDeblurConfig;
  weights: Record<string, WeightDeclaration>;
  costs: LayerCost[];
  flow: FlowNetwork;
  /** One stage on three frames, from the flows that `flow` finds between them. */
  reconstruct(frames: FrameTriple, weights: NamedTensors): DeblurredFrame;
  /**
   * The middle frame of a window of `windowFrames(config)` frames in time order, each `[B, H, W, 3]` in [0,
   * 1].
   */
  deblur(frames: Tensor4D[], weights: NamedTensors): VideoDeblurOutput;
}

/**
 * Declares the network of Pan, Bai and Tang, "Cascaded Deep Video Deblurring Using Temporal Sharpness Prior"
 * (CVPR 2020): flows from the centre frame to its neighbours, these warped onto it, the sharpness prior, and
 * a reconstruction from all of them; applied to five frames and again, with the same weights, to the three
 * results.
 */
function declareVideoDeblur(config: VideoDeblurConfig): VideoDeblurNetwork {
  const layers = new LayerDeclarations();
  const flow = declareFlowNetwork(layers, config.flow);
  const reconstruct = declareStageReconstruction(layers, config);

  /**
   * Deblurs every frame but the first and the last: all of them in one pass, along the batch, each frame
   * described once.
   */
  const runStage = (frames: Tensor4D[], weights: NamedTensors): DeblurredFrame[] => {
    const [batch, height, width] = frames[0]!.shape;
    const centres = frames.length - 2;
    const all = concat(frames, 0);
    const pyramid = flow.describe(flow.resize(all), weights);
    /** The frames that lie at an offset from the centres, or their features. */
    const at = (offset: -1 | 0 | 1, x: Tensor4D) => sliceBatches(x, 1 + offset, centres, batch);
    const twice = (x: Tensor4D, y: Tensor4D) => concat([x, y], 0);
    const { flowPixels } = flow.match(
      pyramid.map((level) => twice(at(0, level), at(0, level))),
      pyramid.map((level) => twice(at(-1, level), at(1, level))),
      [height, width],
      weights,
    );
    const triples = {
      previous: at(-1, all),
      centre: at(0, all),
      next: at(1, all),
      toPrevious: sliceBatches(flowPixels, 0, centres, batch),
      toNext: sliceBatches(flowPixels, centres, centres, batch),
    };
    const { previous, next, prior, image } = reconstruct(triples, weights);
    const single = (x: Tensor4D, index: number) => sliceBatches(x, index, 1, batch);
    const neighbour = (
      { flowPixels: pixels, warped, mask }: AlignedNeighbour,
      index: number,
    ): AlignedNeighbour => ({
      flowPixels: single(pixels, index),
      warped: single(warped, index),
      mask: single(mask, index),
    });
    return Array.from({ length: centres }, (_, index) => ({
      previous: neighbour(previous, index),
      next: neighbour(next, index),
      prior: prior && single(prior, index),
      image: single(image, index),
    }));
  };

  const deblur: VideoDeblurNetwork['deblur'] = (frames, weights) => {
    if (frames.length !== windowFrames(config)) {
      throw new Error(`Expected a window of ${windowFrames(config)} frames but received ${frames.length}.`);
    }
    const firstStage = runStage(frames, weights);
    if (config.stages === 1) return { firstStage, image: firstStage[0]!.image };
    const [secondStage] = runStage(
      firstStage.map(({ image }) => image),
      weights,
    );
    return { firstStage, secondStage, image: secondStage!.image };
  };
  return { config, weights: layers.weights, costs: layers.costs, flow, reconstruct, deblur };
}

/** The second half of a stage: a sharp frame of three, from the flows between them. */
function declareStageReconstruction(
  layers: LayerDeclarations,
  config: VideoDeblurConfig,
): VideoDeblurNetwork['reconstruct'] {
  const { reconstruct: predictImage, featureChannels } = declareReconstruction(
    layers,
    config.reconstruction,
    config.sharpnessPrior !== 'none',
  );
  const fuse = config.scaleFusion
    ? declareScaleFusion(layers, config.scaleFusion, {
        featureChannels: featureChannels!,
        evidenceChannels: 2,
      })
    : undefined;

  /** One stage at one scale: both neighbours warped onto the centre, the prior, the sharp frame. */
  const reconstructAtScale: VideoDeblurNetwork['reconstruct'] = (frames, weights) => {
    const { previous, centre, next } = frames;
    const { toPrevious, toNext } = alignFlows(frames, config.flow.alignment ?? []);
    const before = { flowPixels: toPrevious, ...warpVisible(previous, toPrevious, 'border') };
    const after = { flowPixels: toNext, ...warpVisible(next, toNext, 'border') };
    const prior =
      config.sharpnessPrior === 'none'
        ? undefined
        : sharpnessPrior(config.sharpnessPrior, before, centre, after);
    const warped = { warpedPrevious: before.warped, warpedNext: after.warped };
    return {
      previous: before,
      next: after,
      prior,
      ...predictImage({ previous, centre, next, toPrevious, toNext, ...warped, prior }, weights),
    };
  };

  /** At the frames' own size and, by one scale less, at half of it, merged. */
  const reconstructFromScales = (
    scales: number,
    frames: FrameTriple,
    weights: NamedTensors,
  ): DeblurredFrame => {
    const fine = reconstructAtScale(frames, weights);
    if (scales === 1) return fine;
    const coarse = reconstructFromScales(scales - 1, halveTriple(frames), weights);
    const { centre } = frames;
    const evidence = [fine.previous, fine.next].map(({ warped }) =>
      meanDifference(warped, centre, packedLevel),
    );
    const image = fuse!(
      { centre, evidence, fine: fine as SharpAtScale, coarse: coarse as SharpAtScale },
      weights,
    );
    return { ...fine, image };
  };

  return (frames, weights) => {
    expectMultipleSize(frames.centre, videoDeblurMultiple(config), 'frames');
    return reconstructFromScales(config.scaleFusion?.scales ?? 1, frames, weights);
  };
}

/** The flows between the frames as the frames themselves correct them, both in one pass. */
function alignFlows(
  { previous, centre, next, toPrevious, toNext }: FrameTriple,
  alignment: FlowAlignment[],
): NeighbourFlows {
  if (alignment.length === 0) return { toPrevious, toNext };
  const batch = centre.shape[0];
  const aligned = alignFlow(
    concat([centre, centre], 0),
    concat([previous, next], 0),
    concat([toPrevious, toNext], 0),
    alignment,
  );
  return { toPrevious: sliceBatches(aligned, 0, 1, batch), toNext: sliceBatches(aligned, 1, 1, batch) };
}

function halveTriple({ previous, centre, next, toPrevious, toNext }: FrameTriple): FrameTriple {
  const size: [number, number] = [centre.shape[1] / 2, centre.shape[2] / 2];
  return {
    previous: halve(previous),
    centre: halve(centre),
    next: halve(next),
    toPrevious: resizeFlow(toPrevious, size),
    toNext: resizeFlow(toNext, size),
  };
}

/**
 * The network of Pan et al. 2020. Untrained, its flows are zero, and its output, where it is a correction, is
 * the centre frame.
 */
export const videoDeblurFamily = networkFamily<VideoDeblurConfig, VideoDeblurNetwork>({
  name: 'video-deblur',
  configKey: 'unblur.video-deblur',
  validate: validateVideoDeblurConfig,
  sizeMultiple: videoDeblurMultiple,
  declare: declareVideoDeblur,
});
