/** `Sample.motionPixels` from the flows to at least the first and the last frame, in time order. */
export function motionOfFlows(flowsPixels: readonly Float32Array[]): Float32Array {
  const [toFirst, toLast] = [flowsPixels[0]!, flowsPixels.at(-1)!];
  return toLast.map((value, index) => (value - toFirst[index]!) / 2);
}
