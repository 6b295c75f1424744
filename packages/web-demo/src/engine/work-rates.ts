/** The halves of the photo network: one finds what all frames are made from, the other makes a frame. */
export type Part = 'analysis' | 'frame';

/** Some browsers' clocks stand still for longer than a run may take. */
const leastSeconds = 1e-3;
/** The middle one of so many runs tells: whatever disturbs one of them does not count. */
const toldRuns = 5;
/** Smaller runs are slower for what they do: beside larger ones, those of less than this share do not count. */
const leastShare = 0.5;

interface Run {
  gigaMultiplyAdds: number;
  /** Thousand millions of multiply-adds a second. */
  rate: number;
}

/** How fast an engine computes, as the work itself tells, so that the time of more work is known. */
export class WorkRates {
  /** The last ones. */
  readonly #runs: Record<Part, Run[]> = { analysis: [], frame: [] };

  /** What a piece of work took. */
  learn(part: Part, gigaMultiplyAdds: number, seconds: number): void {
    const runs = this.#runs[part];
    const largest = Math.max(gigaMultiplyAdds, ...runs.map((run) => run.gigaMultiplyAdds));
    const rate = gigaMultiplyAdds / Math.max(seconds, leastSeconds);
    this.#runs[part] = [...runs, { gigaMultiplyAdds, rate }]
      .filter((run) => run.gigaMultiplyAdds >= leastShare * largest)
      .slice(-toldRuns);
  }

  /** What work takes; infinitely long as long as nothing of its kind was learnt. */
  seconds(part: Part, gigaMultiplyAdds: number): number {
    const rates = this.#runs[part].map(({ rate }) => rate).sort((a, b) => a - b);
    // Of two the faster: the first run of all compiles.
    return gigaMultiplyAdds / (rates[rates.length >> 1] ?? 0);
  }
}
