import {
  consistencyCorrection,
  photoFamily,
  weightTensors,
  type LayerCost,
  type NamedTensors,
  type PhotoConfig,
  type PhotoScene,
  type SafetensorsBytes,
} from '@unblur/core-model';
import { dispose, engine, tensor4d, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import type { RestoredSequence, RgbImage } from '../raster.js';
import { type SceneProgress, type TiledScene, type TileNetwork } from '../tiling/tiled-scene.js';
import { UnblurError } from '@unblur/files/file-error';
import { analyzePhoto } from './half-size-scene.js';
import { expectOptions, type OptionNames } from '@unblur/files/options';
import { excerptOfValue } from '@unblur/files/parsed-value';
import { consistencyRenderings, furtherRenderings } from './consistent-frames.js';
import { anyTimes, photoFrames } from './photo-frame-network.js';
import { chooseTimes, type FrameChoice } from './frame-selection.js';
import { multiplyAddsPerPixel } from '../layer-work.js';
import { explainWeights } from '../unusable-weights.js';
import { isRenderingLayer, photoWork } from './photo-work.js';

export interface EagerRestorerOptions {
  /** The bytes of a `.safetensors` file of the photo network. */
  weights: SafetensorsBytes;
  /** A photograph of more pixels is restored in tiles. Default 1 million. */
  maximumPixels?: number | undefined;
}

/**
 * `onShare` is called before each layer of the analysis and before each frame; on graphics processors it is
 * what has been submitted.
 */
export type EagerProgress = SceneProgress;
export type EagerScene = TiledScene;

/** Without a choice of frames, 7 are restored. */
export interface EagerRestoreOptions extends EagerProgress, FrameChoice {}

const progressOptions: OptionNames<EagerProgress> = { onShare: 'function', signal: 'signal' };
const restoreOptions: OptionNames<EagerRestoreOptions> = { ...progressOptions, frames: true, times: true };

export interface EagerRestorer {
  readonly config: PhotoConfig;
  /**
   * Finds out what all frames of a photograph of any size are made from, and what they lack to average to it.
   * One photograph at a time.
   */
  analyze(photo: RgbImage, progress?: EagerProgress): Promise<EagerScene>;
  /** Restores the frames of a photograph, one after the other, and forgets what they were made from. */
  restore(photo: RgbImage, options?: EagerRestoreOptions): Promise<RestoredSequence>;
  /** Frees the weights. */
  release(): void;
}

/**
 * Makes a restorer that runs op by op on the currently active TensorFlow.js backend, as in a browser. On
 * Node, `createRestorer` of `@unblur/inference` is several times faster. Long blur is restored at half the
 * photograph's size too, and the mean taken; see `halfSizeShareFor`.
 *
 * @throws UnblurError when an option makes no sense, the weights are invalid, or no backend is registered.
 */
export function createEagerRestorer(options: EagerRestorerOptions): EagerRestorer {
  expectOptions(options, { weights: true, maximumPixels: true }, 'createEagerRestorer({ weights })');
  const { weights: bytes, maximumPixels = 1_000_000 } = options;
  if (!(typeof maximumPixels === 'number' && maximumPixels > 0)) {
    throw new UnblurError(
      `Expected a number above 0 for maximumPixels but received ${excerptOfValue(maximumPixels)}`,
    );
  }
  const { config, values } = explainWeights(() => photoFamily.readWeights(bytes));
  const network = photoFamily.declare(config);
  expectBackend();
  const weights = weightTensors(values);
  const analysisCosts = network.costs.filter(({ name }) => !isRenderingLayer(name));
  const work = photoWork(network);
  let released = false;
  const expectHeld = () => {
    if (released) {
      throw new UnblurError('This restorer has been released: make another with createEagerRestorer');
    }
  };

  const releaseScene = ({ middle, trajectory, feature }: PhotoScene) =>
    dispose([middle, trajectory, feature]);

  function openTiles(width: number, height: number): TileNetwork<PhotoScene> {
    return {
      async analyze(values, onShare) {
        expectHeld();
        const watched = watchLayers(weights, analysisCosts, onShare);
        const scene = tidy(() => ({ ...network.analyze(tensor4d(values, [1, height, width, 3]), watched) }));
        try {
          return { scene, trajectory: await valuesOf(scene.trajectory) };
        } catch (cause) {
          releaseScene(scene);
          throw cause;
        }
      },
      async renderAt(scene, time) {
        if (time === 0) return valuesOf(scene.middle);
        expectHeld();
        const frame = tidy(() => network.renderAt(scene, time, weights));
        try {
          return await valuesOf(frame);
        } finally {
          frame.dispose();
        }
      },
      async correctionFor(values, frames) {
        const correction = tidy(() => {
          const [blurred, ...made] = [values, ...frames].map((image) =>
            tensor4d(image, [1, height, width, 3]),
          );
          return consistencyCorrection(blurred!, made);
        });
        try {
          return await valuesOf(correction);
        } finally {
          correction.dispose();
        }
      },
      release: releaseScene,
    };
  }

  async function analyze(photo: RgbImage, progress: EagerProgress = {}): Promise<EagerScene> {
    return analyzePhoto(photo, {
      ...expectOptions(progress, progressOptions, 'analyze(photo, { signal })'),
      maximumPixels,
      work,
      open: async (...size) => openTiles(...size),
    });
  }

  const release = () => {
    released = true;
    dispose(weights);
  };

  async function restore(photo: RgbImage, options: EagerRestoreOptions = {}): Promise<RestoredSequence> {
    const {
      onShare = () => undefined,
      signal,
      ...choice
    } = expectOptions(options, restoreOptions, 'restore(photo, { frames: 7 })');
    const times = chooseTimes(choice, anyTimes, anyTimes(photoFrames));
    const prepared = work.analysis + consistencyRenderings * work.frame;
    const preparedShare = prepared / (prepared + work.frame * furtherRenderings(times));
    const scene = await analyze(photo, { onShare: (share) => onShare(share * preparedShare), signal });
    try {
      const restored: RestoredSequence = { frames: [], motionsPixels: [] };
      for (const [done, time] of times.entries()) {
        signal?.throwIfAborted();
        onShare(preparedShare + ((1 - preparedShare) * done) / times.length);
        restored.frames.push(await scene.renderAt(time));
        restored.motionsPixels.push(scene.motionAt(time));
      }
      return restored;
    } finally {
      scene.release();
    }
  }

  return { config, analyze, restore, release };
}

function expectBackend(): void {
  if (Object.keys(engine().registryFactory).length > 0) return;
  throw new UnblurError(
    "Expected a TensorFlow.js backend but none is registered; import '@tensorflow/tfjs' or a single backend first",
  );
}

/** A backend may hand out memory that is its own: a copy stays valid. */
async function valuesOf(values: Tensor4D): Promise<Float32Array> {
  return Float32Array.from((await values.data()) as Float32Array);
}

/**
 * The same weights, telling how far a network that reads them has come: a layer asks for its kernel when its
 * turn comes.
 */
function watchLayers(
  weights: NamedTensors,
  costs: readonly LayerCost[],
  onShare: (share: number) => void,
): NamedTensors {
  const work = new Map(costs.map((cost) => [`${cost.name}.kernel`, multiplyAddsPerPixel([cost])]));
  const total = multiplyAddsPerPixel(costs);
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
