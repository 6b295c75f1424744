import { photoMultiple } from '@unblur/core-model';
import { expectFinite } from '../display-range.js';
import { exposureMotion, motionAlong, type MotionField } from '../motion-field.js';
import { crop, padByReflection, roundUp } from './padding.js';
import { expectRgbImage, toFractions, type RgbImage } from '../raster.js';
import { ConsistentFrames, consistencyRenderings } from '../photo/consistent-frames.js';
import { expectTime } from '../photo/frame-selection.js';
import type { PhotoWork } from '../photo/photo-work.js';
import { TileCanvas } from './tile-canvas.js';
import { planVisits, type TilePosition } from './tile-visits.js';
import { planTiles, tileOverlapPixels, type TilePlan } from './tile-plan.js';
import { UnblurError } from '@unblur/files/file-error';

/** The photo network for tiles of one size, on whatever computes it. */
export interface TileNetwork<Scene> {
  /**
   * Finds out what all frames of a tile are made from.
   *
   * @param values `height * width * 3` in [0, 1].
   * @param onShare may be called with the fraction of the work that is done, 0 to 1.
   * @returns that, and its trajectory as values: `[height / 4, width / 4, 6]`, see `PhotoScene`.
   */
  analyze(
    values: Float32Array,
    onShare: (share: number) => void,
  ): Promise<{ scene: Scene; trajectory: Float32Array }>;
  /** The frame at a time from -1 to 1, `height * width * 3` values, which may exceed [0, 1]; a new array. */
  renderAt(scene: Scene, time: number): Promise<Float32Array>;
  /**
   * What every frame lacks, `consistencyCorrection` of a tile's values and its frames at `consistencyTimes`:
   * `height * width * 3`.
   */
  correctionFor(values: Float32Array, frames: readonly Float32Array[]): Promise<Float32Array>;
  /** Frees what a scene holds. */
  release(scene: Scene): void;
}

export interface SceneProgress {
  /** Called with the fraction that is done, 0 to 1, of what comes before the frames that are asked for. */
  onShare?: (share: number) => void;
  /**
   * Stops between two tiles, and between the frames that are made before the first is corrected; what was
   * asked for is then rejected with the signal's reason.
   */
  signal?: AbortSignal | undefined;
}

/**
 * A photograph that has been analyzed. It occupies the engine's memory until it is released, and holds each
 * of the frames at `consistencyTimes` until that is asked for.
 */
export interface TiledScene {
  /**
   * The frame at a time of the exposure, from -1 (the shutter opens) to 1 (it closes). One at a time. @throws
   * UnblurError for other times.
   */
  renderAt(time: number): Promise<RgbImage>;
  /** Where things are at that time, relative to the middle of the exposure. */
  motionAt(time: number): MotionField;
  release(): void;
}

export interface TiledSceneOptions<Scene> extends SceneProgress {
  /** A photograph of more pixels is analyzed in tiles that overlap. */
  maximumPixels: number;
  /** What the network computes, for `onShare` to tell the analysis from the frames after it. */
  work: PhotoWork;
  /** Called once, with the size of all tiles: sides are multiples of `photoMultiple`. */
  open: (width: number, height: number) => Promise<TileNetwork<Scene>>;
}

interface Tile<Scene> {
  position: TilePosition;
  scene: Scene;
  trajectory: Float32Array;
  frames: ConsistentFrames;
  /** -1 where this tile tells the exposure the other way round than those before it. */
  direction: 1 | -1;
}

/** How a photograph of a size is cut into tiles: how many, and the size of each. */
export function tilesOf(
  width: number,
  height: number,
  maximumPixels: number,
): { tiles: number; tileWidth: number; tileHeight: number } {
  const { columns, rows, tileWidth, tileHeight } = planFor(width, height, maximumPixels);
  return { tiles: columns.length * rows.length, tileWidth, tileHeight };
}

function planFor(width: number, height: number, maximumPixels: number): TilePlan {
  return planTiles(roundUp(width, photoMultiple), roundUp(height, photoMultiple), {
    multiple: photoMultiple,
    overlapPixels: tileOverlapPixels,
    maximumPixels,
    limitedBy: 'maximumPixels',
  });
}

/**
 * Analyzes a photograph of any size, tile by tile, into what all its frames are made from and corrected by,
 * see `consistencyCorrection`. A tile in which time runs backwards is reversed, since a blur does not show
 * which way time ran.
 *
 * @throws UnblurError when `photo` is not an image.
 */
export async function analyzeInTiles<Scene>(
  photo: RgbImage,
  { maximumPixels, work, open, onShare = () => undefined, signal }: TiledSceneOptions<Scene>,
): Promise<TiledScene> {
  expectRgbImage(photo);
  const { width, height } = photo;
  const padded = padByReflection(photo, roundUp(width, photoMultiple), roundUp(height, photoMultiple));
  const plan = planFor(width, height, maximumPixels);
  const { tileWidth, tileHeight } = plan;
  const network = await open(tileWidth, tileHeight);
  const tiles: Tile<Scene>[] = [];
  let released = false;
  const release = () => {
    released = true;
    tiles.splice(0).forEach(({ scene }) => network.release(scene));
  };
  const analysisShare = work.analysis / (work.analysis + consistencyRenderings * work.frame);
  const expectHeld = () => {
    if (released) throw new UnblurError('This photograph has been released: analyze it again');
  };

  const motionOfTile = ({ trajectory, direction }: Tile<Scene>, time: number): MotionField =>
    motionAlong(trajectory, { width: tileWidth, height: tileHeight }, direction * time);
  const exposureMotionOfTile = (tile: Tile<Scene>): MotionField =>
    exposureMotion([motionOfTile(tile, -1), motionOfTile(tile, 1)]);

  const visits = planVisits(padded, plan);
  /** From the first frame to the last, as far as tiles have been analyzed. */
  const known = new TileCanvas(padded.width, padded.height, plan);
  try {
    for (const [done, position] of visits.entries()) {
      signal?.throwIfAborted();
      const [left, top] = [plan.columns[position.column]!, plan.rows[position.row]!];
      const tellShare = (share: number) => onShare((done + share) / visits.length);
      const values = crop(padded, 3, left, top, tileWidth, tileHeight);
      const { scene, trajectory } = await network.analyze(values, (share) =>
        tellShare(share * analysisShare),
      );
      let frames: ConsistentFrames;
      try {
        expectFinite(trajectory);
        frames = await ConsistentFrames.prepare(
          {
            renderAt: (time) => network.renderAt(scene, time),
            correctionFor: (made) => network.correctionFor(values, made),
          },
          {
            onRendering: (rendered) =>
              tellShare(analysisShare + ((1 - analysisShare) * rendered) / consistencyRenderings),
            signal,
          },
        );
      } catch (cause) {
        network.release(scene);
        throw cause;
      }
      const tile: Tile<Scene> = { position, scene, trajectory, frames, direction: 1 };
      tiles.push(tile);
      if (visits.length > 1) {
        const there = known.motionsPixels(padded.width, padded.height)[0];
        if (there && pointsAgainst(exposureMotionOfTile(tile), there, position, plan)) tile.direction = -1;
        known.add(position, { frames: [], motionsPixels: [exposureMotionOfTile(tile)] });
      }
      onShare((done + 1) / visits.length);
    }
  } catch (cause) {
    release();
    throw cause;
  }

  return {
    async renderAt(time) {
      expectTime(time);
      const canvas = new TileCanvas(padded.width, padded.height, plan);
      for (const index of visits.keys()) {
        // It may have been released since the tile before.
        expectHeld();
        const { position, frames, direction } = tiles[index]!;
        // Not -0, which no network was asked for.
        const data = await frames.frameAt(time === 0 ? 0 : direction * time);
        canvas.add(position, {
          frames: [{ width: tileWidth, height: tileHeight, data }],
          motionsPixels: [],
        });
      }
      return toFractions(canvas.takeFrame(0, width, height));
    },
    motionAt(time) {
      expectTime(time);
      expectHeld();
      const canvas = new TileCanvas(padded.width, padded.height, plan);
      for (const tile of tiles) {
        canvas.add(tile.position, { frames: [], motionsPixels: [motionOfTile(tile, time)] });
      }
      return canvas.motionsPixels(width, height)[0]!;
    },
    release,
  };
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
