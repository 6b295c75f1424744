/** Side of the squares, in pixels, that are compared; their mean colours hardly carry noise. */
const blockSize = 4;
/** A square counts as moving where one of so many beside it does. */
const blocksAround = 2;
/** Changes of a square's mean colour, in 8-bit levels, up to which it is still and from which it moves. */
const [stillLevels, movingLevels] = [3, 9];

/**
 * Leaves a frame as it is where nothing moves: there no motion can have blurred it, and what the network
 * changes is noise, or detail that it takes for blur.
 */
export class StillParts {
  readonly #width: number;
  readonly #height: number;
  readonly #columns: number;
  readonly #rows: number;
  /** How much each square moves, 0 to 1; then the most of those around it. */
  readonly #change: Float32Array;
  readonly #motion: Float32Array;

  constructor(width: number, height: number) {
    [this.#width, this.#height] = [width, height];
    [this.#columns, this.#rows] = [Math.ceil(width / blockSize), Math.ceil(height / blockSize)];
    this.#change = new Float32Array(this.#columns * this.#rows);
    this.#motion = new Float32Array(this.#columns * this.#rows);
  }

  /**
   * Writes the centre frame over the sharp one where neither neighbour differs from it, and a mean of both
   * beside that. All are height * width * 3 values in [0, 1].
   */
  keep(sharp: Float32Array, previous: Float32Array, centre: Float32Array, next: Float32Array): void {
    this.#measure(previous, centre, next);
    this.#spread();
    const lastColumn = this.#columns - 1;
    const lastRow = this.#rows - 1;
    for (let y = 0; y < this.#height; y++) {
      const row = clamp((y + 0.5) / blockSize - 0.5, lastRow);
      const upper = row | 0;
      const lower = upper < lastRow ? upper + 1 : upper;
      for (let x = 0; x < this.#width; x++) {
        const column = clamp((x + 0.5) / blockSize - 0.5, lastColumn);
        const left = column | 0;
        const right = left < lastColumn ? left + 1 : left;
        const at = (line: number) => {
          const start = line * this.#columns;
          return (
            this.#motion[start + left]! * (1 - column + left) + this.#motion[start + right]! * (column - left)
          );
        };
        const motion = at(upper) * (1 - row + upper) + at(lower) * (row - upper);
        if (motion >= 1) continue;
        const start = (y * this.#width + x) * 3;
        for (let i = start; i < start + 3; i++) sharp[i] = centre[i]! + motion * (sharp[i]! - centre[i]!);
      }
    }
  }

  #measure(previous: Float32Array, centre: Float32Array, next: Float32Array): void {
    for (let row = 0; row < this.#rows; row++) {
      const top = row * blockSize;
      const bottom = Math.min(this.#height, top + blockSize);
      for (let column = 0; column < this.#columns; column++) {
        const left = column * blockSize;
        const right = Math.min(this.#width, left + blockSize);
        let most = 0;
        for (let channel = 0; channel < 3; channel++) {
          let [before, after] = [0, 0];
          for (let y = top; y < bottom; y++) {
            for (let x = left; x < right; x++) {
              const i = (y * this.#width + x) * 3 + channel;
              before += previous[i]! - centre[i]!;
              after += next[i]! - centre[i]!;
            }
          }
          most = Math.max(most, Math.abs(before), Math.abs(after));
        }
        const levels = (255 * most) / ((bottom - top) * (right - left));
        const change = clamp((levels - stillLevels) / (movingLevels - stillLevels), 1);
        this.#change[row * this.#columns + column] = change;
      }
    }
  }

  #spread(): void {
    for (let row = 0; row < this.#rows; row++) {
      for (let column = 0; column < this.#columns; column++) {
        let most = 0;
        for (let y = Math.max(0, row - blocksAround); y <= row + blocksAround && y < this.#rows; y++) {
          for (
            let x = Math.max(0, column - blocksAround);
            x <= column + blocksAround && x < this.#columns;
            x++
          ) {
            const change = this.#change[y * this.#columns + x]!;
            if (change > most) most = change;
          }
        }
        this.#motion[row * this.#columns + column] = most;
      }
    }
  }
}

const clamp = (value: number, most: number): number => (value < 0 ? 0 : value > most ? most : value);
