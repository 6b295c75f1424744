import { BoxMean } from './box-mean.js';

/** Brightness in [0, 1] at one level of a frame, row by row. */
export interface Plane {
  width: number;
  height: number;
  data: Float32Array;
}

/** Displacements (dx, dy) in pixels of their own level, row by row. */
export interface Flow {
  dx: Float32Array;
  dy: Float32Array;
}

/** Levels below this size show no motion that the one above does not. */
const leastSidePixels = 8;
const mostLevels = 5;
/** Steps at every level but the finest, which takes one. */
const iterations = 2;
/** A motion is sought that squares of 2 * 6 + 1 pixels share, and made even in squares of 2 * 4 + 1. */
const [windowRadiusPixels, evenRadiusPixels] = [6, 4];
/** Added to squared gradients: where a window shows nothing, the motion of those around it stays. */
const damping = 1e-4;
/** A step beyond this is not what a linear model of the image can tell. */
const longestStepPixels = 1;

/** A picture and its halves, finest first. */
export function pyramidOf(finest: Plane): Plane[] {
  const levels = [finest];
  while (levels.length < mostLevels) {
    const { width, height, data } = levels.at(-1)!;
    const [halfWidth, halfHeight] = [width >> 1, height >> 1];
    if (Math.min(halfWidth, halfHeight) < leastSidePixels) break;
    const half = new Float32Array(halfWidth * halfHeight);
    for (let y = 0, place = 0; y < halfHeight; y++) {
      for (let x = 0; x < halfWidth; x++, place++) {
        const from = 2 * y * width + 2 * x;
        half[place] = (data[from]! + data[from + 1]! + data[from + width]! + data[from + width + 1]!) / 4;
      }
    }
    levels.push({ width: halfWidth, height: halfHeight, data: half });
  }
  return levels;
}

/**
 * Motion between pictures of one size, without anything learned: Lucas and Kanade 1981, from coarse to fine, with
 * the mean of both pictures' gradients; after every step the motion is averaged in windows, so that it goes on
 * evenly where little is seen.
 */
export class DenseFlow {
  readonly #levels: FlowLevel[];

  /** @param pyramid one of the size that all have. */
  constructor(pyramid: readonly Plane[]) {
    this.#levels = pyramid.map(({ width, height }) => new FlowLevel(width, height));
  }

  /**
   * @param first, second pyramids.
   * @returns at the finest level: `first(p)` shows what `second(p + flow(p))` shows.
   */
  between(first: readonly Plane[], second: readonly Plane[]): Flow {
    let flow: Flow | undefined;
    for (let index = this.#levels.length - 1; index >= 0; index--) {
      const level = this.#levels[index]!;
      const above = this.#levels[index + 1];
      flow = flow && above ? level.enlarged(flow, above) : level.still();
      for (let iteration = index === 0 ? 1 : iterations; iteration > 0; iteration--) {
        level.improve(flow, first[index]!.data, second[index]!.data);
      }
    }
    return flow!;
  }
}

/** One level of the search, with the room that it takes. */
class FlowLevel {
  readonly #both: Float32Array;
  readonly #difference: Float32Array;
  readonly #visible: Uint8Array;
  /** Of the gradients along x and y with each other, and of both with the difference. */
  readonly #products: readonly [
    xx: Float32Array,
    xy: Float32Array,
    yy: Float32Array,
    xt: Float32Array,
    yt: Float32Array,
  ];
  readonly #window: BoxMean;
  readonly #even: BoxMean;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    const plane = () => new Float32Array(width * height);
    [this.#both, this.#difference, this.#visible] = [plane(), plane(), new Uint8Array(width * height)];
    this.#products = [plane(), plane(), plane(), plane(), plane()];
    this.#window = new BoxMean(width, height, windowRadiusPixels);
    this.#even = new BoxMean(width, height, evenRadiusPixels);
  }

  still(): Flow {
    const pixels = this.width * this.height;
    return { dx: new Float32Array(pixels), dy: new Float32Array(pixels) };
  }

  enlarged(flow: Flow, above: { width: number; height: number }): Flow {
    const larger = this.still();
    for (let y = 0, place = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++, place++) {
        const [column, row] = [(x - 0.5) / 2, (y - 0.5) / 2];
        larger.dx[place] = 2 * sampleAt(flow.dx, above.width, above.height, column, row);
        larger.dy[place] = 2 * sampleAt(flow.dy, above.width, above.height, column, row);
      }
    }
    return larger;
  }

  /** One Gauss-Newton step of the squared differences in the window around every pixel, in place. */
  improve({ dx, dy }: Flow, first: Float32Array, second: Float32Array): void {
    this.#compare(dx, dy, first, second);
    this.#multiply();
    for (const product of this.#products) this.#window.apply(product);
    const [xx, xy, yy, xt, yt] = this.#products;
    const within = (step: number) => Math.min(Math.max(step, -longestStepPixels), longestStepPixels);
    for (let place = 0; place < dx.length; place++) {
      const [a, b, c] = [xx[place]! + damping, xy[place]!, yy[place]! + damping];
      const determinant = a * c - b * b;
      dx[place]! += within((b * yt[place]! - c * xt[place]!) / determinant);
      dy[place]! += within((b * xt[place]! - a * yt[place]!) / determinant);
    }
    this.#even.apply(dx);
    this.#even.apply(dy);
  }

  /** The mean and the difference of the pictures where the second shows what the first does. */
  #compare(dx: Float32Array, dy: Float32Array, first: Float32Array, second: Float32Array): void {
    const { width, height } = this;
    for (let y = 0, place = 0; y < height; y++) {
      for (let x = 0; x < width; x++, place++) {
        const [column, row] = [x + dx[place]!, y + dy[place]!];
        const warped = sampleAt(second, width, height, column, row);
        this.#both[place] = (first[place]! + warped) / 2;
        this.#difference[place] = warped - first[place]!;
        this.#visible[place] = Number(column >= 0 && row >= 0 && column <= width - 1 && row <= height - 1);
      }
    }
  }

  /** The products of gradients and differences; none of what the second picture does not show. */
  #multiply(): void {
    const { width, height } = this;
    const [both, difference, visible] = [this.#both, this.#difference, this.#visible];
    const [xx, xy, yy, xt, yt] = this.#products;
    for (let y = 0, place = 0; y < height; y++) {
      const [up, down] = [y > 0 ? width : 0, y < height - 1 ? width : 0];
      for (let x = 0; x < width; x++, place++) {
        const seen = visible[place]!;
        const alongX =
          (seen * (both[x < width - 1 ? place + 1 : place]! - both[x > 0 ? place - 1 : place]!)) / 2;
        const alongY = (seen * (both[place + down]! - both[place - up]!)) / 2;
        xx[place] = alongX * alongX;
        xy[place] = alongX * alongY;
        yy[place] = alongY * alongY;
        xt[place] = alongX * difference[place]!;
        yt[place] = alongY * difference[place]!;
      }
    }
  }
}

/** The value of a plane between its pixels; beyond the edge it goes on as it ends. */
export function sampleAt(
  plane: Float32Array,
  width: number,
  height: number,
  column: number,
  row: number,
): number {
  const x = Math.min(Math.max(column, 0), width - 1);
  const y = Math.min(Math.max(row, 0), height - 1);
  const left = x | 0;
  const top = y | 0;
  const right = left < width - 1 ? 1 : 0;
  const upper = top * width + left;
  const lower = top < height - 1 ? upper + width : upper;
  const alongX = x - left;
  const above = plane[upper]! + alongX * (plane[upper + right]! - plane[upper]!);
  const below = plane[lower]! + alongX * (plane[lower + right]! - plane[lower]!);
  return above + (y - top) * (below - above);
}
