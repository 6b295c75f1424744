import { crop, padByReflection, roundUp } from './padding.js';
import type { MotionField } from '../motion-field.js';
import type { DeepImage, RestoredSequence, RgbImage } from '../raster.js';
import { TileCanvas } from './tile-canvas.js';
import { planVisits, type TilePosition } from './tile-visits.js';
import { planTiles, type TileLimits, type TilePlan } from './tile-plan.js';

/**
 * Restores one tile, both sides multiples of the network's multiple: frames of the tile's size, motions on a
 * grid that divides it. It receives how many tiles are done and how many there are.
 */
export type RestoreTile = (
  tile: RgbImage,
  visit: { done: number; total: number },
) => Promise<RestoredSequence>;

/** What was restored of an image of any size. */
export interface TiledRestoration {
  tiles: number;
  /**
   * Puts a frame together and lets go of what it was made from: each can be taken once. One of several tiles is
   * of 16-bit integers.
   */
  takeFrame(index: number): RgbImage | DeepImage;
  motionsPixels: MotionField[];
}

/**
 * Restores an image of any size with a function that takes only some sizes: pads it at the right and bottom
 * edge by mirroring, up to the multiple; cuts it into overlapping tiles of one size if it is too large for
 * one; restores the tiles one after the other, blends and crops.
 *
 * @param signal stops between two tiles; the promise is then rejected with its reason.
 */
export async function restoreInTiles(
  photo: RgbImage,
  limits: TileLimits,
  restoreTile: RestoreTile,
  signal?: AbortSignal,
): Promise<TiledRestoration> {
  const { width, height } = photo;
  const padded = { width: roundUp(width, limits.multiple), height: roundUp(height, limits.multiple) };
  const plan = planTiles(padded.width, padded.height, limits);
  signal?.throwIfAborted();
  if (plan.columns.length * plan.rows.length === 1) {
    const { frames, motionsPixels } = await restoreTile(padByReflection(photo, padded.width, padded.height), {
      done: 0,
      total: 1,
    });
    return {
      tiles: 1,
      takeFrame: (index) =>
        padded.width === width && padded.height === height
          ? frames[index]!
          : { width, height, data: crop(frames[index]!, 3, 0, 0, width, height) },
      motionsPixels: motionsPixels.map(({ stridePixels, ...motion }): MotionField => {
        const size = { width: Math.ceil(width / stridePixels), height: Math.ceil(height / stridePixels) };
        return { ...size, stridePixels, data: crop(motion, 2, 0, 0, size.width, size.height) };
      }),
    };
  }
  const canvas = new TileCanvas(padded.width, padded.height, plan);
  const visits = planVisits(photo, plan);
  for (const [done, position] of visits.entries()) {
    signal?.throwIfAborted();
    canvas.add(position, await restoreTile(cutTile(photo, plan, position), { done, total: visits.length }));
  }
  return {
    tiles: visits.length,
    takeFrame: (index) => canvas.takeFrame(index, width, height),
    motionsPixels: canvas.motionsPixels(width, height),
  };
}

/**
 * A tile of a photograph as it would be if the whole were mirrored up to the multiple: without a padded copy
 * of all of it.
 */
function cutTile(
  photo: RgbImage,
  { tileWidth, tileHeight, columns, rows }: TilePlan,
  { column, row }: TilePosition,
): RgbImage {
  const [left, top] = [columns[column]!, rows[row]!];
  const inside = {
    width: Math.min(tileWidth, photo.width - left),
    height: Math.min(tileHeight, photo.height - top),
  };
  return padByReflection(
    { ...inside, data: crop(photo, 3, left, top, inside.width, inside.height) },
    tileWidth,
    tileHeight,
  );
}
