/** The network's images may overshoot; displays cannot. In place. */
export function clampToDisplay(values: Float32Array): Float32Array {
  for (let i = 0; i < values.length; i++) values[i] = Math.min(1, Math.max(0, values[i]!));
  return values;
}
