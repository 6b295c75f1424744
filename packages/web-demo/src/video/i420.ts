import type { RgbImage } from '@unblur/restoration';

/** What a channel counts for in brightness: ITU-R BT.709. */
const [redShare, greenShare, blueShare] = [0.2126, 0.7152, 0.0722];

/** Bytes of a picture in `i420`. */
export const i420Bytes = (width: number, height: number): number => (width * height * 3) / 2;

/**
 * A picture as codecs take it: brightness, then two differences of colour at half the size, in BT.709 with
 * limited range. Done here, since browsers differ in what they make of RGB.
 *
 * @param image both sides even, values in [0, 1].
 * @param bytes where it is put.
 */
export function i420({ width, height, data }: RgbImage, bytes: Uint8Array): void {
  const [blueStart, redStart] = [width * height, (width * height * 5) / 4];
  let half = 0;
  for (let top = 0; top < height; top += 2) {
    for (let left = 0; left < width; left += 2) {
      let [red, green, blue] = [0, 0, 0];
      for (let corner = 0; corner < 4; corner++) {
        const pixel = (top + (corner >> 1)) * width + left + (corner & 1);
        const [r, g, b] = [data[3 * pixel]!, data[3 * pixel + 1]!, data[3 * pixel + 2]!];
        bytes[pixel] = 16.5 + 219 * (redShare * r + greenShare * g + blueShare * b);
        red += r / 4;
        green += g / 4;
        blue += b / 4;
      }
      const luma = redShare * red + greenShare * green + blueShare * blue;
      bytes[blueStart + half] = 128.5 + (224 * (blue - luma)) / (2 * (1 - blueShare));
      bytes[redStart + half] = 128.5 + (224 * (red - luma)) / (2 * (1 - redShare));
      half++;
    }
  }
}
