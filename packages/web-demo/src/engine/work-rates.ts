/** The halves of the photo network: one finds what all frames are made from, the other makes a frame. */
export type Part = 'analysis' | 'frame';

/** Some browsers' clocks stand still for longer than a run may take. */
const leastSeconds = 1e-3;

/** How fast an engine computes, as the work itself tells, so that the time of more work is known. */
export class WorkRates {
  /** Thousand millions of multiply-adds a second. */
  readonly #rates: Record<Part, number> = { analysis: 0, frame: 0 };

  /**
   * What a piece of work took. Whatever disturbs a measurement makes it slower (compiling, most of all), so a
   * faster one counts at once and a slower one for half.
   */
  learn(part: Part, gigaMultiplyAdds: number, seconds: number): void {
    const rate = gigaMultiplyAdds / Math.max(seconds, leastSeconds);
    this.#rates[part] = Math.max(rate, (this.#rates[part] + rate) / 2);
  }

  /** What work takes; infinitely long as long as nothing of its kind was learnt. */
  seconds(part: Part, gigaMultiplyAdds: number): number {
    return gigaMultiplyAdds / this.#rates[part];
  }
}
