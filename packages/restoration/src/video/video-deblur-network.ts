import {
  videoDeblurFamily,
  type NamedTensors,
  type VideoDeblurConfig,
  type NetworkWeights,
  type SafetensorsBytes,
} from '@unblur/core-model';
import { openTogether, type ComputeEngine, type OpenFunction } from '../compute-engine.js';
import { concat, slice, util, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { expectFinite } from '../display-range.js';
import { multiplyAddsPerPixel } from '../layer-work.js';
import { mirrorMotion, mirrorRows } from '../mirroring.js';
import { averageWithMirrored } from './video-mirror-averaging.js';
import type { VideoNetwork, VideoPass } from './video-network.js';

/**
 * The video-deblurring network: a pass describes each frame once and matches each pair of neighbours once,
 * however many windows they are in.
 *
 * @throws when the weights are invalid.
 */
export function readVideoDeblurNetwork(weights: SafetensorsBytes, mirrored: boolean): VideoNetwork {
  const { config, ...read } = videoDeblurFamily.readWeights(weights);
  return {
    config,
    multiple: videoDeblurFamily.sizeMultiple(config),
    passes: config.stages,
    multiplyAddsPerPixel: multiplyAddsPerPixel(videoDeblurFamily.declare(config).costs),
    reach: 1,
    computedBytesPerPixel: computedBytesPerPixel(config),
    keptBytesPerPixel: keptBytesPerPixel(config),
    async open(width, height, engine) {
      const { opened, release } = await openTogether((keep) =>
        openSessions(config, read, width, height, (fn) => keep(engine.open(fn))),
      );
      const sessions = mirrored ? averageReconstructions(opened) : opened;
      return { startPass: () => new VideoDeblurPass(sessions), release };
    },
  };
}

/**
 * What ONNX Runtime needs for each pixel of a frame: several times the layer with the largest output, since
 * it frees what it no longer needs, and what the reconstruction's encoder keeps for its decoder.
 */
function computedBytesPerPixel(config: VideoDeblurConfig): number {
  const { costs } = videoDeblurFamily.declare(config);
  const largest = Math.max(
    ...costs.map(({ level, outputChannels }) => (4 * outputChannels) / 4 ** (level ?? 0)),
  );
  return 8 * largest + 200;
}

/** Pyramids of three frames and the flows between them. */
function keptBytesPerPixel({ flow }: VideoDeblurConfig): number {
  const pyramidValues = flow.pyramidChannels.map((channels, index) =>
    index + 1 < flow.finestLevel ? 0 : channels / 4 ** (index + 1 + (flow.inputLevel ?? 0)),
  );
  return 3 * 4 * (2 + pyramidValues.reduce((sum, values) => sum + values, 0));
}

/** What a pass knows of a frame, which is in the array that it was pushed in. */
interface KeptFrame {
  image: Float32Array;
  pyramid: FramePyramid;
  /** The flow from this frame to the one before it. */
  toPrevious: Float32Array;
}

class VideoDeblurPass implements VideoPass {
  /** The last three frames, newest last; buffers go round. */
  readonly #kept: KeptFrame[];
  readonly #sessions: VideoDeblurSessions;
  #seen = 0;

  constructor(sessions: VideoDeblurSessions) {
    this.#sessions = sessions;
    const pixels = sessions.width * sessions.height;
    this.#kept = Array.from({ length: 3 }, () => ({
      image: new Float32Array(),
      pyramid: sessions.pyramidLengths.map((length) => new Float32Array(length)),
      toPrevious: new Float32Array(pixels * 2),
    }));
  }

  restart(): void {
    this.#seen = 0;
  }

  async push(image: Float32Array): Promise<Float32Array | undefined> {
    this.#kept.push(this.#kept.shift()!);
    const [before, centre, newest] = this.#kept as [KeptFrame, KeptFrame, KeptFrame];
    const isRepeated = this.#seen > 0 && image === centre.image;
    newest.image = image;
    const pyramid = isRepeated ? centre.pyramid : await this.#sessions.describe(image);
    pyramid.forEach((level, index) => newest.pyramid[index]!.set(level));
    this.#seen += 1;
    if (this.#seen === 1) return undefined;
    const { forward, backward } = await this.#sessions.match(centre.pyramid, newest.pyramid);
    newest.toPrevious.set(backward);
    if (this.#seen === 2) return undefined;
    return this.#sessions.reconstruct(before.image, centre.image, newest.image, centre.toPrevious, forward);
  }
}

/**
 * Sessions whose reconstructions are the mean of what they make of frames and of their mirror images. Flows
 * are not sought again but mirrored.
 */
export function averageReconstructions(sessions: VideoDeblurSessions): VideoDeblurSessions {
  const { width, height } = sessions;
  const image = () => new Float32Array(height * width * 3);
  const flow = () => new Float32Array(height * width * 2);
  const mirrored = { previous: image(), centre: image(), next: image(), toPrevious: flow(), toNext: flow() };
  const [mean, scratch] = [image(), image()];
  return {
    ...sessions,
    async reconstruct(previous, centre, next, toPrevious, toNext) {
      mean.set(await sessions.reconstruct(previous, centre, next, toPrevious, toNext));
      const other = await sessions.reconstruct(
        mirrorRows(previous, width, 3, mirrored.previous),
        mirrorRows(centre, width, 3, mirrored.centre),
        mirrorRows(next, width, 3, mirrored.next),
        mirrorMotion(toPrevious, width, mirrored.toPrevious),
        mirrorMotion(toNext, width, mirrored.toNext),
      );
      return averageWithMirrored(mean, other, width, scratch);
    },
  };
}

/** What the flow network sees in a frame: one array per level of its pyramid, finest first. */
type FramePyramid = Float32Array[];

/**
 * The parts of the video-deblurring network for one frame size, with their weights in place. They
 * are apart so that what neighbouring windows share is computed once. Frames are `height * width * 3` values;
 * flows `height * width * 2`, in pixels.
 *
 * Results are overwritten by the next call of the same part: copy what is kept.
 */
export interface VideoDeblurSessions {
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
}

/** Opens the network for frames of a size, both sides multiples of the network's. */
async function openSessions(
  config: VideoDeblurConfig,
  weights: NetworkWeights,
  width: number,
  height: number,
  openFunction: ComputeEngine['open'],
): Promise<VideoDeblurSessions> {
  const network = videoDeblurFamily.declare(config);
  const open = (
    inputShapes: Record<string, number[]>,
    compute: (inputs: NamedTensors, weightTensors: NamedTensors) => NamedTensors,
  ): Promise<OpenFunction> => openFunction({ compute, inputShapes, weights, reusesOutputs: true });
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
    pyramidLengths: usedLevels.map((level) => util.sizeFromShape(describing.outputShapes[level]!)),
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
  };
}
