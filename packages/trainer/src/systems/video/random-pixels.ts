import { createRandom } from '@unblur/datasets';

/**
 * Masks with one tenth of the pixels set, drawn for each sample of a batch: the pixels that hard-example
 * mining takes besides the hard ones.
 *
 * @returns `[B, S, S, 1]`, 0 or 1; the same for the same seed and samples.
 */
export function randomPixels(
  share: number,
  batchSize: number,
  sizePixels: number,
  seed: number,
  firstSample: number,
): Float32Array {
  const pixels = sizePixels * sizePixels;
  const chosen = Math.floor(share * pixels);
  const mask = new Float32Array(batchSize * pixels);
  for (let sample = 0; sample < batchSize; sample++) {
    const random = createRandom(seed, firstSample + sample, 1);
    const own = mask.subarray(sample * pixels, (sample + 1) * pixels);
    own.fill(1, 0, chosen);
    for (let index = pixels - 1; index > 0; index--) {
      const other = random.below(index + 1);
      [own[index], own[other]] = [own[other]!, own[index]!];
    }
  }
  return mask;
}
