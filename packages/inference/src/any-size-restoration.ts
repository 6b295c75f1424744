import { crop, padByReflection, roundUp } from './padding.js';
import type { RestoredSequence, RgbImage } from './raster.js';
import { TileCanvas } from './tile-canvas.js';
import { planVisits } from './tile-visits.js';
import { planTiles, type TileLimits } from './tiling.js';

/**
 * Restores one tile, both sides multiples of the network's multiple: frames of the tile's size, motions on a grid that divides it.
 * It is told how many tiles are done and how many there are.
 */
export type RestoreTile = (tile: RgbImage, visit: { done: number; total: number }) => Promise<RestoredSequence>;

export interface RestoreProgress {
  /** Called when a tile is done, with how many are and how many there are. */
  onTile?: (done: number, total: number) => void;
  /** Stops between two tiles; `restore` then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Restores an image of any size with a function that takes only some sizes: mirrors it at the right and bottom edge up to the
 * multiple, cuts it into overlapping tiles of one size where it is too large for one, restores tile after tile, blends and crops.
 */
export async function restoreAnySize(photo: RgbImage, limits: TileLimits, restoreTile: RestoreTile, { onTile, signal }: RestoreProgress = {}): Promise<RestoredSequence> {
  const padded = padByReflection(photo, roundUp(photo.width, limits.multiple), roundUp(photo.height, limits.multiple));
  const plan = planTiles(padded.width, padded.height, limits);
  const canvas = new TileCanvas(padded.width, padded.height, plan);
  const visits = planVisits(padded, plan);
  for (const [done, position] of visits.entries()) {
    signal?.throwIfAborted();
    const { tileWidth: width, tileHeight: height } = plan;
    const data = visits.length === 1 ? padded.data : crop(padded, 3, plan.columns[position.column]!, plan.rows[position.row]!, width, height);
    canvas.add(position, await restoreTile({ width, height, data }, { done, total: visits.length }));
    onTile?.(done + 1, visits.length);
  }
  return canvas.finish(photo.width, photo.height);
}
