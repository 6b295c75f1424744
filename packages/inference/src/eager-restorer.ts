import { declareBlurToVideo, requiredMultiple, type BlurToVideoConfig, type NamedTensors } from '@unblur/core-model';
import { dispose, tensor, tensor4d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { restoreAnySize, type RestoreProgress } from './any-size-restoration.js';
import { clampToDisplay } from './display-range.js';
import { readNetwork } from './network-weights.js';
import type { MotionField, RestoredSequence, RgbImage } from './raster.js';
import { tileOverlapPixels } from './tiling.js';

export interface EagerRestorerOptions {
  /** The bytes of a `.safetensors` file of a blur-to-video network. */
  weights: Uint8Array;
  /** A photograph of more pixels is restored in tiles. Default 1 million. */
  maximumPixels?: number;
}

export interface EagerRestoreProgress extends RestoreProgress {
  /** Called before each layer with the share of the photograph's arithmetic that lies behind, 0 to 1. On graphics processors it is what has been submitted. */
  onShare?: (share: number) => void;
}

export interface EagerRestorer {
  readonly config: BlurToVideoConfig;
  /** Restores one photograph of any size; one at a time. */
  restore(photo: RgbImage, progress?: EagerRestoreProgress): Promise<RestoredSequence>;
  /** Frees the weights. */
  release(): void;
}

/**
 * Makes a restorer that runs op by op on the TensorFlow.js backend that is active now: what a browser has. On Node, `createRestorer`
 * is several times faster.
 *
 * @throws UnblurError when the weights do not hold together.
 */
export function createEagerRestorer({ weights: bytes, maximumPixels = 1_000_000 }: EagerRestorerOptions): EagerRestorer {
  const { config, values } = readNetwork(bytes);
  const network = declareBlurToVideo(config);
  const weights: NamedTensors = Object.fromEntries(Object.entries(values).map(([name, weight]) => [name, tensor(weight.values, weight.shape)]));
  const limits = { multiple: requiredMultiple(config), overlapPixels: tileOverlapPixels, maximumPixels };

  async function restoreTile({ width, height, data }: RgbImage, onShare: (share: number) => void): Promise<RestoredSequence> {
    const { frames, motions } = tidy(() => {
      const { frames, motionsPixels } = network.restore(tensor4d(data, [1, height, width, 3]), watchLayers(weights, network.costs, width * height, onShare));
      return { frames: frames.map((levels) => levels[0]!), motions: motionsPixels };
    });
    try {
      const frameValues = await Promise.all(frames.map(valuesOf));
      const motionValues = await Promise.all(motions.map(valuesOf));
      return {
        frames: frameValues.map((values) => ({ width, height, data: clampToDisplay(values) })),
        motionsPixels: motionValues.map((values, index): MotionField => {
          const [, rows, columns] = motions[index]!.shape;
          return { width: columns, height: rows, stridePixels: width / columns, data: values };
        }),
      };
    } finally {
      dispose([...frames, ...motions]);
    }
  }

  return {
    config,
    restore: (photo, { onShare, ...progress } = {}) =>
      restoreAnySize(photo, limits, (tile, { done, total }) => restoreTile(tile, (share) => onShare?.((done + share) / total)), progress),
    release: () => dispose(weights),
  };
}

/** A backend may hand out memory that is its own: a copy stays valid. */
async function valuesOf(values: Tensor): Promise<Float32Array> {
  return Float32Array.from((await values.data()) as Float32Array);
}

/** The same weights, telling how far a network that reads them has come: a layer asks for its kernel when its turn comes. */
function watchLayers(weights: NamedTensors, costs: ReturnType<typeof declareBlurToVideo>['costs'], pixels: number, onShare: (share: number) => void): NamedTensors {
  const work = new Map(costs.map(({ name, level, multiplyAddsPerOutputPixel }) => [`${name}.kernel`, (multiplyAddsPerOutputPixel * pixels) / 4 ** (level ?? Infinity)]));
  const total = [...work.values()].reduce((sum, layer) => sum + layer, 0);
  let done = 0;
  return new Proxy(weights, {
    get(target, name) {
      const layer = work.get(name as string);
      if (layer !== undefined) {
        onShare(Math.min(1, done / total));
        done += layer;
      }
      return target[name as string];
    },
  });
}
