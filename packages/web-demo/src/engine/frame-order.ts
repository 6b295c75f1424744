/** Frames that a photograph becomes; every fourth is one of seven. */
export const frameCount = 25;

/** When in the exposure they are, from -1 to 1. */
export const shownTimes = evenTimes(frameCount);

/**
 * So many times, evenly over the exposure: `frameTimes` of the core model, which would bring all of
 * TensorFlow.js to the first screen.
 */
export function evenTimes(count: number): number[] {
  return Array.from({ length: count }, (_, index) => (2 * index - (count - 1)) / (count - 1));
}

/**
 * The order in which frames are made: the middle of the exposure, its ends, then always the middle of the
 * widest gap that is left, so that the frames there are at any moment are spread over the exposure.
 *
 * @param times in order
 * @returns indices of times
 */
export function earlyOrder(times: readonly number[]): number[] {
  const last = times.length - 1;
  const order = [...new Set([Math.floor(last / 2), 0, last])];
  const made = [...order].sort((a, b) => a - b);
  while (made.length < times.length) {
    let widest = 0;
    for (let place = 1; place < made.length - 1; place++) {
      if (made[place + 1]! - made[place]! > made[widest + 1]! - made[widest]!) widest = place;
    }
    const next = (made[widest]! + made[widest + 1]!) >> 1;
    order.push(next);
    made.splice(widest + 1, 0, next);
  }
  return order;
}
