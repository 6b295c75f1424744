import { initialWeights } from '@unblur/core-model';

/** Layers that start at zero in training, and how strongly they predict here, relative to other layers. */
const headStrengths = [
  [/\.(refined-)?image\.kernel$/, 0.05],
  [/\.flow\.kernel$/, 0.5],
  [/\.affine\.kernel$/, 0.25],
];

/**
 * Weights with which every layer does something: heads that start at zero move by some pixels and change the image a
 * little, so that two networks that give the same frames do the same in all their parts.
 */
export function busyWeights(config, seed) {
  const weights = initialWeights(config, seed);
  const random = createRandom(seed);
  for (const [name, { shape, values }] of Object.entries(weights)) {
    const strength = headStrengths.find(([pattern]) => pattern.test(name))?.[1];
    if (strength !== undefined) {
      const fanIn = values.length / shape.at(-1);
      for (let index = 0; index < values.length; index++) values[index] = strength * (2 * random() - 1) * Math.sqrt(6 / fanIn);
    } else if (!config.residualImages && /\.image\.bias$/.test(name)) {
      values.fill(0.5);
    }
  }
  return weights;
}

/** `count` pictures of slowly changing colours, flat: `[count, size, size, 3]` in [0.25, 0.75]. */
export function smoothPictures(count, sizePixels) {
  const values = new Float32Array(count * sizePixels * sizePixels * 3);
  for (let index = 0, picture = 0; picture < count; picture++) {
    for (let y = 0; y < sizePixels; y++) {
      for (let x = 0; x < sizePixels; x++) {
        for (let colour = 0; colour < 3; colour++) values[index++] = 0.5 + 0.25 * Math.sin(0.11 * x + 0.3 * picture + colour) * Math.cos(0.07 * y - 0.2 * picture * colour);
      }
    }
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
