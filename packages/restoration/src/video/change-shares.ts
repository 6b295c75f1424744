/** Changes are compared in squares of this many pixels, each with those around it. */
const blockPixels = 16;
/** What counts as no change, of the sum over three by three squares: a 1000th of full white in every pixel. */
const leastEnergy = 9 * blockPixels ** 2 * (3 * 0.001) ** 2;

/**
 * Averages images that are one frame, restored in several ways, the first of which is trusted most. In each part
 * of the frame the first counts for the energy of its change, another for the energy of that part of its change
 * which is along the first one's (`<first, other>^2 / <first, first>`): equal changes count alike; what is left
 * as it was counts for nothing where the first has undone a blur, nor does what only the other has seen. Between
 * the middles of squares shares are linear.
 */
export class ChangeShares {
  readonly #width: number;
  readonly #height: number;
  readonly #columns: number;
  readonly #rows: number;
  /** For every image what its change has in common with the first one's, in each square; then its share. */
  readonly #common: Float32Array[];
  readonly #around: Float32Array;
  readonly #betweenColumns: Between[];

  /** @param images how many there will be. */
  constructor(width: number, height: number, images: number) {
    [this.#width, this.#height] = [width, height];
    [this.#columns, this.#rows] = [Math.ceil(width / blockPixels), Math.ceil(height / blockPixels)];
    const blocks = () => new Float32Array(this.#columns * this.#rows);
    this.#common = Array.from({ length: images }, blocks);
    this.#around = blocks();
    this.#betweenColumns = Array.from({ length: width }, (_, x) => between(x, this.#columns));
  }

  /**
   * @param frame `height * width * 3` values in [0, 1].
   * @param images the frame, restored; the first is written over.
   * @returns the first image, which is their average now.
   */
  average(frame: Float32Array, images: readonly Float32Array[]): Float32Array {
    for (const [index, image] of images.entries()) this.#compare(frame, images[0]!, image, index);
    for (const common of this.#common) this.#addAround(common);
    this.#toShares();
    const [average, ...others] = images as [Float32Array, ...Float32Array[]];
    for (let y = 0; y < this.#height; y++) {
      const row = between(y, this.#rows);
      const [above, below] = [row.before * this.#columns, row.after * this.#columns];
      for (let x = 0; x < this.#width; x++) {
        const { before, after, share: right } = this.#betweenColumns[x]!;
        const place = (y * this.#width + x) * 3;
        let [red, green, blue] = [0, 0, 0];
        for (let index = 0; index < others.length; index++) {
          const [shares, image] = [this.#common[index + 1]!, others[index]!];
          const upper = shares[above + before]! * (1 - right) + shares[above + after]! * right;
          const lower = shares[below + before]! * (1 - right) + shares[below + after]! * right;
          const share = upper * (1 - row.share) + lower * row.share;
          red += share * (image[place]! - average[place]!);
          green += share * (image[place + 1]! - average[place + 1]!);
          blue += share * (image[place + 2]! - average[place + 2]!);
        }
        average[place]! += red;
        average[place + 1]! += green;
        average[place + 2]! += blue;
      }
    }
    return average;
  }

  /** The products of the changes of brightness, summed in every square. */
  #compare(frame: Float32Array, first: Float32Array, image: Float32Array, index: number): void {
    const common = this.#common[index]!;
    common.fill(0);
    for (let y = 0; y < this.#height; y++) {
      const row = Math.floor(y / blockPixels) * this.#columns;
      for (let x = 0; x < this.#width; x++) {
        const place = (y * this.#width + x) * 3;
        const before = frame[place]! + frame[place + 1]! + frame[place + 2]!;
        const firstChange = first[place]! + first[place + 1]! + first[place + 2]! - before;
        const change = image[place]! + image[place + 1]! + image[place + 2]! - before;
        common[row + Math.floor(x / blockPixels)]! += firstChange * change;
      }
    }
  }

  /** To every square its neighbours. */
  #addAround(squares: Float32Array): void {
    const around = this.#around;
    for (let row = 0; row < this.#rows; row++) {
      for (let column = 0; column < this.#columns; column++) {
        let sum = 0;
        for (let y = Math.max(0, row - 1); y <= Math.min(this.#rows - 1, row + 1); y++) {
          for (let x = Math.max(0, column - 1); x <= Math.min(this.#columns - 1, column + 1); x++) {
            sum += squares[y * this.#columns + x]!;
          }
        }
        around[row * this.#columns + column] = sum;
      }
    }
    squares.set(around);
  }

  #toShares(): void {
    const [first, ...others] = this.#common as [Float32Array, ...Float32Array[]];
    for (let square = 0; square < first.length; square++) {
      const energy = first[square]! + leastEnergy;
      let sum = energy;
      for (const common of others) {
        common[square] = Math.max(0, common[square]!) ** 2 / energy;
        sum += common[square]!;
      }
      for (const common of others) common[square]! /= sum;
    }
  }
}

/** Two squares whose middles a pixel lies between, and the share of the second. */
interface Between {
  before: number;
  after: number;
  share: number;
}

function between(pixel: number, blocks: number): Between {
  const place = Math.min(blocks - 1, Math.max(0, (pixel + 0.5) / blockPixels - 0.5));
  const before = Math.floor(place);
  return { before, after: Math.min(blocks - 1, before + 1), share: place - before };
}
