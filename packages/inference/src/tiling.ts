import { UnblurError } from './unblur-error.js';
import { roundUp } from './padding.js';

/** What neighbouring tiles share; see `featherShares` for how it is used. */
export const tileOverlapPixels = 128;

/** How a padded photograph is cut: every tile is `tileWidth` x `tileHeight`, one for each pair of a column and a row start. */
export interface TilePlan {
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** Left edges, increasing; the first is 0, the last tile ends at the right edge. */
  readonly columns: readonly number[];
  /** Upper edges, likewise. */
  readonly rows: readonly number[];
}

export interface TileLimits {
  /** Tile sizes and positions are multiples of this, so that the network's strides fall on the same grid as for the whole photograph. */
  multiple: number;
  /** Neighbouring tiles share at least this many pixels. */
  overlapPixels: number;
  /** The largest tile that the memory budget allows, in pixels (width * height). */
  maximumPixels: number;
}

/**
 * Cuts a padded photograph (both sides multiples of `multiple`) into tiles of one size, so that one traced graph serves all of
 * them: a single tile when it fits, else the fewest near-square tiles, evenly spread.
 *
 * @throws UnblurError when not even the smallest useful tile fits.
 */
export function planTiles(width: number, height: number, { multiple, overlapPixels, maximumPixels }: TileLimits): TilePlan {
  if (width * height <= maximumPixels) return { tileWidth: width, tileHeight: height, columns: [0], rows: [0] };

  const smallest = roundUp(2 * overlapPixels, multiple) + multiple;
  const roundDown = (value: number) => Math.floor(value / multiple) * multiple;
  const side = roundDown(Math.sqrt(maximumPixels));
  const tileHeight = Math.min(height, Math.max(side, roundDown(maximumPixels / width)));
  const tileWidth = Math.min(width, roundDown(maximumPixels / tileHeight));
  if (tileWidth < Math.min(smallest, width) || tileHeight < Math.min(smallest, height)) {
    throw new UnblurError(
      `The memory budget allows tiles of ${maximumPixels} pixels, but ${smallest}x${smallest} is the smallest that gives seamless results; raise the memory budget at least ${Math.ceil((smallest * smallest) / maximumPixels)}-fold`,
    );
  }
  const columns = spreadTiles(width, tileWidth, multiple, overlapPixels);
  const rows = spreadTiles(height, tileHeight, multiple, overlapPixels);
  return { tileWidth: columns.size, tileHeight: rows.size, columns: columns.starts, rows: rows.starts };
}

/** As few tiles as cover `length`, then as small as that number allows, at even distances. */
function spreadTiles(length: number, largest: number, multiple: number, overlap: number): { size: number; starts: number[] } {
  if (largest >= length) return { size: length, starts: [0] };
  // Positions are rounded to the multiple too, so the overlap must be one for the rounding never to eat into it.
  const plannedOverlap = roundUp(overlap, multiple);
  const count = Math.ceil((length - plannedOverlap) / (largest - plannedOverlap));
  const size = Math.min(largest, roundUp((length + (count - 1) * plannedOverlap) / count, multiple));
  const units = (length - size) / multiple;
  const starts = Array.from({ length: count }, (_, i) => Math.floor((units * i) / (count - 1)) * multiple);
  return { size, starts };
}

/**
 * The share that each tile of one axis has in each of its pixels: 0 in the outer quarter of an overlap, where a tile knows too
 * little of what lies outside it, rising as a half cosine over the middle half, 1 where it is alone. At every place the shares of all
 * tiles add up to 1. Edges of the photograph are not feathered.
 */
export function featherShares(length: number, size: number, starts: readonly number[]): Float32Array[] {
  const raw = starts.map((start, tile) => {
    const previousEnd = tile === 0 ? undefined : starts[tile - 1]! + size;
    const nextStart = starts[tile + 1];
    return Float64Array.from({ length: size }, (_, offset) => {
      const rise = previousEnd === undefined ? 1 : cosineRise(offset, previousEnd - start);
      const fall = nextStart === undefined ? 1 : cosineRise(size - 1 - offset, start + size - nextStart);
      return rise * fall;
    });
  });
  const total = new Float64Array(length);
  raw.forEach((share, tile) => share.forEach((value, offset) => (total[starts[tile]! + offset]! += value)));
  return raw.map((share, tile) => Float32Array.from(share, (value, offset) => value / total[starts[tile]! + offset]!));
}

function cosineRise(distance: number, overlap: number): number {
  const position = (distance + 0.5 - overlap / 4) / (overlap / 2);
  return 0.5 - 0.5 * Math.cos(Math.PI * Math.min(1, Math.max(0, position)));
}
