import { crop } from './padding.js';
import type { MotionField, RestoredSequence, RgbImage } from './raster.js';
import type { TilePosition } from './tile-visits.js';
import { featherShares, type TilePlan } from './tiling.js';
import { inNearerOrder } from './time-order.js';

/** Collects restored tiles into whole frames and motions, each pixel the average of its tiles weighted by their feather shares. */
export class TileCanvas {
  private frames: Float32Array[] = [];
  private motions: Float32Array[] = [];
  private motionStrides: number[] = [];
  /** How much of each pixel the tiles so far have filled, 0 to 1. */
  private readonly filled: Float32Array;
  private readonly columnShares: Float32Array[];
  private readonly rowShares: Float32Array[];

  constructor(
    private readonly width: number,
    private readonly height: number,
    private readonly plan: TilePlan,
  ) {
    this.filled = new Float32Array(width * height);
    this.columnShares = featherShares(width, plan.tileWidth, plan.columns);
    this.rowShares = featherShares(height, plan.tileHeight, plan.rows);
  }

  /**
   * Adds a tile, reversed in time where that fits what is already there better.
   */
  add(position: TilePosition, tile: RestoredSequence): void {
    if (this.frames.length === 0) this.allocate(tile);
    const { frames, motionsPixels } = inNearerOrder(tile, (candidates) => this.distance(position, candidates));
    frames.forEach((frame, i) => this.blend(this.frames[i]!, frame.data, 3, 1, position));
    motionsPixels.forEach((motion, i) => this.blend(this.motions[i]!, motion.data, 2, motion.stridePixels, position));
    this.blend(this.filled, new Float32Array(this.plan.tileWidth * this.plan.tileHeight).fill(1), 1, 1, position);
  }

  /** The upper left `width` x `height` photo pixels of what the tiles gave. */
  finish(width: number, height: number): RestoredSequence {
    const fits = this.width === width && this.height === height;
    return {
      frames: this.frames.map((data): RgbImage => ({ width, height, data: fits ? data : crop({ width: this.width, data }, 3, 0, 0, width, height) })),
      motionsPixels: this.motions.map((data, i): MotionField => {
        const stridePixels = this.motionStrides[i]!;
        const size = { width: Math.ceil(width / stridePixels), height: Math.ceil(height / stridePixels) };
        return { ...size, stridePixels, data: crop({ width: this.width / stridePixels, data }, 2, 0, 0, size.width, size.height) };
      }),
    };
  }

  private allocate({ frames, motionsPixels }: RestoredSequence): void {
    this.frames = frames.map(() => new Float32Array(this.width * this.height * 3));
    this.motionStrides = motionsPixels.map(({ stridePixels }) => stridePixels);
    this.motions = this.motionStrides.map((stride) => new Float32Array((this.width / stride) * (this.height / stride) * 2));
  }

  /** The summed absolute difference between frames of a tile and what the canvas already holds at its place. */
  private distance({ column, row }: TilePosition, frames: readonly RgbImage[]): number {
    const { tileWidth, tileHeight } = this.plan;
    let sum = 0;
    for (let y = 0; y < tileHeight; y++) {
      const canvasStart = (this.plan.rows[row]! + y) * this.width + this.plan.columns[column]!;
      for (let x = 0; x < tileWidth; x++) {
        const filled = this.filled[canvasStart + x]!;
        if (filled === 0) continue;
        for (let frame = 0; frame < frames.length; frame++) {
          const canvas = this.frames[frame]!;
          const data = frames[frame]!.data;
          for (let channel = 0; channel < 3; channel++) {
            sum += Math.abs(canvas[(canvasStart + x) * 3 + channel]! - filled * data[(y * tileWidth + x) * 3 + channel]!);
          }
        }
      }
    }
    return sum;
  }

  /** Adds a tile's values times their shares; on a coarser grid a cell's share is the mean over its block. */
  private blend(canvas: Float32Array, tile: Float32Array, channels: number, stride: number, { column, row }: TilePosition): void {
    const columnShare = coarsen(this.columnShares[column]!, stride);
    const rowShare = coarsen(this.rowShares[row]!, stride);
    const canvasWidth = this.width / stride;
    const left = this.plan.columns[column]! / stride;
    const top = this.plan.rows[row]! / stride;
    for (let y = 0; y < rowShare.length; y++) {
      for (let x = 0; x < columnShare.length; x++) {
        const share = rowShare[y]! * columnShare[x]!;
        if (share === 0) continue;
        const to = ((top + y) * canvasWidth + left + x) * channels;
        const from = (y * columnShare.length + x) * channels;
        for (let channel = 0; channel < channels; channel++) canvas[to + channel]! += share * tile[from + channel]!;
      }
    }
  }
}

function coarsen(shares: Float32Array, stride: number): Float32Array {
  if (stride === 1) return shares;
  return Float32Array.from({ length: shares.length / stride }, (_, cell) => {
    let sum = 0;
    for (let i = 0; i < stride; i++) sum += shares[cell * stride + i]!;
    return sum / stride;
  });
}
