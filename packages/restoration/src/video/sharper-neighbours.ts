import type { RgbImage } from '../raster.js';
import { BoxMean } from './box-mean.js';
import { DenseFlow, pyramidOf, sampleAt, type Flow, type Plane } from './dense-flow.js';

/** How many frames on either side a frame can take detail from, and from how many of them it does. */
export const neighbourReach = 5;
const mostNeighbours = 3;

/** A neighbour's share is so many times the ratio by which its squared gradients exceed the frame's, up to the most. */
const [shareOfRatio, mostShare] = [2, 5];
/** Where motion to a neighbour and back misses by this many pixels, its share is 1/e. */
const wayBackPixels = 0.5;
/** Where the frames differ, softened, by this part of the neighbour's gradients, its share is 1/e. */
const agreement = 0.3;
/** A frame that its restoration has changed by less, in display values, was sharp and takes little of others. */
const changeOfBlurred = 7 / 255;
/** What counts as no gradient, squared. */
const leastEnergy = 0.5 / 255 ** 2;
/** Shares below this are not worth a look at the neighbour. */
const leastShare = 1e-3;
/** A neighbour whose mean share, were it shown in the same place, is below this is not worth finding motion for. */
const leastMeanShare = 0.1;
/** That mean is over every so many rows; over whole ones, so that mirrored frames choose the same. */
const rowStep = 8;
/** Planes have half a frame's width and height, or its own where it has so few pixels that half shows too little. */
const fewPixels = 320 * 240;
/** Of squares of pixels of planes: in which sharpness and change are means, and differences softened. */
const [surroundingsRadius, softeningRadius] = [3, 2];

/** Bytes that are kept for each pixel of a frame; for each of few pixels half as much again. */
export const neighbourBytesPerPixel = 220;

/** What is kept of a frame. */
interface DescribedFrame {
  /** The frame restored: `height * width * 3` values in [0, 1]. */
  sharp: Float32Array;
  brightness: Plane[];
  /** Squared gradients of the frame as it was recorded, and how far restoring has changed it; both softened. */
  energy: Float32Array;
  change: Float32Array;
}

/**
 * Restored frames of a shot, each of which takes detail from sharper neighbours: while a hand shakes, now and
 * then a frame is recorded at a turning point of the motion, and is sharper than any network can make its
 * neighbours (Cho, Wang and Lee 2012; the idea behind the sharpness prior of Pan et al. 2020, Eq. 10). How
 * far a neighbour is trusted depends on the ratio of the recorded frames' gradients, on whether motion there
 * and back ends where it began, and on whether both frames, softened, look alike. Nothing is learned.
 */
export class SharperNeighbours {
  readonly #width: number;
  readonly #height: number;
  /** How many pixels of a frame one pixel of a plane covers along x and y. */
  readonly #reduction: 1 | 2;
  readonly #planeWidth: number;
  readonly #planeHeight: number;
  /** From the oldest that is still looked at. */
  #frames: DescribedFrame[] = [];
  /** Place of the frame that comes next. */
  #next = 0;
  #flow: DenseFlow | undefined;
  readonly #surroundings: BoxMean;
  readonly #softening: BoxMean;
  readonly #brightness: Float32Array;
  readonly #share: Float32Array;
  readonly #difference: Float32Array;
  readonly #wayBack: Float32Array;
  readonly #sum: Float32Array;
  readonly #shares: Float32Array;
  readonly #overwrites: boolean;

  /** @param overwrites every frame is written over the one before it. */
  constructor(width: number, height: number, overwrites: boolean) {
    [this.#width, this.#height, this.#overwrites] = [width, height, overwrites];
    this.#reduction = width * height > fewPixels ? 2 : 1;
    this.#planeWidth = Math.floor(width / this.#reduction);
    this.#planeHeight = Math.floor(height / this.#reduction);
    const plane = () => new Float32Array(this.#planeWidth * this.#planeHeight);
    this.#surroundings = new BoxMean(this.#planeWidth, this.#planeHeight, surroundingsRadius);
    this.#softening = new BoxMean(this.#planeWidth, this.#planeHeight, softeningRadius);
    [this.#share, this.#difference, this.#wayBack] = [plane(), plane(), plane()];
    this.#brightness = new Float32Array(width * height);
    this.#shares = new Float32Array(width * height);
    this.#sum = new Float32Array(width * height * 3);
  }

  /** Begins another shot. */
  restart(): void {
    [this.#frames, this.#next] = [[], 0];
  }

  /**
   * @param recorded, sharp the next frame and what it was restored to, `height * width * 3` values in [0, 1].
   * @returns the frame `neighbourReach` before it, where there is one.
   */
  push(recorded: Float32Array, sharp: Float32Array): RgbImage | undefined {
    this.#frames.push(this.#describe(recorded, sharp));
    return this.#frames.length - this.#next > neighbourReach ? this.#finishNext() : undefined;
  }

  /** @returns the next frame when no more will be pushed; nothing after the last. */
  pull(): RgbImage | undefined {
    return this.#next < this.#frames.length ? this.#finishNext() : undefined;
  }

  #describe(recorded: Float32Array, sharp: Float32Array): DescribedFrame {
    const [width, height, reduction] = [this.#planeWidth, this.#planeHeight, this.#reduction];
    const brightness = new Float32Array(width * height);
    const change = new Float32Array(width * height);
    const values = 3 * reduction * reduction;
    for (let y = 0, place = 0; y < height; y++) {
      for (let x = 0; x < width; x++, place++) {
        let [sum, difference] = [0, 0];
        for (let row = 0; row < reduction; row++) {
          const start = 3 * reduction * x + 3 * (reduction * y + row) * this.#width;
          for (let value = start; value < start + 3 * reduction; value++) {
            sum += sharp[value]!;
            difference += Math.abs(sharp[value]! - recorded[value]!);
          }
        }
        brightness[place] = sum / values;
        change[place] = difference / values;
      }
    }
    return {
      sharp: sharp.slice(),
      brightness: pyramidOf({ width, height, data: brightness }),
      energy: this.#surroundings.apply(this.#squaredGradients(recorded)),
      change: this.#surroundings.apply(change),
    };
  }

  /** Of brightness, by Sobel's filters, at the size of planes. */
  #squaredGradients(image: Float32Array): Float32Array {
    const [width, height, brightness, reduction] = [
      this.#width,
      this.#height,
      this.#brightness,
      this.#reduction,
    ];
    for (let place = 0; place < brightness.length; place++) {
      brightness[place] = (image[3 * place]! + image[3 * place + 1]! + image[3 * place + 2]!) / 3;
    }
    const squares = new Float32Array(this.#planeWidth * this.#planeHeight);
    for (let y = 0; y < reduction * this.#planeHeight; y++) {
      const start = Math.floor(y / reduction) * this.#planeWidth;
      const [above, at, below] = [Math.max(y - 1, 0) * width, y * width, Math.min(y + 1, height - 1) * width];
      for (let x = 0; x < reduction * this.#planeWidth; x++) {
        const [left, right] = [Math.max(x - 1, 0), Math.min(x + 1, width - 1)];
        const upper = [brightness[above + left]!, brightness[above + right]!] as const;
        const lower = [brightness[below + left]!, brightness[below + right]!] as const;
        const alongX =
          upper[1] +
          2 * brightness[at + right]! +
          lower[1] -
          upper[0] -
          2 * brightness[at + left]! -
          lower[0];
        const alongY =
          lower[0] + 2 * brightness[below + x]! + lower[1] - upper[0] - 2 * brightness[above + x]! - upper[1];
        squares[start + Math.floor(x / reduction)]! +=
          (alongX * alongX + alongY * alongY) / (64 * reduction * reduction);
      }
    }
    return squares;
  }

  #finishNext(): RgbImage {
    const frame = this.#frames[this.#next]!;
    this.#sum.fill(0);
    this.#shares.fill(0);
    this.#flow ??= new DenseFlow(frame.brightness);
    for (const neighbour of this.#chooseNeighbours(frame)) {
      const flow = this.#flow.between(frame.brightness, neighbour.brightness);
      const wayBack = this.#flow.between(neighbour.brightness, frame.brightness);
      this.#findShares(frame, neighbour, flow, wayBack);
      this.#add(neighbour.sharp, flow);
    }
    const data = this.#overwrites ? this.#sum : new Float32Array(this.#sum.length);
    for (let pixel = 0, place = 0; pixel < this.#shares.length; pixel++) {
      const whole = 1 + this.#shares[pixel]!;
      for (let channel = 0; channel < 3; channel++, place++) {
        data[place] = (frame.sharp[place]! + this.#sum[place]!) / whole;
      }
    }
    if (this.#next === neighbourReach) this.#frames.shift();
    else this.#next += 1;
    return { width: this.#width, height: this.#height, data };
  }

  /** Those that were recorded most sharply, as far as can be told without knowing motion. */
  #chooseNeighbours(frame: DescribedFrame): DescribedFrame[] {
    return this.#frames
      .filter((neighbour) => neighbour !== frame)
      .map((neighbour) => ({ neighbour, meanShare: this.#meanShareInPlace(frame, neighbour) }))
      .filter(({ meanShare }) => meanShare >= leastMeanShare)
      .sort((a, b) => b.meanShare - a.meanShare)
      .slice(0, mostNeighbours)
      .map(({ neighbour }) => neighbour);
  }

  #meanShareInPlace(frame: DescribedFrame, neighbour: DescribedFrame): number {
    let [sum, count] = [0, 0];
    for (let y = rowStep >> 1; y < this.#planeHeight; y += rowStep) {
      for (let x = 0; x < this.#planeWidth; x++, count++) {
        const place = y * this.#planeWidth + x;
        sum += shareBySharpness(neighbour.energy[place]!, frame.energy[place]!, frame.change[place]!);
      }
    }
    return count === 0 ? 0 : sum / count;
  }

  /** The share of a neighbour at every pixel of planes. */
  #findShares(frame: DescribedFrame, neighbour: DescribedFrame, flow: Flow, wayBack: Flow): void {
    const [width, height, share] = [this.#planeWidth, this.#planeHeight, this.#share];
    const { data: own } = frame.brightness[0]!;
    const { data: other } = neighbour.brightness[0]!;
    for (let y = 0, place = 0; y < height; y++) {
      for (let x = 0; x < width; x++, place++) {
        const [column, row] = [x + flow.dx[place]!, y + flow.dy[place]!];
        const isVisible = column >= 0 && row >= 0 && column <= width - 1 && row <= height - 1;
        share[place] = isVisible ? sampleAt(neighbour.energy, width, height, column, row) : 0;
        this.#difference[place] = sampleAt(other, width, height, column, row) - own[place]!;
        this.#wayBack[place] =
          this.#reduction *
          Math.hypot(
            flow.dx[place]! + sampleAt(wayBack.dx, width, height, column, row),
            flow.dy[place]! + sampleAt(wayBack.dy, width, height, column, row),
          );
      }
    }
    this.#softening.apply(this.#softening.apply(this.#difference));
    this.#softening.apply(this.#wayBack);
    for (let place = 0; place < share.length; place++) {
      const energy = share[place]!;
      const most = shareBySharpness(energy, frame.energy[place]!, frame.change[place]!);
      const differs = this.#difference[place]! ** 2 / (agreement ** 2 * (energy + leastEnergy));
      const misses = (this.#wayBack[place]! / wayBackPixels) ** 2;
      share[place] = most === 0 ? 0 : most * Math.exp(-differs - misses);
    }
  }

  /** Adds a neighbour, moved, by its share. */
  #add(neighbour: Float32Array, flow: Flow): void {
    const [width, height, reduction] = [this.#width, this.#height, this.#reduction];
    const [planeWidth, planeHeight] = [this.#planeWidth, this.#planeHeight];
    const [columns, alongX, alongY] = [new Int32Array(4), new Float64Array(4), new Float64Array(4)];
    for (let y = 0, pixel = 0; y < height; y++) {
      for (let x = 0; x < width; x++, pixel++) {
        const planeX = (x + 0.5) / reduction - 0.5;
        const planeY = (y + 0.5) / reduction - 0.5;
        const share = sampleAt(this.#share, planeWidth, planeHeight, planeX, planeY);
        if (share < leastShare) continue;
        const column = x + reduction * sampleAt(flow.dx, planeWidth, planeHeight, planeX, planeY);
        const row = y + reduction * sampleAt(flow.dy, planeWidth, planeHeight, planeX, planeY);
        const left = Math.floor(column);
        const top = Math.floor(row);
        setCubicShares(alongX, column - left);
        setCubicShares(alongY, row - top);
        for (let tap = 0; tap < 4; tap++) columns[tap] = 3 * Math.min(Math.max(left - 1 + tap, 0), width - 1);
        let red = 0;
        let green = 0;
        let blue = 0;
        for (let tap = 0; tap < 4; tap++) {
          const start = 3 * width * Math.min(Math.max(top - 1 + tap, 0), height - 1);
          for (let across = 0; across < 4; across++) {
            const by = alongY[tap]! * alongX[across]!;
            const place = start + columns[across]!;
            red += by * neighbour[place]!;
            green += by * neighbour[place + 1]!;
            blue += by * neighbour[place + 2]!;
          }
        }
        this.#shares[pixel]! += share;
        this.#sum[3 * pixel]! += share * withinDisplay(red);
        this.#sum[3 * pixel + 1]! += share * withinDisplay(green);
        this.#sum[3 * pixel + 2]! += share * withinDisplay(blue);
      }
    }
  }
}

/**
 * The share of a neighbour that shows the same thing. @param energy, ownEnergy squared gradients of the neighbour
 * and of the frame, as recorded. @param change how far restoring has changed the frame.
 */
function shareBySharpness(energy: number, ownEnergy: number, change: number): number {
  const excess = (energy - ownEnergy) / (ownEnergy + leastEnergy);
  if (excess <= 0) return 0;
  const wasBlurred = 1 - Math.exp(-((change / changeOfBlurred) ** 2));
  return Math.min(shareOfRatio * excess, mostShare) * wasBlurred;
}

/** Catmull and Rom's: of the four pixels around a place, by its distance from the second. */
function setCubicShares(shares: Float64Array, t: number): void {
  shares[0] = ((2 - t) * t - 1) * t * 0.5;
  shares[1] = ((3 * t - 5) * t * t + 2) * 0.5;
  shares[2] = ((4 - 3 * t) * t + 1) * t * 0.5;
  shares[3] = (t - 1) * t * t * 0.5;
}

const withinDisplay = (value: number): number => Math.min(Math.max(value, 0), 1);
