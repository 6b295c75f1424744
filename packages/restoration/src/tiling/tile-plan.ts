import { UnblurError } from '@unblur/files/file-error';
import { roundUp } from './padding.js';

/**
 * What neighbouring tiles share; see `featherShares` for how it is used. From 24 to 100 pixels from its edge
 * a tile of the photo network differs from the whole photograph by the same 0.6 levels of 255 (rms), at 8 by
 * 2.9: sharing twice as much costs more and changes nothing, since there are more tiles then.
 */
export const tileOverlapPixels = 64;

/**
 * How a padded photograph is cut: every tile is `tileWidth` x `tileHeight`, one for each pair of a column and
 * a row start.
 */
export interface TilePlan {
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** Left edges, increasing; the first is 0, the last tile ends at the right edge. */
  readonly columns: readonly number[];
  /** Upper edges, likewise. */
  readonly rows: readonly number[];
}

export interface TileLimits {
  /**
   * Tile sizes and positions are multiples of this, so that the network's strides fall on the same grid as
   * for the whole photograph.
   */
  multiple: number;
  /** Neighbouring tiles share at least this many pixels. */
  overlapPixels: number;
  /** The largest tile that is allowed, in pixels (width * height). */
  maximumPixels: number;
  /** What a user raises where that is too few: the memory budget (default), or the number itself. */
  limitedBy?: 'memory budget' | 'maximumPixels';
}

/**
 * Cuts a padded photograph (both sides multiples of `multiple`) into tiles of one size, so that one traced
 * graph serves all of them: a single tile when it fits, else those that together have the fewest pixels,
 * evenly spread.
 *
 * @throws UnblurError when not even the smallest useful tile fits.
 */
export function planTiles(
  width: number,
  height: number,
  { multiple, overlapPixels, maximumPixels, limitedBy = 'memory budget' }: TileLimits,
): TilePlan {
  // Positions are rounded to the multiple too, so the overlap must be one for the rounding never to eat into
  // it.
  const overlap = roundUp(overlapPixels, multiple);
  const smallest = 2 * overlap + multiple;
  let best: { columns: Spread; rows: Spread; pixels: number } | undefined;
  const [allColumns, allRows] = [
    spreadsOf(width, smallest, multiple, overlap),
    spreadsOf(height, smallest, multiple, overlap),
  ];
  for (const columns of allColumns) {
    const rows = allRows.find(({ size }) => columns.size * size <= maximumPixels);
    if (rows === undefined) continue;
    const pixels = columns.size * columns.starts.length * rows.size * rows.starts.length;
    if (best === undefined || pixels < best.pixels) best = { columns, rows, pixels };
  }
  if (best === undefined) {
    const [leastWidth, leastHeight] = [allColumns.at(-1)!.size, allRows.at(-1)!.size];
    const leastPixels = leastWidth * leastHeight;
    const allowed = `allows tiles of ${maximumPixels} pixels, but ${leastWidth}x${leastHeight} is the smallest that gives seamless results`;
    throw new UnblurError(
      limitedBy === 'maximumPixels'
        ? `maximumPixels ${allowed}; raise it to ${leastPixels} or more`
        : `The memory budget ${allowed}; raise the memory budget at least ${Math.ceil(leastPixels / Math.max(1, maximumPixels))}-fold`,
    );
  }
  const { columns, rows } = best;
  return { tileWidth: columns.size, tileHeight: rows.size, columns: columns.starts, rows: rows.starts };
}

/** Tiles along one axis: how long each is, and where each begins. */
interface Spread {
  size: number;
  starts: number[];
}

/**
 * A single tile, two, three ... at even distances, each as small as their number allows and none smaller than
 * `smallest`.
 */
function spreadsOf(length: number, smallest: number, multiple: number, overlap: number): Spread[] {
  const spreads: Spread[] = [{ size: length, starts: [0] }];
  for (let count = 2; ; count++) {
    const size = roundUp((length + (count - 1) * overlap) / count, multiple);
    if (size < smallest || size >= length) return spreads;
    const units = (length - size) / multiple;
    spreads.push({
      size,
      starts: Array.from({ length: count }, (_, i) => Math.floor((units * i) / (count - 1)) * multiple),
    });
  }
}

/**
 * The share that each tile of one axis has in each of its pixels: 0 in the outer quarter of an overlap, where
 * a tile knows too little of what lies outside it, rising as a half cosine over the middle half, 1 where it
 * is alone. At every place the shares of all tiles add up to 1. Edges of the photograph are not feathered.
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
  return raw.map((share, tile) =>
    Float32Array.from(share, (value, offset) => value / total[starts[tile]! + offset]!),
  );
}

function cosineRise(distance: number, overlap: number): number {
  const position = (distance + 0.5 - overlap / 4) / (overlap / 2);
  return 0.5 - 0.5 * Math.cos(Math.PI * Math.min(1, Math.max(0, position)));
}
