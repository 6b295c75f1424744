import sharp from 'sharp';
import { fitWithin } from '@unblur/restoration';
import { scaleToPixels, type Picture } from './pixel-image.js';

export interface PlaybackOptions {
  /** How long each frame shows; GIF rounds to 10 ms. Default 40 ms, of a few frames 100 ms. */
  frameMilliseconds?: number;
  /** Runs forward and back again, so that the loop has no jump. Default true. */
  pingPong?: boolean;
}

/** 25 frames a second look smooth; of fewer than a dozen each wants to be seen. */
export const defaultFrameMilliseconds = (frames: number): number => (frames < 12 ? 100 : 40);

/**
 * Larger animations are scaled down to this: phones and chat programs show no more. GIF grows and slows
 * soonest.
 */
const longestSidePixels = { webp: 1280, gif: 640 };

/** With less, colours suffer by 3 dB; the default, 7, takes 1.4 times as long for 0.1 dB. */
const gifEffort = 6;

/** Encodes frames as an endless animation, its longest side at most 1280 pixels, as GIF 640. */
export async function encodeAnimation(
  frames: readonly Picture[],
  format: 'webp' | 'gif',
  playback: PlaybackOptions = {},
): Promise<Buffer> {
  const { width, height } = fitWithin(frames[0]!, longestSidePixels[format]);
  const scaled = await Promise.all(frames.map((frame) => scaleToPixels(frame, width, height)));
  const shown = orderPlayback(scaled, playback);
  const stacked = sharp(Buffer.concat(shown.map(({ data }) => data)), {
    raw: { width, height: height * shown.length, channels: 3, pageHeight: height },
    limitInputPixels: false,
  });
  const timing = {
    loop: 0,
    delay: shown.map(() => playback.frameMilliseconds ?? defaultFrameMilliseconds(frames.length)),
  };
  return format === 'webp'
    ? stacked.webp({ ...timing, quality: 85, effort: 2 }).toBuffer()
    : stacked.gif({ ...timing, effort: gifEffort }).toBuffer();
}

/** Frames in the order they are shown in one round: 0 1 2 1 for three frames that loop back and forth. */
export function orderPlayback<T>(frames: readonly T[], { pingPong = true }: PlaybackOptions): T[] {
  return pingPong ? [...frames, ...frames.slice(1, -1).reverse()] : [...frames];
}
