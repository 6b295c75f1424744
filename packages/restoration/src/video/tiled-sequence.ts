import { clampToDisplay } from '../display-range.js';
import type { RgbImage } from '../raster.js';
import { crop, padByReflection } from '../tiling/padding.js';
import { featherShares, type TilePlan } from '../tiling/tile-plan.js';
import type { VideoCascade } from './video-cascade.js';
import type { OpenVideoNetwork } from './video-network.js';

/**
 * A sequence of frames of one size, of which each tile goes through a cascade of its own; what comes out is
 * blended.
 */
export class TiledSequence {
  /** Buffers that every frame goes through. */
  readonly #padded: RgbImage;
  /**
   * Where the frame lies in it: in the middle, so that what is mirrored, whose motion is too, is as narrow as
   * can be.
   */
  readonly #left: number;
  readonly #top: number;
  readonly #tile: Float32Array;
  readonly #sharp: Float32Array | undefined;
  readonly #tiles: { column: number; row: number; cascade: VideoCascade }[];
  readonly #columnShares: Float32Array[];
  readonly #rowShares: Float32Array[];

  readonly #network: Pick<OpenVideoNetwork, 'release'>;
  readonly #plan: TilePlan;

  /**
   * @param plan of the frames, padded.
   * @param network released with the sequence.
   * @param overwrites every sharp frame is written over the one before it.
   */
  constructor(
    readonly width: number,
    readonly height: number,
    plan: TilePlan,
    network: Pick<OpenVideoNetwork, 'release'>,
    startCascade: () => VideoCascade,
    overwrites: boolean,
  ) {
    this.#network = network;
    this.#plan = plan;
    const [paddedWidth, paddedHeight] = [
      plan.columns.at(-1)! + plan.tileWidth,
      plan.rows.at(-1)! + plan.tileHeight,
    ];
    this.#padded = {
      width: paddedWidth,
      height: paddedHeight,
      data: new Float32Array(paddedWidth * paddedHeight * 3),
    };
    [this.#left, this.#top] = [
      Math.floor((paddedWidth - width) / 2),
      Math.floor((paddedHeight - height) / 2),
    ];
    this.#tile = new Float32Array(plan.tileWidth * plan.tileHeight * 3);
    this.#sharp = overwrites ? new Float32Array(width * height * 3) : undefined;
    this.#tiles = plan.rows.flatMap((_, row) =>
      plan.columns.map((_start, column) => ({ column, row, cascade: startCascade() })),
    );
    this.#columnShares = featherShares(this.#padded.width, plan.tileWidth, plan.columns);
    this.#rowShares = featherShares(this.#padded.height, plan.tileHeight, plan.rows);
  }

  /** @returns the frame `reachOfCascade` before it, sharp, in display range; undefined while the window fills. */
  push(frame: RgbImage): Promise<RgbImage | undefined> {
    const padded = padByReflection(frame, this.#padded.width, this.#padded.height, {
      left: this.#left,
      top: this.#top,
      data: this.#padded.data,
    });
    // A frame that needs no padding is given back itself.
    if (padded === frame) this.#padded.data.set(frame.data);
    return this.#push(({ column, row }) =>
      this.#tiles.length === 1
        ? this.#padded.data
        : crop(
            this.#padded,
            3,
            this.#plan.columns[column]!,
            this.#plan.rows[row]!,
            this.#plan.tileWidth,
            this.#plan.tileHeight,
            this.#tile,
          ),
    );
  }

  /** Pushes the frame that was pushed last, which is not looked at again. */
  pushAgain(): Promise<RgbImage | undefined> {
    return this.#push(() => undefined);
  }

  async #push(
    partIn: (tile: { column: number; row: number }) => Float32Array | undefined,
  ): Promise<RgbImage | undefined> {
    let canvas: Float32Array | undefined;
    for (const tile of this.#tiles) {
      const sharp = await tile.cascade.push(partIn(tile));
      if (!sharp) continue;
      if (this.#tiles.length === 1) return this.#finish(sharp);
      canvas ??= new Float32Array(this.#padded.data.length);
      this.#blend(canvas, sharp, tile.column, tile.row);
    }
    return canvas && this.#finish(canvas);
  }

  /** Begins another sequence. */
  restart(): void {
    for (const { cascade } of this.#tiles) cascade.restart();
  }

  release(): Promise<void> {
    return this.#network.release();
  }

  #blend(canvas: Float32Array, tile: Float32Array, column: number, row: number): void {
    const { tileWidth, tileHeight } = this.#plan;
    for (let y = 0; y < tileHeight; y++) {
      const start = ((this.#plan.rows[row]! + y) * this.#padded.width + this.#plan.columns[column]!) * 3;
      for (let x = 0; x < tileWidth; x++) {
        const share = this.#rowShares[row]![y]! * this.#columnShares[column]![x]!;
        for (let channel = 0; channel < 3; channel++) {
          canvas[start + 3 * x + channel]! += share * tile[(y * tileWidth + x) * 3 + channel]!;
        }
      }
    }
  }

  /** The frame's own part, in display range. */
  #finish(values: Float32Array): RgbImage {
    const data = crop(
      { width: this.#padded.width, data: values },
      3,
      this.#left,
      this.#top,
      this.width,
      this.height,
      this.#sharp,
    );
    return { width: this.width, height: this.height, data: clampToDisplay(data) };
  }
}
