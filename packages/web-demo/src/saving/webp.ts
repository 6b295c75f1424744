import { animateWebp } from '@unblur/restoration';
import { drawPicture } from '../picture.js';
import { fitPicture } from './fitting.js';
import type { Film } from './film.js';

const longestSidePixels = 1280;
const quality = 0.85;

/**
 * An endless animation: frames that the browser compresses, put into one file.
 *
 * @throws in one line for people when the browser writes no WebP.
 */
export async function encodeWebp({ frames, round, framesPerSecond }: Film): Promise<Blob> {
  const { width, height } = fitPicture(frames[0]!, longestSidePixels);
  const canvas = new OffscreenCanvas(width, height);
  const stills: Uint8Array<ArrayBuffer>[] = [];
  for (const frame of frames) {
    drawPicture(canvas, fitPicture(frame, longestSidePixels));
    const still = await canvas.convertToBlob({ type: 'image/webp', quality });
    if (still.type !== 'image/webp') throw new Error('This browser cannot write WebP; save a GIF instead.');
    stills.push(new Uint8Array(await still.arrayBuffer()));
  }
  const frameMilliseconds = Math.round(1000 / framesPerSecond);
  return new Blob([animateWebp(stills, round, { width, height, frameMilliseconds })], { type: 'image/webp' });
}
