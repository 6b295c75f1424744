import {
  clipFamily,
  type ClipConfig,
  type ClipNetwork,
  type FrameDescription,
  type NamedTensors,
  type SafetensorsBytes,
} from '@unblur/core-model';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { OpenFunction } from '../compute-engine.js';
import { expectFinite } from '../display-range.js';
import { RecentFrames } from './recent-frames.js';
import { averageWithMirrorImage } from './video-mirror-averaging.js';
import type { VideoNetwork, VideoPass } from './video-network.js';

/**
 * The clip network: a pass describes every frame once, and keeps its description for all windows that see it.
 *
 * @throws when the weights do not hold together.
 */
export function readClipNetwork(weights: SafetensorsBytes, mirrored: boolean): VideoNetwork {
  const { config, values } = clipFamily.readWeights(weights);
  const network = clipFamily.declare(config);
  const clip: VideoNetwork = {
    config,
    multiple: clipFamily.sizeMultiple(config),
    passes: config.passes,
    reach: (config.windowFrames - 1) / 2,
    computedBytesPerPixel: computedBytesPerPixel(config),
    keptBytesPerPixel: keptBytesPerPixel(config),
    async open(width, height, engine) {
      const frame = [1, height, width, 3];
      const describing = await engine.open({
        compute: (inputs, weightTensors) => describe(network, inputs['frame'] as Tensor4D, weightTensors),
        inputShapes: { frame },
        weights: values,
        reusesOutputs: true,
      });
      const restoring = await engine.open({
        compute: (inputs, weightTensors) => ({
          image: network.restore(windowOf(config, inputs), weightTensors).image,
        }),
        inputShapes: inputsOfWindow(config, frame, describing.outputShapes),
        weights: values,
        reusesOutputs: true,
      });
      return {
        startPass: () => new ClipPass(config, describing, restoring),
        async release() {
          await describing.release();
          await restoring.release();
        },
      };
    },
  };
  return mirrored ? averageWithMirrorImage(clip) : clip;
}

/** Levels of a description that motion is found by. */
const descriptorLevels = [0, 1, 2] as const;

/** What is found once in a frame, by the names of its parts; see `FrameDescription`. */
function describe(network: ClipNetwork, frame: Tensor4D, weights: NamedTensors): NamedTensors {
  const { finest, feature, descriptors } = network.describe(frame, weights);
  return {
    finest,
    ...(feature && { feature }),
    ...Object.fromEntries((descriptors ?? []).map((descriptor, level) => [`descriptor${level}`, descriptor])),
  };
}

/** The parts of a description that windows around other frames see too: all but `finest`. */
const partsForNeighbours = ({ neighbours }: ClipConfig): string[] =>
  neighbours === 'none' ? [] : ['feature', ...descriptorLevels.map((level) => `descriptor${level}`)];

/** Which frames of a window are seen as pictures, beside their descriptions. */
function picturesOf({ windowFrames, neighbours, sharpnessPrior }: ClipConfig): number[] {
  const middle = (windowFrames - 1) / 2;
  return neighbours === 'none' || sharpnessPrior === 'none' ? [middle] : [middle - 1, middle, middle + 1];
}

/**
 * A window as inputs: `finest` of its middle frame, and of the others what is seen, numbered in time order.
 */
function inputsOfWindow(
  config: ClipConfig,
  frame: number[],
  described: Record<string, number[]>,
): Record<string, number[]> {
  return {
    finest: described['finest']!,
    ...Object.fromEntries(picturesOf(config).map((index) => [`frame${index}`, frame])),
    ...Object.fromEntries(
      partsForNeighbours(config).flatMap((part) =>
        Array.from({ length: config.windowFrames }, (_, index) => [`${part}.${index}`, described[part]!]),
      ),
    ),
  };
}

/** The window that inputs stand for. */
function windowOf(config: ClipConfig, inputs: NamedTensors): FrameDescription[] {
  const at = (name: string) => inputs[name] as Tensor4D;
  const middle = at(`frame${(config.windowFrames - 1) / 2}`);
  return Array.from({ length: config.windowFrames }, (_, index) => ({
    // The network asks for these of the middle frame, and of pictures.
    frame: inputs[`frame${index}`] ? at(`frame${index}`) : middle,
    finest: at('finest'),
    ...(config.neighbours !== 'none' && {
      feature: at(`feature.${index}`),
      descriptors: descriptorLevels.map((level) => at(`descriptor${level}.${index}`)),
    }),
  }));
}

/** A frame, in the array that it was pushed in, and the parts of its description that its neighbours see. */
interface DescribedFrame {
  frame: Float32Array;
  parts: Record<string, Float32Array>;
}

class ClipPass implements VideoPass {
  readonly #config: ClipConfig;
  readonly #describing: OpenFunction;
  readonly #restoring: OpenFunction;
  readonly #window: RecentFrames<DescribedFrame>;
  /** The largest part of a description, of which a window sees the middle frame's alone. */
  readonly #finest: RecentFrames<Float32Array>;

  constructor(config: ClipConfig, describing: OpenFunction, restoring: OpenFunction) {
    this.#config = config;
    this.#describing = describing;
    this.#restoring = restoring;
    const { windowFrames } = config;
    const allocate = (part: string) =>
      new Float32Array(describing.outputShapes[part]!.reduce((product, size) => product * size, 1));
    this.#window = new RecentFrames(windowFrames, () => ({
      frame: new Float32Array(),
      parts: Object.fromEntries(partsForNeighbours(config).map((part) => [part, allocate(part)])),
    }));
    this.#finest = new RecentFrames((windowFrames + 1) / 2, () => allocate('finest'));
  }

  restart(): void {
    this.#window.restart();
    this.#finest.restart();
  }

  async push(frame: Float32Array): Promise<Float32Array | undefined> {
    if (frame === this.#window.frames.at(-1)?.frame) {
      this.#window.repeat();
      this.#finest.repeat();
    } else {
      const described = await this.#describing.run({ frame });
      const kept = this.#window.add();
      kept.frame = frame;
      for (const [part, values] of Object.entries(kept.parts)) values.set(described[part]!);
      this.#finest.add().set(described['finest']!);
    }
    if (!this.#window.isComplete) return undefined;
    const window = this.#window.frames;
    const { image } = await this.#restoring.run({
      finest: this.#finest.frames[0]!,
      ...Object.fromEntries(picturesOf(this.#config).map((index) => [`frame${index}`, window[index]!.frame])),
      ...Object.fromEntries(
        window.flatMap(({ parts }, index) =>
          Object.entries(parts).map(([part, values]) => [`${part}.${index}`, values]),
        ),
      ),
    });
    return expectFinite(image!);
  }
}

/**
 * Of ONNX Runtime's peak, measured (1000 bytes for the preset's widths): the U-Net takes what that of the
 * photo network does, each neighbour's cost volumes a few copies of the finest.
 */
function computedBytesPerPixel({ channels, windowFrames, searchRadiusPixels }: ClipConfig): number {
  const costVolumeBytes = (4 * (2 * searchRadiusPixels + 1) ** 2) / 4 ** 2;
  return (4 * 14 * channels[0]) / 4 + 3 * (windowFrames - 1) * costVolumeBytes;
}

/** Descriptions of the frames of a window; of those after the middle one, and that, `finest` too. */
function keptBytesPerPixel(config: ClipConfig): number {
  const { windowFrames, channels, frameChannels, motionChannels } = config;
  const seenByNeighbours =
    config.neighbours === 'none' ? 0 : frameChannels / 4 + motionChannels * (1 / 16 + 1 / 64 + 1 / 256);
  return 4 * (windowFrames * seenByNeighbours + ((windowFrames + 1) / 2) * (channels[0] / 4));
}
