import { crop, padByReflection, roundUp } from './padding.js';
import type { MotionField, RestoredSequence, RgbImage } from './raster.js';
import { TileCanvas } from './tile-canvas.js';
import { planVisits } from './tile-visits.js';
import { planTiles, type TileLimits } from './tiling.js';

/**
 * Restores one tile, both sides multiples of the network's multiple: frames of the tile's size, motions on a grid that divides it.
 * It is told how many tiles are done and how many there are.
 */
export type RestoreTile = (tile: RgbImage, visit: { done: number; total: number }) => Promise<RestoredSequence>;

/** What was restored of an image of any size. A frame is put together when it is asked for. */
export interface TiledRestoration {
  frame(index: number): RgbImage;
  motionsPixels: MotionField[];
}

/**
 * Restores an image of any size with a function that takes only some sizes: mirrors it at the right and bottom edge up to the
 * multiple, cuts it into overlapping tiles of one size where it is too large for one, restores tile after tile, blends and crops.
 *
 * @param signal stops between two tiles; the promise is then rejected with its reason.
 */
export async function restoreInTiles(photo: RgbImage, limits: TileLimits, restoreTile: RestoreTile, signal?: AbortSignal): Promise<TiledRestoration> {
  const { width, height } = photo;
  const padded = padByReflection(photo, roundUp(width, limits.multiple), roundUp(height, limits.multiple));
  const plan = planTiles(padded.width, padded.height, limits);
  signal?.throwIfAborted();
  if (plan.columns.length * plan.rows.length === 1) {
    const { frames, motionsPixels } = await restoreTile(padded, { done: 0, total: 1 });
    return {
      frame: (index) => (padded === photo ? frames[index]! : { width, height, data: crop(frames[index]!, 3, 0, 0, width, height) }),
      motionsPixels: motionsPixels.map(({ stridePixels, ...motion }): MotionField => {
        const size = { width: Math.ceil(width / stridePixels), height: Math.ceil(height / stridePixels) };
        return { ...size, stridePixels, data: crop(motion, 2, 0, 0, size.width, size.height) };
      }),
    };
  }
  const canvas = new TileCanvas(padded.width, padded.height, plan);
  const visits = planVisits(padded, plan);
  for (const [done, position] of visits.entries()) {
    signal?.throwIfAborted();
    const { tileWidth, tileHeight } = plan;
    const data = crop(padded, 3, plan.columns[position.column]!, plan.rows[position.row]!, tileWidth, tileHeight);
    canvas.add(position, await restoreTile({ width: tileWidth, height: tileHeight, data }, { done, total: visits.length }));
  }
  return { frame: (index) => canvas.frame(index, width, height), motionsPixels: canvas.motionsPixels(width, height) };
}
