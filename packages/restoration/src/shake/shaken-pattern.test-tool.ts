import type { RgbImage } from '../raster.js';
import type { BlurKernel } from './blur-kernel.js';

/** Rectangles and discs of all sizes, one over the other, as natural images are made of: the same each time. */
export function pattern(width: number, height: number): RgbImage {
  let state = 7;
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
  const data = new Float32Array(width * height * 3).fill(0.5);
  for (let shape = 0; shape < 400; shape++) {
    const [x, y] = [random() * width, random() * height];
    const radius = 2 + 0.15 * width * random() ** 4;
    const color = [random(), random(), random()];
    const isDisc = random() < 0.5;
    for (let row = Math.max(0, Math.ceil(y - radius)); row < Math.min(height, y + radius); row++) {
      for (let column = Math.max(0, Math.ceil(x - radius)); column < Math.min(width, x + radius); column++) {
        if (isDisc && Math.hypot(column - x, row - y) > radius) continue;
        data.set(color, 3 * (row * width + column));
      }
    }
  }
  return { width, height, data };
}

/** Along a path with a bend, on which the camera pauses twice; its centre of mass is in the middle. */
export function bentPath(): BlurKernel {
  const sizePixels = 11;
  const data = new Float64Array(sizePixels ** 2);
  const add = (x: number, y: number, value: number) => (data[(y + 5) * sizePixels + x + 5]! += value);
  for (let i = -3; i <= 4; i++) add(i, -2, 1);
  for (let i = -2; i <= 4; i++) add(-3, i, 1);
  add(4, -2, 2);
  const sum = data.reduce((total, value) => total + value, 0);
  return { sizePixels, data: data.map((value) => value / sum) };
}

/** What a shaking camera saw of an image, in 8 bits; the outermost pixels go on beyond the edges. */
export function blurredBy(
  { width, height, data }: RgbImage,
  { sizePixels, data: shares }: BlurKernel,
): RgbImage {
  const reach = (sizePixels - 1) / 2;
  const within = (position: number, side: number) => Math.min(side - 1, Math.max(0, position));
  const blurred = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        shares.forEach((share, place) => {
          const column = within(x - ((place % sizePixels) - reach), width);
          const row = within(y - (Math.floor(place / sizePixels) - reach), height);
          sum += share * data[3 * (row * width + column) + channel]!;
        });
        blurred[3 * (y * width + x) + channel] = Math.round(255 * sum) / 255;
      }
    }
  }
  return { width, height, data: blurred };
}

/** PSNR in dB of an image moved by whole pixels, at the best shift; without the rim. */
export function psnrAtBestShift(image: RgbImage, truth: RgbImage, rimPixels = 12): number {
  const { width, height } = truth;
  let best = -Infinity;
  for (let down = -2; down <= 2; down++) {
    for (let right = -2; right <= 2; right++) {
      let [sum, count] = [0, 0];
      for (let y = rimPixels; y < height - rimPixels; y++) {
        for (let i = 3 * rimPixels; i < 3 * (width - rimPixels); i++, count++) {
          const moved = image.data[(y + down) * width * 3 + i + 3 * right]!;
          sum += (moved - truth.data[y * width * 3 + i]!) ** 2;
        }
      }
      best = Math.max(best, -10 * Math.log10(sum / count));
    }
  }
  return best;
}
