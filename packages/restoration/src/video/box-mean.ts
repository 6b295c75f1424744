/** Means over squares of `2 * radius + 1` pixels, as far as they lie inside; in time that no radius changes. */
export class BoxMean {
  readonly #width: number;
  readonly #height: number;
  readonly #radius: number;
  readonly #rows: Float32Array;
  readonly #sums: Float64Array;
  readonly #columnShares: Float64Array;
  readonly #rowShares: Float64Array;

  constructor(width: number, height: number, radius: number) {
    [this.#width, this.#height, this.#radius] = [width, height, radius];
    this.#rows = new Float32Array(width * height);
    this.#sums = new Float64Array(width);
    [this.#columnShares, this.#rowShares] = [sharesOf(width, radius), sharesOf(height, radius)];
  }

  /** In place. @returns the same array. */
  apply(values: Float32Array): Float32Array {
    this.#alongRows(values);
    this.#alongColumns(values);
    return values;
  }

  #alongRows(values: Float32Array): void {
    const [width, radius, rows, shares] = [this.#width, this.#radius, this.#rows, this.#columnShares];
    for (let start = 0; start < values.length; start += width) {
      let sum = 0;
      for (let x = 0; x < radius && x < width; x++) sum += values[start + x]!;
      for (let x = 0; x < width; x++) {
        if (x + radius < width) sum += values[start + x + radius]!;
        if (x > radius) sum -= values[start + x - radius - 1]!;
        rows[start + x] = sum * shares[x]!;
      }
    }
  }

  #alongColumns(values: Float32Array): void {
    const [width, height, radius, rows, sums] = [
      this.#width,
      this.#height,
      this.#radius,
      this.#rows,
      this.#sums,
    ];
    sums.fill(0);
    for (let y = 0; y < radius && y < height; y++) {
      const start = y * width;
      for (let x = 0; x < width; x++) sums[x]! += rows[start + x]!;
    }
    for (let y = 0; y < height; y++) {
      const share = this.#rowShares[y]!;
      const start = y * width;
      if (y + radius < height) {
        const entering = start + radius * width;
        for (let x = 0; x < width; x++) sums[x]! += rows[entering + x]!;
      }
      if (y > radius) {
        const leaving = start - (radius + 1) * width;
        for (let x = 0; x < width; x++) sums[x]! -= rows[leaving + x]!;
      }
      for (let x = 0; x < width; x++) values[start + x] = sums[x]! * share;
    }
  }
}

/** One through how many places within a radius lie inside. */
function sharesOf(length: number, radius: number): Float64Array {
  return Float64Array.from(
    { length },
    (_, place) => 1 / (Math.min(place + radius, length - 1) - Math.max(place - radius, 0) + 1),
  );
}
