import { applyPalette, GIFEncoder, quantize } from 'gifenc';
import { fitPicture } from './fitting.js';
import type { Film } from './film.js';

/** GIF grows and slows soonest. */
const longestSidePixels = 640;

/** An endless animation; one palette per frame. GIF counts time in hundredths of a second. */
export function encodeGif({ frames, round, framesPerSecond }: Film): Blob {
  const encoder = GIFEncoder();
  const shown = frames.map((frame) => {
    const { width, height, rgba } = fitPicture(frame, longestSidePixels);
    const palette = quantize(rgba, 256);
    return { width, height, palette, indices: applyPalette(rgba, palette) };
  });
  for (const index of round) {
    const { width, height, palette, indices } = shown[index]!;
    encoder.writeFrame(indices, width, height, {
      palette,
      delay: Math.round(100 / framesPerSecond) * 10,
      repeat: 0,
    });
  }
  encoder.finish();
  return new Blob([encoder.bytes()], { type: 'image/gif' });
}
