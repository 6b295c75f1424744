/**
 * A picture of rectangles, blurred as by a camera that moved evenly to the right and a little downwards: what
 * a network for photographs takes for blur, so that every part of it does something.
 *
 * @returns {Float32Array} `[height, width, 3]` in [0, 1]
 */
export function blurredPicture(width, height, { seed = 1, motionPixels = [15, 4] } = {}) {
  const random = createRandom(seed);
  const sharp = new Float32Array(width * height * 3).fill(0.5);
  for (let rectangle = 0; rectangle < (width * height) / 400; rectangle++) {
    const [left, top] = [Math.floor(random() * width), Math.floor(random() * height)];
    const [right, bottom] = [
      Math.min(width, left + 4 + Math.floor(random() * 40)),
      Math.min(height, top + 4 + Math.floor(random() * 40)),
    ];
    const colour = [random(), random(), random()];
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) sharp.set(colour, (y * width + x) * 3);
    }
  }
  const steps = 2 * Math.max(...motionPixels) + 1;
  const blurred = new Float32Array(sharp.length);
  for (let step = 0; step < steps; step++) {
    const [dx, dy] = motionPixels.map((length) => Math.round(length * (step / (steps - 1) - 0.5)));
    for (let y = 0, index = 0; y < height; y++) {
      const row = Math.min(Math.max(y + dy, 0), height - 1) * width;
      for (let x = 0; x < width; x++) {
        const source = (row + Math.min(Math.max(x + dx, 0), width - 1)) * 3;
        for (let colour = 0; colour < 3; colour++) blurred[index++] += sharp[source + colour] / steps;
      }
    }
  }
  return blurred;
}

/** `count` blurred squares that differ, flat: `[count, size, size, 3]`. */
export function blurredPictures(count, sizePixels) {
  const values = new Float32Array(count * sizePixels * sizePixels * 3);
  for (let picture = 0; picture < count; picture++) {
    values.set(
      blurredPicture(sizePixels, sizePixels, { seed: picture + 1 }),
      (picture * values.length) / count,
    );
  }
  return values;
}

/** Uniform numbers in [0, 1): mulberry32. */
function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
