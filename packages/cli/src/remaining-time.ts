import { drawProgress } from './terminal.js';

/** The first of a piece tells nothing of the pace: there networks are opened, and photographs surveyed. */
const fractionUntilPaceIsKnown = 0.03;

/**
 * How long the rest of a work of equal pieces will take, by the pace so far.
 *
 * @param done pieces done; a part of the present one may count.
 * @returns such as `2 min 5 s left`; an empty text until the pace is known.
 */
export function describeRemainingTime(done: number, total: number, elapsedMilliseconds: number): string {
  if (done < fractionUntilPaceIsKnown || done >= total) return '';
  const seconds = Math.round(((elapsedMilliseconds / done) * (total - done)) / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const parts =
    hours > 0
      ? `${hours} h ${minutes} min`
      : minutes > 0
        ? `${minutes} min ${seconds % 60} s`
        : `${seconds} s`;
  return `${parts} left`;
}

/**
 * Draws the progress of a job that starts now, of which a part may have been done before, with the time that
 * the rest takes.
 */
export function timedProgress(): (done: number, total: number, label?: string) => void {
  const started = performance.now();
  let firstDone: number | undefined;
  return (done, total, label) => {
    firstDone ??= done;
    const left = describeRemainingTime(done - firstDone, total - firstDone, performance.now() - started);
    drawProgress(done, total, [label, left].filter(Boolean).join(', '));
  };
}
