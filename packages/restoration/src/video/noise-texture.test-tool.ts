/** Detail of several sizes that repeats nowhere, in [0, 1], known between its pixels too. */
export function noiseTexture(seed: number): (x: number, y: number) => number {
  const at = (column: number, row: number, octave: number) => {
    let hash =
      Math.imul(column, 374761393) + Math.imul(row, 668265263) + Math.imul(octave + 7 * seed, 974711);
    hash = Math.imul(hash ^ (hash >>> 13), 1274126177);
    return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
  };
  const ease = (t: number) => t * t * (3 - 2 * t);
  return (x, y) => {
    let sum = 0;
    for (const [octave, cellPixels] of [4, 9, 20].entries()) {
      const [column, row] = [Math.floor(x / cellPixels), Math.floor(y / cellPixels)];
      const [alongX, alongY] = [ease(x / cellPixels - column), ease(y / cellPixels - row)];
      const upper = at(column, row, octave) * (1 - alongX) + at(column + 1, row, octave) * alongX;
      const lower = at(column, row + 1, octave) * (1 - alongX) + at(column + 1, row + 1, octave) * alongX;
      sum += upper * (1 - alongY) + lower * alongY;
    }
    return sum / 3;
  };
}
