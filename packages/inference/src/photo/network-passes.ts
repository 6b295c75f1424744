import {
  type MotionField,
  type NetworkSession,
  type RestoredSequence,
  restoreInTiles,
  restoreWithMirrorImage,
  type RgbImage,
  type TiledRestoration,
  tileOverlapPixels,
} from '@unblur/restoration';

/** Frames may take so much of the budget before they are made in several passes. */
const framesFraction = 0.6;
/** Of a frame in the making: as floats, or as 16-bit integers where it is put together from tiles. */
const bytesPerFramePixel = { whole: 12, tiled: 6 };
/** With the mirror image there are the frame, its mirror image's, that one turned, and their mean. */
const copiesWhenMirrored = 4;

export interface NetworkPassesOptions {
  /** Height and width of what the network sees are multiples of this. */
  multiple: number;
  /** Of the network. */
  memoryBytesPerPixel: number;
  /** Of the network and the frames it has made. */
  memoryBudgetBytes: number;
  /** Whether every image is restored together with its mirror image. */
  mirrored: boolean;
  /** The session for a size. @param framesBytes what is kept beside it. */
  openSession: (width: number, height: number, framesBytes: number) => Promise<NetworkSession>;
}

export interface PassOptions {
  /** Called with the fraction of the work that is done, 0 to 1. */
  onShare: (share: number) => void;
  signal: AbortSignal | undefined;
  /** What else is kept within the budget meanwhile. */
  keptBytes?: number;
}

/** Passes of a network over an image, in tiles where its memory budget has them. */
export class NetworkPasses {
  readonly #options: NetworkPassesOptions;

  constructor(options: NetworkPassesOptions) {
    this.#options = options;
  }

  /** How many frames of an image fit into the budget at once, or as many of each of several. */
  framesPerPass(...images: RgbImage[]): number {
    const bytes = images.reduce((sum, image) => sum + this.bytesOfFrames(image, 1), 0);
    return Math.floor((this.#options.memoryBudgetBytes * framesFraction) / bytes);
  }

  /** What so many frames of an image take while they are made. */
  bytesOfFrames({ width, height }: { width: number; height: number }, count: number): number {
    const { memoryBudgetBytes, memoryBytesPerPixel, mirrored } = this.#options;
    const pixels = width * height;
    const whole = pixels * memoryBytesPerPixel <= memoryBudgetBytes * (1 - framesFraction);
    return (
      count *
      pixels *
      (whole ? bytesPerFramePixel.whole : bytesPerFramePixel.tiled) *
      (mirrored ? copiesWhenMirrored : 1)
    );
  }

  /** What the network and so many frames take for so many pixels; no more than the budget. */
  neededBytes(pixels: number, frames: number): number {
    const { memoryBudgetBytes, memoryBytesPerPixel } = this.#options;
    return Math.min(memoryBudgetBytes, pixels * (memoryBytesPerPixel + bytesPerFramePixel.tiled * frames));
  }

  /**
   * All of some times at once. @param times as many before the middle as after it, the same, so that a tile
   * can be turned round in time.
   */
  restore(
    image: RgbImage,
    times: readonly number[],
    { onShare, signal, keptBytes = 0 }: PassOptions,
  ): Promise<TiledRestoration> {
    const { memoryBudgetBytes, mirrored, openSession } = this.#options;
    const framesBytes = this.bytesOfFrames(image, times.length) + keptBytes;
    const networkBytes = Math.max(memoryBudgetBytes * (1 - framesFraction), memoryBudgetBytes - framesBytes);
    const restoreTile = async (
      tile: RgbImage,
      { done, total }: { done: number; total: number },
    ): Promise<RestoredSequence> => {
      const session = await openSession(tile.width, tile.height, framesBytes);
      let halves = 0;
      const restoreHalf = (half: RgbImage) => {
        const before = halves++;
        return session.restore(half, times, {
          onShare: (share) => onShare((done + (before + share) / (mirrored ? 2 : 1)) / total),
          signal,
        });
      };
      return mirrored ? restoreWithMirrorImage(tile, restoreHalf) : restoreHalf(tile);
    };
    return restoreInTiles(image, this.#tileLimits(networkBytes), restoreTile, signal);
  }

  /** Where things are at both ends of the exposure. */
  async findMotionsAtEnds(image: RgbImage, signal: AbortSignal | undefined): Promise<MotionField[]> {
    const { memoryBudgetBytes, openSession } = this.#options;
    const ofTile = async (tile: RgbImage): Promise<RestoredSequence> => {
      const session = await openSession(tile.width, tile.height, 0);
      return { frames: [], motionsPixels: await session.findMotions(tile, [-1, 1]) };
    };
    const limits = this.#tileLimits(memoryBudgetBytes);
    return (await restoreInTiles(image, limits, ofTile, signal)).motionsPixels;
  }

  #tileLimits(networkBytes: number) {
    return {
      multiple: this.#options.multiple,
      overlapPixels: tileOverlapPixels,
      maximumPixels: Math.floor(networkBytes / this.#options.memoryBytesPerPixel),
    };
  }
}

interface Pass {
  /** As many before the middle as after it, the same. */
  times: number[];
  /** Indices of those that were asked for. */
  wanted: number[];
}

/**
 * Splits times into passes of at most so many frames (at least two), every time together with its opposite:
 * only then can a tile whose time runs backwards be reversed. Goes from the ends of the exposure to its
 * middle.
 *
 * @param withEnds whether the first pass includes the ends of the exposure even if they are not asked for.
 */
export function planPasses(
  times: readonly number[],
  framesPerPass: number,
  { withEnds }: { withEnds: boolean },
): Pass[] {
  const wanted = new Set(times);
  const lengths = [...new Set([...(withEnds ? [1] : []), ...times.map(Math.abs)])].sort((a, b) => b - a);
  const pairsPerPass = Math.max(1, Math.floor(framesPerPass / 2));
  const passes: Pass[] = [];
  for (let start = 0; start < lengths.length; start += pairsPerPass) {
    const pairs = lengths.slice(start, start + pairsPerPass);
    const inOrder = [...new Set([...pairs.map((time) => 0 - time), ...pairs])].sort((a, b) => a - b);
    passes.push({
      times: inOrder,
      wanted: inOrder.flatMap((time, index) => (wanted.has(time) ? [index] : [])),
    });
  }
  return passes;
}
