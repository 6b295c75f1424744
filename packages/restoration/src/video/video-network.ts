import {
  videoDeblurFamily,
  type NamedTensors,
  type VideoDeblurConfig,
  type WeightValues,
} from '@unblur/core-model';
import type { ComputeEngine, OpenFunction } from '../compute-engine.js';
import { concat, slice, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { expectFinite } from '../display-range.js';

/** What the flow network sees in a frame: one array per level of its pyramid, finest first. */
export type FramePyramid = Float32Array[];

/**
 * The parts of the video-deblurring network for one frame size, with their weights in place. They
 * are apart so that what neighbouring windows share is computed once. Frames are `height * width * 3` values;
 * flows `height * width * 2`, in pixels.
 *
 * Results are overwritten by the next call of the same part: copy what is kept.
 */
export interface VideoNetworkSessions {
  readonly width: number;
  readonly height: number;
  /** Number of values in each level of a pyramid. */
  readonly pyramidLengths: readonly number[];
  describe(frame: Float32Array): Promise<FramePyramid>;
  /** The flows from one frame to another and back. */
  match(
    first: FramePyramid,
    second: FramePyramid,
  ): Promise<{ forward: Float32Array; backward: Float32Array }>;
  /** The centre frame, sharp; not clamped. */
  reconstruct(
    previous: Float32Array,
    centre: Float32Array,
    next: Float32Array,
    toPrevious: Float32Array,
    toNext: Float32Array,
  ): Promise<Float32Array>;
  release(): Promise<void>;
}

/** Opens the network for frames of a size, both sides multiples of the network's. */
export async function openVideoNetwork(
  config: VideoDeblurConfig,
  weights: WeightValues,
  width: number,
  height: number,
  engine: ComputeEngine,
): Promise<VideoNetworkSessions> {
  const multiple = videoDeblurFamily.sizeMultiple(config);
  if (width % multiple !== 0 || height % multiple !== 0) {
    throw new RangeError(`Expected a size in multiples of ${multiple} but received ${width}x${height}`);
  }
  const network = videoDeblurFamily.declare(config);
  const open = (
    inputShapes: Record<string, number[]>,
    compute: (inputs: NamedTensors, weightTensors: NamedTensors) => NamedTensors,
  ): Promise<OpenFunction> => engine.open({ compute, inputShapes, weights, reusesOutputs: true });
  const levelNames = config.flow.pyramidChannels.map((_, index) => `level${index + 1}`);
  // The decoder ends at this level; finer ones serve only to compute the coarser.
  const usedLevels = levelNames.slice(config.flow.finestLevel - 1);

  const describing = await open({ frame: [1, height, width, 3] }, ({ frame }, weightTensors) => {
    const pyramid = network.flow.describe(network.flow.resize(frame as Tensor4D), weightTensors);
    return Object.fromEntries(usedLevels.map((name) => [name, pyramid[levelNames.indexOf(name)]!]));
  });
  const side = (name: string): Record<string, number[]> =>
    Object.fromEntries(usedLevels.map((level) => [`${name}.${level}`, describing.outputShapes[level]!]));
  const matching = await open({ ...side('first'), ...side('second') }, (inputs, weightTensors) => {
    const pyramidOf = (name: string) =>
      levelNames.map((level) => inputs[`${name}.${level}`] as Tensor4D | undefined);
    // Both directions in one pass, as a batch of two.
    const both = (a: (Tensor4D | undefined)[], b: (Tensor4D | undefined)[]) =>
      a.map((level, index) => (level ? concat([level, b[index]!], 0) : undefined)) as Tensor4D[];
    const [first, second] = [pyramidOf('first'), pyramidOf('second')];
    const { flowPixels } = network.flow.match(
      both(first, second),
      both(second, first),
      [height, width],
      weightTensors,
    );
    const direction = (index: number): Tensor => slice(flowPixels, [index, 0, 0, 0], [1, height, width, 2]);
    return { forward: direction(0), backward: direction(1) };
  });
  const [frame, flow] = [
    [1, height, width, 3],
    [1, height, width, 2],
  ];
  const reconstructing = await open(
    { previous: frame, centre: frame, next: frame, toPrevious: flow, toNext: flow },
    (inputs, weightTensors) => {
      const frames = inputs as Record<'previous' | 'centre' | 'next' | 'toPrevious' | 'toNext', Tensor4D>;
      return { image: network.reconstruct(frames, weightTensors).image };
    },
  );

  const sideFeeds = (name: string, pyramid: FramePyramid) =>
    Object.fromEntries(usedLevels.map((level, index) => [`${name}.${level}`, pyramid[index]!]));
  return {
    width,
    height,
    pyramidLengths: usedLevels.map((level) =>
      describing.outputShapes[level]!.reduce((product, size) => product * size, 1),
    ),
    async describe(image) {
      const outputs = await describing.run({ frame: image });
      return usedLevels.map((level) => outputs[level]!);
    },
    async match(first, second) {
      const { forward, backward } = await matching.run({
        ...sideFeeds('first', first),
        ...sideFeeds('second', second),
      });
      return {
        forward: expectFinite(forward!),
        backward: expectFinite(backward!),
      };
    },
    async reconstruct(previous, centre, next, toPrevious, toNext) {
      const { image } = await reconstructing.run({ previous, centre, next, toPrevious, toNext });
      return expectFinite(image!);
    },
    async release() {
      for (const part of [describing, matching, reconstructing]) await part.release();
    },
  };
}
