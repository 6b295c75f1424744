import {
  declarePhotoNetwork,
  frameTimes,
  photoFamily,
  photoMultiple,
  trajectoryStridePixels,
  type LayerCost,
  type NamedTensors,
  type PhotoConfig,
  type PhotoScene,
} from '@unblur/core-model';
import { dispose, tensor, tensor4d, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { clampToDisplay } from './display-range.js';
import { crop, padByReflection, roundUp } from './padding.js';
import { expectRgbImage, type MotionField, type RestoredSequence, type RgbImage } from './raster.js';
import { TileCanvas } from './tile-canvas.js';
import { planVisits, type TilePosition } from './tile-visits.js';
import { planTiles, tileOverlapPixels, type TilePlan } from './tiling.js';
import { explainWeights, UnblurError } from './unblur-error.js';

export interface EagerRestorerOptions {
  /** The bytes of a `.safetensors` file of the photo network. */
  weights: Uint8Array;
  /** A photograph of more pixels is restored in tiles. Default 1 million. */
  maximumPixels?: number;
}

export interface EagerProgress {
  /**
   * Called before each layer with the share of the arithmetic that lies behind, 0 to 1. On graphics
   * processors it is what has been submitted.
   */
  onShare?: (share: number) => void;
  /** Stops between two tiles or frames; what was asked for is then rejected with the signal's reason. */
  signal?: AbortSignal;
}

/** A photograph that has been analyzed. It holds memory of the backend until it is released. */
export interface EagerScene {
  /**
   * The frame at a time of the exposure, from -1 (the shutter opens) to 1 (it closes). One at a time. @throws
   * UnblurError for other times.
   */
  renderAt(time: number): Promise<RgbImage>;
  /** Where things are at that time, relative to the middle of the exposure. */
  motionAt(time: number): MotionField;
  release(): void;
}

export interface EagerRestoreOptions extends EagerProgress {
  /** How many frames, evenly spaced over the exposure: 2 or more. Default 7. */
  frames?: number;
  /** Their times, from -1 to 1, in place of their number. */
  times?: readonly number[];
}

export interface EagerRestorer {
  readonly config: PhotoConfig;
  /** Finds out what all frames of a photograph of any size are made from. One photograph at a time. */
  analyze(photo: RgbImage, progress?: EagerProgress): Promise<EagerScene>;
  /** Restores the frames of a photograph, one after the other, and forgets what they were made from. */
  restore(photo: RgbImage, options?: EagerRestoreOptions): Promise<RestoredSequence>;
  /** Frees the weights. */
  release(): void;
}

/** What the backend holds of one tile. */
interface TileScene {
  position: TilePosition;
  scene: PhotoScene;
  /** The values of `scene.trajectory`. */
  trajectory: Float32Array;
  /** -1 where this tile tells the exposure the other way round than those before it. */
  direction: 1 | -1;
}

/**
 * Makes a restorer that runs op by op on the TensorFlow.js backend that is active now: what a browser has. On
 * Node, `createRestorer` is several times faster.
 *
 * @throws UnblurError when the weights do not hold together.
 */
export function createEagerRestorer({
  weights: bytes,
  maximumPixels = 1_000_000,
}: EagerRestorerOptions): EagerRestorer {
  const { config, values } = explainWeights(() => photoFamily.readWeights(bytes));
  const network = declarePhotoNetwork(config);
  const weights: NamedTensors = Object.fromEntries(
    Object.entries(values).map(([name, weight]) => [name, tensor(weight.values, weight.shape)]),
  );
  const analysisCosts = network.costs.filter(({ name }) => !isRenderingLayer(name));
  const renderingCosts = network.costs.filter(({ name }) => isRenderingLayer(name));

  async function analyze(
    photo: RgbImage,
    { onShare = () => undefined, signal }: EagerProgress = {},
  ): Promise<EagerScene> {
    expectRgbImage(photo);
    const { width, height } = photo;
    const padded = padByReflection(photo, roundUp(width, photoMultiple), roundUp(height, photoMultiple));
    const plan = planTiles(padded.width, padded.height, {
      multiple: photoMultiple,
      overlapPixels: tileOverlapPixels,
      maximumPixels,
    });
    const { tileWidth, tileHeight } = plan;
    const tiles: TileScene[] = [];
    const release = () =>
      dispose(
        tiles
          .splice(0)
          .flatMap(({ scene: { middle, trajectory, feature } }) => [middle, trajectory, feature]),
      );

    /** @param motionOf a motion of one tile. */
    const blendMotions = (
      motionOf: (tile: TileScene) => MotionField,
      toWidth: number,
      toHeight: number,
    ): MotionField => {
      const canvas = new TileCanvas(padded.width, padded.height, plan);
      for (const tile of tiles) canvas.add(tile.position, { frames: [], motionsPixels: [motionOf(tile)] });
      return canvas.motionsPixels(toWidth, toHeight)[0]!;
    };

    const visits = planVisits(padded, plan);
    try {
      for (const [done, position] of visits.entries()) {
        signal?.throwIfAborted();
        const values = crop(
          padded,
          3,
          plan.columns[position.column]!,
          plan.rows[position.row]!,
          tileWidth,
          tileHeight,
        );
        const watched = watchLayers(weights, analysisCosts, (share) =>
          onShare((done + share) / visits.length),
        );
        const scene = tidy(() => ({
          ...network.analyze(tensor4d(values, [1, tileHeight, tileWidth, 3]), watched),
        }));
        const before =
          tiles.length > 0 ? blendMotions(exposureMotion, padded.width, padded.height) : undefined;
        const tile: TileScene = { position, scene, trajectory: new Float32Array(), direction: 1 };
        tiles.push(tile);
        tile.trajectory = await valuesOf(scene.trajectory);
        if (before && pointsAgainst(exposureMotion(tile), before, position, plan)) tile.direction = -1;
      }
    } catch (cause) {
      release();
      throw cause;
    }
    onShare(1);

    /** The motion that made the blur in a tile, from its opening to its closing. */
    function exposureMotion(tile: TileScene): MotionField {
      const [first, last] = [tileMotionAt(tile, -1), tileMotionAt(tile, 1)];
      return { ...last, data: last.data.map((value, index) => value - first.data[index]!) };
    }

    function tileMotionAt({ trajectory, direction }: TileScene, time: number): MotionField {
      return {
        width: tileWidth / trajectoryStridePixels,
        height: tileHeight / trajectoryStridePixels,
        stridePixels: trajectoryStridePixels,
        data: motionAlong(trajectory, direction * time),
      };
    }

    return {
      async renderAt(time) {
        expectTime(time);
        const canvas = new TileCanvas(padded.width, padded.height, plan);
        for (const { position, scene, direction } of tiles) {
          const frame =
            time === 0 ? scene.middle : tidy(() => network.renderAt(scene, direction * time, weights));
          try {
            canvas.add(position, {
              frames: [{ width: tileWidth, height: tileHeight, data: clampToDisplay(await valuesOf(frame)) }],
              motionsPixels: [],
            });
          } finally {
            if (time !== 0) frame.dispose();
          }
        }
        return canvas.takeFrame(0, width, height);
      },
      motionAt(time) {
        expectTime(time);
        return blendMotions((tile) => tileMotionAt(tile, time), width, height);
      },
      release,
    };
  }

  async function restore(
    photo: RgbImage,
    { frames = 7, times = timesOf(frames), onShare = () => undefined, signal }: EagerRestoreOptions = {},
  ): Promise<RestoredSequence> {
    times.forEach(expectTime);
    const analysisShare =
      workOf(analysisCosts) /
      (workOf(analysisCosts) + workOf(renderingCosts) * times.filter((time) => time !== 0).length);
    const scene = await analyze(photo, { onShare: (share) => onShare(share * analysisShare), signal });
    try {
      const restored: RestoredSequence = { frames: [], motionsPixels: [] };
      for (const [done, time] of times.entries()) {
        signal?.throwIfAborted();
        onShare(analysisShare + ((1 - analysisShare) * done) / times.length);
        restored.frames.push(await scene.renderAt(time));
        restored.motionsPixels.push(scene.motionAt(time));
      }
      return restored;
    } finally {
      scene.release();
    }
  }

  return { config, analyze, restore, release: () => dispose(weights) };
}

/** A backend may hand out memory that is its own: a copy stays valid. */
async function valuesOf(values: Tensor | Tensor4D): Promise<Float32Array> {
  return Float32Array.from((await values.data()) as Float32Array);
}

/**
 * Where things are at a time, `[h, w, 2]`, of a trajectory `[h, w, 6]`; see `PhotoScene`, whose displacements
 * lead from there back to the middle frame.
 */
function motionAlong(trajectory: Float32Array, time: number): Float32Array {
  const motion = new Float32Array(trajectory.length / 3);
  for (let from = 0, to = 0; from < trajectory.length; from += 6, to += 2) {
    for (const axis of [0, 1] as const) {
      motion[to + axis] =
        -time *
        (trajectory[from + axis]! +
          time * (trajectory[from + 2 + axis]! + time * trajectory[from + 4 + axis]!));
    }
  }
  return motion;
}

/**
 * Whether a tile's motion is, on the whole, the opposite of what is known of it: a blur does not tell which
 * way time ran.
 */
function pointsAgainst(
  motion: MotionField,
  known: MotionField,
  { column, row }: TilePosition,
  plan: TilePlan,
): boolean {
  const { width, height, stridePixels } = motion;
  const there = crop(
    known,
    2,
    plan.columns[column]! / stridePixels,
    plan.rows[row]! / stridePixels,
    width,
    height,
  );
  return motion.data.reduce((sum, value, index) => sum + value * there[index]!, 0) < 0;
}

/** Whether a layer works on every frame, and not once on the photograph. */
function isRenderingLayer(name: string): boolean {
  return name.startsWith('frame.') && name !== 'frame.feature';
}

/** Multiply-adds per pixel of the photograph. */
function workOf(costs: readonly LayerCost[]): number {
  return costs.reduce(
    (sum, { level, multiplyAddsPerOutputPixel }) =>
      sum + multiplyAddsPerOutputPixel / 4 ** (level ?? Infinity),
    0,
  );
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
  const work = new Map(costs.map((cost) => [`${cost.name}.kernel`, workOf([cost])]));
  const total = workOf(costs);
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

function timesOf(frames: number): number[] {
  if (!(Number.isInteger(frames) && frames >= 2)) {
    throw new UnblurError(`Expected a whole number of frames, 2 or more, but received ${frames}`);
  }
  return frameTimes(frames);
}

function expectTime(time: number): void {
  if (!(time >= -1 && time <= 1)) {
    throw new UnblurError(
      `Expected a time from -1, when the shutter opens, to 1, when it closes, but received ${time}`,
    );
  }
}
