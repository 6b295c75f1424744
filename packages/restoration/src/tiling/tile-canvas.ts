import { crop } from './padding.js';
import type { MotionField } from '../motion-field.js';
import type { DeepImage, RestoredSequence } from '../raster.js';
import type { TilePosition } from './tile-visits.js';
import { featherShares, type TilePlan } from './tile-plan.js';
import { inNearerOrder } from '../time-order.js';

const peakLevel = 65535;

/**
 * Collects restored tiles into whole frames and motions, each pixel the average of its tiles weighted by
 * their feather shares. Frames are held as 16-bit integers, a sixth of what floats and their sums would take
 * for a large photograph.
 */
export class TileCanvas {
  #frames: Uint16Array[] = [];
  #motions: Float32Array[] = [];
  #motionStrides: number[] = [];
  /** How much of each pixel the tiles so far have filled, 0 to 1, by the stride of a grid. */
  readonly #filled = new Map<number, Float32Array>();
  readonly #columnShares: Float32Array[];
  readonly #rowShares: Float32Array[];

  readonly #plan: TilePlan;
  readonly #height: number;
  readonly #width: number;
  /** Frames are compared at every second pixel of every second row, where tiles lie on such a grid. */
  readonly #frameComparisonStride: number;
  constructor(width: number, height: number, plan: TilePlan) {
    this.#plan = plan;
    this.#height = height;
    this.#width = width;
    this.#columnShares = featherShares(width, plan.tileWidth, plan.columns);
    this.#rowShares = featherShares(height, plan.tileHeight, plan.rows);
    const places = [width, height, plan.tileWidth, plan.tileHeight, ...plan.columns, ...plan.rows];
    this.#frameComparisonStride = places.every((place) => place % 2 === 0) ? 2 : 1;
  }

  /**
   * Adds a tile, reversed in time where that fits what is already there better. Its times, reversed, must be
   * its times negated.
   */
  add(position: TilePosition, tile: RestoredSequence): void {
    if (this.#filled.size === 0) this.#allocate(tile);
    const { frames, motionsPixels } = inNearerOrder(tile, (candidate) => this.#distance(position, candidate));
    frames.forEach((frame, i) => this.#blendFrame(this.#frames[i]!, frame.data, position));
    motionsPixels.forEach((motion, i) =>
      this.#blend(this.#motions[i]!, motion.data, 2, motion.stridePixels, position),
    );
    for (const [stride, filled] of this.#filled) {
      this.#blend(
        filled,
        new Float32Array((this.#plan.tileWidth * this.#plan.tileHeight) / stride ** 2).fill(1),
        1,
        stride,
        position,
      );
    }
  }

  /** The upper left `width` x `height` photo pixels of one frame, which the canvas then holds no longer. */
  takeFrame(index: number, width: number, height: number): DeepImage {
    const values = this.#frames[index]!;
    this.#frames[index] = new Uint16Array();
    const [rowLength, canvasRowLength] = [width * 3, this.#width * 3];
    if (rowLength === canvasRowLength) return { width, height, data: values.subarray(0, height * rowLength) };
    const data = new Uint16Array(height * rowLength);
    for (let y = 0; y < height; y++) {
      data.set(values.subarray(y * canvasRowLength, y * canvasRowLength + rowLength), y * rowLength);
    }
    return { width, height, data };
  }

  /** The motions of the upper left `width` x `height` photo pixels. */
  motionsPixels(width: number, height: number): MotionField[] {
    return this.#motions.map((data, i): MotionField => {
      const stridePixels = this.#motionStrides[i]!;
      const size = { width: Math.ceil(width / stridePixels), height: Math.ceil(height / stridePixels) };
      return {
        ...size,
        stridePixels,
        data: crop({ width: this.#width / stridePixels, data }, 2, 0, 0, size.width, size.height),
      };
    });
  }

  #allocate({ frames, motionsPixels }: RestoredSequence): void {
    this.#frames = frames.map(() => new Uint16Array(this.#width * this.#height * 3));
    this.#motionStrides = motionsPixels.map(({ stridePixels }) => stridePixels);
    this.#motions = this.#motionStrides.map(
      (stride) => new Float32Array((this.#width / stride) * (this.#height / stride) * 2),
    );
    for (const stride of new Set([...this.#motionStrides, this.#frameComparisonStride])) {
      this.#filled.set(stride, new Float32Array((this.#width / stride) * (this.#height / stride)));
    }
  }

  /**
   * How far a tile is from what the canvas already holds at its place: by its motions, or by its frames where
   * it has none.
   */
  #distance(position: TilePosition, { frames, motionsPixels }: RestoredSequence): number {
    const moves = motionsPixels.some(({ data }) => data.some((value) => value !== 0));
    if (moves) {
      return motionsPixels.reduce(
        (sum, { data, stridePixels }, i) =>
          sum + this.#difference(position, stridePixels, 2, 1, this.#motions[i]!, data),
        0,
      );
    }
    const stride = this.#frameComparisonStride;
    return frames.reduce(
      (sum, { data }, i) =>
        sum + this.#difference(position, stride, 3, stride, this.#frames[i]!, data, peakLevel),
      0,
    );
  }

  /**
   * The summed absolute difference between a tile's values and the canvas's, as far as that is filled, on a
   * grid of `stride` pixels.
   * @param step of values to the next cell of the grid: 1 where the values are on that grid, `stride` where
   * they are the pixels.
   */
  #difference(
    { column, row }: TilePosition,
    stride: number,
    channels: number,
    step: number,
    canvas: Float32Array | Uint16Array,
    tile: Float32Array,
    peak = 1,
  ): number {
    const filled = this.#filled.get(stride)!;
    const [left, top] = [this.#plan.columns[column]! / stride, this.#plan.rows[row]! / stride];
    const [columns, rows] = [this.#plan.tileWidth / stride, this.#plan.tileHeight / stride];
    const canvasColumns = this.#width / stride;
    let sum = 0;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const share = filled[(top + y) * canvasColumns + left + x]!;
        if (share === 0) continue;
        const onCanvas = ((top + y) * step * canvasColumns * step + (left + x) * step) * channels;
        const onTile = (y * step * columns * step + x * step) * channels;
        for (let channel = 0; channel < channels; channel++) {
          sum += Math.abs(canvas[onCanvas + channel]! / peak - share * tile[onTile + channel]!);
        }
      }
    }
    return sum;
  }

  #blendFrame(canvas: Uint16Array, tile: Float32Array, { column, row }: TilePosition): void {
    const [columnShare, rowShare] = [this.#columnShares[column]!, this.#rowShares[row]!];
    const [left, top] = [this.#plan.columns[column]!, this.#plan.rows[row]!];
    const columns = columnShare.length;
    for (let y = 0; y < rowShare.length; y++) {
      let to = ((top + y) * this.#width + left) * 3;
      let from = y * columns * 3;
      const rowPeak = rowShare[y]! * peakLevel;
      for (let x = 0; x < columns; x++, to += 3, from += 3) {
        const peak = rowPeak * columnShare[x]!;
        if (peak === 0) continue;
        canvas[to] = Math.min(peakLevel, canvas[to]! + peak * tile[from]! + 0.5);
        canvas[to + 1] = Math.min(peakLevel, canvas[to + 1]! + peak * tile[from + 1]! + 0.5);
        canvas[to + 2] = Math.min(peakLevel, canvas[to + 2]! + peak * tile[from + 2]! + 0.5);
      }
    }
  }

  /** Adds a tile's values times their shares; on a coarser grid a cell's share is the mean over its block. */
  #blend(
    canvas: Float32Array,
    tile: Float32Array,
    channels: number,
    stride: number,
    { column, row }: TilePosition,
  ): void {
    const columnShare = coarsen(this.#columnShares[column]!, stride);
    const rowShare = coarsen(this.#rowShares[row]!, stride);
    const canvasWidth = this.#width / stride;
    const left = this.#plan.columns[column]! / stride;
    const top = this.#plan.rows[row]! / stride;
    for (let y = 0; y < rowShare.length; y++) {
      for (let x = 0; x < columnShare.length; x++) {
        const share = rowShare[y]! * columnShare[x]!;
        if (share === 0) continue;
        const to = ((top + y) * canvasWidth + left + x) * channels;
        const from = (y * columnShare.length + x) * channels;
        for (let channel = 0; channel < channels; channel++) {
          canvas[to + channel]! += share * tile[from + channel]!;
        }
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
