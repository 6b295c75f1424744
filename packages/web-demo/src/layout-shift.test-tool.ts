/** A part of the page has moved by itself. */
export interface LayoutShift {
  value: number;
  /** In milliseconds since the page was opened. */
  startTime: number;
}

/**
 * Cumulative Layout Shift as Web Vitals define it: the largest sum of shifts that follow each other within a second,
 * over at most five seconds.
 *
 * @param shifts in the order of their times.
 */
export function cumulativeLayoutShift(shifts: readonly LayoutShift[]): number {
  let [largest, sum, first, last] = [0, 0, -Infinity, -Infinity];
  for (const { value, startTime } of shifts) {
    const isNewWindow = startTime - last >= 1000 || startTime - first >= 5000;
    if (isNewWindow) [sum, first] = [0, startTime];
    last = startTime;
    sum += value;
    largest = Math.max(largest, sum);
  }
  return largest;
}
