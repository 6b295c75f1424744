import sharp from 'sharp';
import { expectOptions, type OptionNames, UnblurError } from '@unblur/files';
import { excerptOfValue } from '@unblur/files/parsed-value';
import { animateWebp, fitWithin } from '@unblur/restoration';
import { expectPictures, scaleToPixels, toSharp, type Picture, type PixelImage } from './pixel-image.js';

export interface PlaybackOptions {
  /** How long each frame shows, 1 to 65535 ms; GIF rounds to 10 ms. Default 40 ms, of a few frames 100 ms. */
  frameMilliseconds?: number | undefined;
  /** Runs forward and back again, so that the loop has no jump. Default true. */
  pingPong?: boolean | undefined;
}

const playbackOptions: OptionNames<PlaybackOptions> = { frameMilliseconds: true, pingPong: 'boolean' };

/** What sharp writes of an animation's delays. */
const mostMilliseconds = 65535;

/** @throws UnblurError unless it is a format that animations have. */
export function expectAnimationFormat(format: 'webp' | 'gif'): void {
  if (format === 'webp' || format === 'gif') return;
  throw new UnblurError(`Expected an animation as webp or gif but received ${String(format)}`);
}

/** @throws UnblurError unless frames are shown for whole milliseconds, as many as a file can hold. */
export function expectPlayback({ frameMilliseconds = 1 }: PlaybackOptions): void {
  if (!(
    Number.isInteger(frameMilliseconds) &&
    frameMilliseconds >= 1 &&
    frameMilliseconds <= mostMilliseconds
  )) {
    throw new UnblurError(
      `Expected a whole number from 1 to ${mostMilliseconds} for frameMilliseconds but received ${excerptOfValue(frameMilliseconds)}`,
    );
  }
}

/**
 * How long each frame is shown: 25 frames a second look smooth, while fewer than a dozen are shown longer so
 * that each can be seen.
 */
export function frameMillisecondsOf(playback: PlaybackOptions, frameCount: number): number {
  expectPlayback(playback);
  return playback.frameMilliseconds ?? (frameCount < 12 ? 100 : 40);
}

/**
 * Larger animations are scaled down to this: phones and chat programs show no more. GIF grows and slows
 * soonest.
 */
export const animationSidePixels = { webp: 1280, gif: 640 };

/**
 * As good as libwebp's own animations at 85, whose frames keep the errors of those before, in a seventh of the time.
 * Of nine photographs they were 0.9 to 1.1 times as large where most of the picture moved, and up to 3.3 times where
 * next to nothing did, since libwebp leaves out what hardly changes.
 */
const webpQuality = 82;
/** With more, files are a twelfth smaller and take twice as long. */
const webpEffort = 2;

/** With less, colours suffer by 3 dB; the default, 7, takes 1.4 times as long for 0.1 dB. */
const gifEffort = 6;

/**
 * Encodes frames as an endless animation, its longest side at most 1280 pixels (640 for GIF).
 *
 * @throws UnblurError when there is no frame, one is no picture, the format is another, or an option makes no
 * sense.
 */
export async function encodeAnimation(
  frames: readonly Picture[],
  format: 'webp' | 'gif',
  playback: PlaybackOptions = {},
): Promise<Buffer> {
  expectPictures(frames);
  expectAnimationFormat(format);
  expectOptions(playback, playbackOptions, "encodeAnimation(frames, 'webp', { pingPong: false })");
  const size = fitWithin(frames[0]!, animationSidePixels[format]);
  const scaled = await Promise.all(frames.map((frame) => scaleToPixels(frame, size.width, size.height)));
  const encode = format === 'webp' ? encodeWebpAnimation : encodeGif;
  return encode(
    scaled,
    orderPlayback([...frames.keys()], playback),
    frameMillisecondsOf(playback, frames.length),
  );
}

/** @param round indices of frames, as they are shown. */
async function encodeWebpAnimation(
  frames: readonly PixelImage[],
  round: readonly number[],
  frameMilliseconds: number,
): Promise<Buffer> {
  const stills = await Promise.all(
    frames.map((frame) => toSharp(frame).webp({ quality: webpQuality, effort: webpEffort }).toBuffer()),
  );
  return Buffer.from(animateWebp(stills, round, { ...frames[0]!, frameMilliseconds }).buffer);
}

/** @param round indices of frames, as they are shown. */
function encodeGif(
  frames: readonly PixelImage[],
  round: readonly number[],
  frameMilliseconds: number,
): Promise<Buffer> {
  const { width, height } = frames[0]!;
  return sharp(Buffer.concat(round.map((index) => frames[index]!.data)), {
    raw: { width, height: height * round.length, channels: 3, pageHeight: height },
    limitInputPixels: false,
  })
    .gif({ loop: 0, delay: round.map(() => frameMilliseconds), effort: gifEffort })
    .toBuffer();
}

/** Frames in the order they are shown in one round: 0 1 2 1 for three frames that loop back and forth. */
export function orderPlayback<T>(frames: readonly T[], { pingPong = true }: PlaybackOptions): T[] {
  return pingPong ? [...frames, ...frames.slice(1, -1).reverse()] : [...frames];
}
