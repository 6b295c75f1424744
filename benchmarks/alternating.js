const PAUSE_MILLISECONDS = 100;

/**
 * Times two programs in turn, so that a slow moment of the machine meets both. The pause lets the threads of the one
 * that has just run go to sleep.
 *
 * @param {() => Promise<number>} timeOurs one run in milliseconds
 * @param {() => Promise<number>} timeTheirs one run in milliseconds
 */
export async function timeAlternating(timeOurs, timeTheirs, repeats) {
  const [ours, theirs] = [[], []];
  for (let round = 0; round < repeats; round++) {
    ours.push(await timeOurs());
    await pause();
    theirs.push(await timeTheirs());
    await pause();
  }
  return { ours: median(ours), theirs: median(theirs), ratio: median(ours) / median(theirs), allOurs: ours, allTheirs: theirs };
}

export async function millisecondsOf(run) {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
}
