import {
  clipFamily,
  type ClipConfig,
  type ClipNetwork,
  type FrameDescription,
  type LayerCost,
  type NamedTensors,
  type SafetensorsBytes,
} from '@unblur/core-model';
import { util, type Tensor4D } from '@tensorflow/tfjs-core';
import { openTogether, type ComputedFunction, type OpenFunction } from '../compute-engine.js';
import { expectFinite } from '../display-range.js';
import { multiplyAddsPerPixel } from '../layer-work.js';
import { RecentFrames } from './recent-frames.js';
import { averageWithMirrorImage } from './video-mirror-averaging.js';
import type { VideoNetwork, VideoPass } from './video-network.js';

/**
 * The clip network: a pass describes every frame once, and keeps its description for all windows that contain
 * it.
 *
 * @throws when the weights are invalid.
 */
export function readClipNetwork(weights: SafetensorsBytes, mirrored: boolean): VideoNetwork {
  const { config, ...read } = clipFamily.readWeights(weights);
  const network = clipFamily.declare(config);
  const clip: VideoNetwork = {
    config,
    multiple: clipFamily.sizeMultiple(config),
    passes: config.passes,
    multiplyAddsPerPixel: workPerPixel(config, network),
    reach: (config.windowFrames - 1) / 2,
    computedBytesPerPixel: computedBytesPerPixel(config),
    keptBytesPerPixel: keptBytesPerPixel(config),
    async open(width, height, engine) {
      const frame = [1, height, width, 3];
      const { opened, release } = await openTogether(async (keep) => {
        const open = (fn: Pick<ComputedFunction, 'compute' | 'inputShapes'>) =>
          keep(engine.open({ ...fn, weights: read, reusesOutputs: true }));
        const describing = await open({
          compute: (inputs, weightTensors) => describe(network, inputs['frame'] as Tensor4D, weightTensors),
          inputShapes: { frame },
        });
        const restoring = await open({
          compute: (inputs, weightTensors) => ({
            image: network.restore(windowOf(config, inputs), weightTensors).image,
          }),
          inputShapes: inputsOfWindow(config, frame, describing.outputShapes),
        });
        return { describing, restoring };
      });
      return { startPass: () => new ClipPass(config, opened.describing, opened.restoring), release };
    },
  };
  return mirrored ? averageWithMirrorImage(clip) : clip;
}

/** Layers that look for motion and blend run for every neighbour, the others once. */
function workPerPixel({ windowFrames }: ClipConfig, { costs }: Pick<ClipNetwork, 'costs'>): number {
  const isOfNeighbours = ({ name }: LayerCost) => /^(motion|blend)/.test(name);
  return (
    multiplyAddsPerPixel(costs.filter((cost) => !isOfNeighbours(cost))) +
    (windowFrames - 1) * multiplyAddsPerPixel(costs.filter(isOfNeighbours))
  );
}

/** What is found once in a frame, by the names of its parts; see `FrameDescription`. */
function describe(network: ClipNetwork, frame: Tensor4D, weights: NamedTensors): NamedTensors {
  const { restored, feature } = network.describe(frame, weights);
  return { restored, ...(feature && { feature }) };
}

/** The parts of a description that a window sees, beside the frame. */
const partsOf = ({ neighbours }: ClipConfig): string[] =>
  neighbours === 'none' ? ['restored'] : ['restored', 'feature'];

/** A window as inputs: frames and the parts of their descriptions, numbered in time order. */
function inputsOfWindow(
  config: ClipConfig,
  frame: number[],
  described: Record<string, number[]>,
): Record<string, number[]> {
  return Object.fromEntries(
    Array.from({ length: config.windowFrames }, (_, index) => [
      [`frame.${index}`, frame] as const,
      ...partsOf(config).map((part) => [`${part}.${index}`, described[part]!] as const),
    ]).flat(),
  );
}

/** The window that inputs stand for. */
function windowOf(config: ClipConfig, inputs: NamedTensors): FrameDescription[] {
  return Array.from({ length: config.windowFrames }, (_, index) => {
    const at = (name: string) => inputs[`${name}.${index}`] as Tensor4D;
    return {
      frame: at('frame'),
      restored: at('restored'),
      ...(config.neighbours !== 'none' && { feature: at('feature') }),
    };
  });
}

/** A frame, in the array that it was pushed in, and the parts of its description. */
interface DescribedFrame {
  frame: Float32Array;
  parts: Record<string, Float32Array>;
}

class ClipPass implements VideoPass {
  readonly #describing: OpenFunction;
  readonly #restoring: OpenFunction;
  readonly #window: RecentFrames<DescribedFrame>;

  constructor(config: ClipConfig, describing: OpenFunction, restoring: OpenFunction) {
    this.#describing = describing;
    this.#restoring = restoring;
    const allocate = (part: string) => new Float32Array(util.sizeFromShape(describing.outputShapes[part]!));
    this.#window = new RecentFrames(config.windowFrames, () => ({
      frame: new Float32Array(),
      parts: Object.fromEntries(partsOf(config).map((part) => [part, allocate(part)])),
    }));
  }

  restart(): void {
    this.#window.restart();
  }

  async push(frame: Float32Array): Promise<Float32Array | undefined> {
    if (frame === this.#window.frames.at(-1)?.frame) {
      this.#window.repeat();
    } else {
      const described = await this.#describing.run({ frame });
      const kept = this.#window.add();
      kept.frame = frame;
      for (const [part, values] of Object.entries(kept.parts)) values.set(described[part]!);
    }
    if (!this.#window.isComplete) return undefined;
    const { image } = await this.#restoring.run(
      Object.fromEntries(
        this.#window.frames.flatMap(({ frame: picture, parts }, index) =>
          Object.entries({ frame: picture, ...parts }).map(([part, values]) => [`${part}.${index}`, values]),
        ),
      ),
    );
    return expectFinite(image!);
  }
}

/**
 * Of ONNX Runtime's peak, measured: 2000 bytes for the preset. The U-Net takes what that of the photo network
 * does; beside it, every neighbour a dozen pictures of three colours and a few copies of its finest cost volume.
 */
function computedBytesPerPixel({ channels, windowFrames, searchRadiusPixels }: ClipConfig): number {
  const costVolumeBytes = (4 * (2 * searchRadiusPixels + 1) ** 2) / 4 ** 2;
  const pictureBytes = 4 * 3;
  return (4 * 14 * channels[0]) / 4 + (windowFrames - 1) * (18 * pictureBytes + 3 * costVolumeBytes);
}

/** Descriptions of the frames of a window. */
function keptBytesPerPixel({ windowFrames, neighbours, frameChannels }: ClipConfig): number {
  return 4 * windowFrames * (3 + (neighbours === 'none' ? 0 : frameChannels / 4));
}
