const pauseMilliseconds = 100;

/**
 * What one run took.
 *
 * @typedef {object} Timing
 * @property {number} milliseconds on the clock
 * @property {number} processorMilliseconds of all threads; other work on the machine disturbs it less
 */

/**
 * Times programs in turn, so that a slow moment of the machine meets all. The pause lets the threads of the
 * one that has just run go to sleep.
 *
 * @param {Record<string, () => Promise<Timing>>} programs one run each
 * @returns {Promise<Record<string, Timing[]>>} the timings of each, in the order of the rounds
 */
export async function timeInTurns(programs, rounds) {
  const timings = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, time] of Object.entries(programs)) {
      timings[name].push(await time());
      await pause();
    }
  }
  return timings;
}

/** Times one run in this process. */
export async function timeRun(run) {
  const [start, startUsage] = [performance.now(), process.cpuUsage()];
  await run();
  const { user, system } = process.cpuUsage(startUsage);
  return { milliseconds: performance.now() - start, processorMilliseconds: (user + system) / 1000 };
}

/** Medians over the rounds. */
export function medianTiming(timings) {
  return {
    milliseconds: median(timings.map(({ milliseconds }) => milliseconds)),
    processorMilliseconds: median(timings.map(({ processorMilliseconds }) => processorMilliseconds)),
  };
}

/** How much longer `ours` took than `theirs`, round by round: the medians of these ratios. */
export function medianRatio(ours, theirs) {
  const of = (quantity) => median(ours.map((timing, round) => timing[quantity] / theirs[round][quantity]));
  return { milliseconds: of('milliseconds'), processorMilliseconds: of('processorMilliseconds') };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
}
