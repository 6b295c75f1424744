import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { expectFfmpegPath, hasFfmpeg } from '@unblur/clips';
import {
  doLocked,
  expectOptions,
  type OptionNames,
  shellWord,
  UnblurError,
  writeAtomically,
  writeFolderAtomically,
} from '@unblur/files';
import { type DeepImage, type MotionField, type RgbImage, type WorkingScale } from '@unblur/restoration';
import { loadPhoto, type LoadPhotoOptions, type Photo } from '../pictures/photo.js';
import { Playback } from './playback.js';
import type { FrameSequence, RestoreFramesOptions, Restorer } from './restorer.js';
import {
  encodeAnimation,
  expectAnimationFormat,
  expectPlayback,
  animationSidePixels,
  type PlaybackOptions,
} from '../pictures/animation.js';
import { contactSidePixels, encodeContactSheet } from '../pictures/contact-sheet.js';
import { encodeFrame, expectFrameEncoding, type FrameEncoding } from '../pictures/frame-encoder.js';
import { encodeMotionPicture } from '../pictures/motion-picture.js';
import { toSrgb } from '../pictures/picture-metadata.js';
import { scaleWithin, toPixels, type Picture, type PixelImage } from '../pictures/pixel-image.js';
import { writeVideo } from '../pictures/video.js';
import { isRestoration, isResultName } from '../result-names.js';

export type ResultKind = 'frame' | 'animation' | 'video' | 'contact-sheet' | 'motion';

/**
 * Names of the files that an earlier restoration has left in a folder: to be known before another is written
 * there. None where the folder does not hold a restoration.
 */
async function listEarlierResults(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return isRestoration(names) ? names.filter(isResultName) : [];
}

/**
 * Removes of an earlier restoration what the one that took its place does not have, such as further frames.
 * @param current paths of its files.
 */
async function removeStaleResults(
  folder: string,
  earlier: readonly string[],
  current: readonly string[],
): Promise<void> {
  const kept = new Set(current.map((path) => basename(path)));
  for (const name of earlier) if (!kept.has(name)) await rm(join(folder, name), { force: true });
}

/** What a restoration of a photograph is made with. */
export interface FrameSource extends Pick<Restorer, 'times' | 'anyTime'> {
  /** @param options.integers whether frames may come as 16-bit integers. */
  restoreFrames(photo: RgbImage, options: RestoreFramesOptions): Promise<FrameSequence<RgbImage | DeepImage>>;
}

export interface WriteRestorationOptions extends PlaybackOptions, FrameEncoding {
  /** Default `webp`. */
  animation?: 'webp' | 'gif' | undefined;
  /** `auto` (default): where ffmpeg is found. */
  video?: 'auto' | 'never' | undefined;
  /**
   * The least number of frames that the animation and the video have, where the network has frames at any
   * time. Default 25.
   */
  smoothFrames?: number | undefined;
  /**
   * Whether frames carry what the camera noted of the photograph (EXIF), its place too, and what people say of
   * it (XMP). Default true.
   */
  metadata?: boolean | undefined;
  /** The ffmpeg to run. Default: the one in PATH. */
  ffmpegPath?: string | undefined;
  /** Called with the fraction of the work that is done, 0 to 1. */
  onShare?: ((share: number) => void) | undefined;
  /** Stops the work, which then rejects with the signal's reason and has written nothing. */
  signal?: AbortSignal | undefined;
}

export interface WrittenFiles {
  files: Array<{ kind: ResultKind; path: string }>;
  /** What was not written, and why. */
  skipped: Array<{ kind: ResultKind; reason: string }>;
  /** At which fraction of its size the photograph was restored. */
  scale: WorkingScale;
}

export interface RestorePhotoOptions extends WriteRestorationOptions, LoadPhotoOptions {
  /** Whether the caller keeps others from restoring to the folder. Default false: it is locked here. */
  isLocked?: boolean | undefined;
  /** Writes further files into the folder that it is given; they appear together with the results. */
  writeBeside?: ((folder: string) => Promise<void>) | undefined;
  /** Called with a line about the photograph that its owner should know. */
  onNote?: ((line: string) => void) | undefined;
}

const photoOptions: OptionNames<RestorePhotoOptions> = {
  format: true,
  bitDepth: true,
  quality: true,
  animation: true,
  video: true,
  smoothFrames: true,
  frameMilliseconds: true,
  pingPong: 'boolean',
  metadata: 'boolean',
  colors: true,
  maximumPixels: true,
  name: true,
  isLocked: 'boolean',
  ffmpegPath: true,
  writeBeside: 'function',
  onShare: 'function',
  onNote: 'function',
  signal: 'signal',
};

/** Nothing smaller shows a motion. */
const smallestSidePixels = 8;

export interface RestoredPhoto extends WrittenFiles {
  photo: Pick<Photo, 'width' | 'height' | 'bitDepth' | 'hadAlpha' | 'pages'>;
  milliseconds: { load: number; restore: number };
}

/**
 * Restores a photograph (a path, a `file:` URL or the bytes of an image file) and writes into `folder`, made
 * where it does not exist: `frame-0.png` ... in time order (16-bit where the photograph is, in its own
 * colours and with its EXIF and XMP; PNG unless another `format` is asked for), and in sRGB `animation.webp` or
 * `.gif`, `video.mp4` where ffmpeg is found, `contact-sheet.png` and `motion.png`. A restorer of one frame
 * writes the middle of the exposure alone, and no animation or video. They appear all at once; other files left
 * there by an earlier restoration are removed.
 *
 * @throws UnblurError with one line for the user; the signal's reason when aborted; what `writeBeside`
 * throws, unchanged unless it concerns a file in the folder. No file is ever left half-written.
 */
export async function restorePhotoToFolder(
  source: Parameters<typeof loadPhoto>[0],
  folder: string,
  restorer: FrameSource,
  options: RestorePhotoOptions = {},
): Promise<RestoredPhoto> {
  const start = performance.now();
  if (typeof folder !== 'string' || folder === '' || typeof restorer?.restoreFrames !== 'function') {
    throw new UnblurError(
      'Expected restorePhotoToFolder(photo, folder, restorer), with the path of a folder and the result of await createRestorer({ weights })',
    );
  }
  expectOptions(
    options,
    photoOptions,
    "restorePhotoToFolder('photo.jpg', 'restored', restorer, { format: 'webp' })",
  );
  options.signal?.throwIfAborted();
  expectFrameEncoding(options);
  expectPlayback(options);
  expectFfmpegPath(options.ffmpegPath);
  const { animation = 'webp', video = 'auto' } = options;
  expectAnimationFormat(animation);
  if (video !== 'auto' && video !== 'never') {
    throw new UnblurError(`Expected auto or never for video but received ${String(video)}`);
  }
  const { colors = 'own', maximumPixels } = options;
  const photo = await loadPhoto(source, { colors, maximumPixels, name: options.name });
  const { width, height, bitDepth, hadAlpha, pages, page } = photo;
  const name =
    options.name ?? (typeof source === 'string' || source instanceof URL ? String(source) : 'The image');
  if (Math.min(width, height) < smallestSidePixels) {
    throw new UnblurError(
      `${name} is ${width}x${height}: expected at least ${smallestSidePixels}x${smallestSidePixels} pixels, since nothing smaller shows a motion.`,
    );
  }
  if (hadAlpha) options.onNote?.(`${name} is transparent in parts: laid over white`);
  if (pages > 1) {
    options.onNote?.(
      `${name} holds ${pages} pictures: only ${page === 0 ? 'the first' : `number ${page + 1}, the largest,`} is restored${/\.gif$/i.test(name) ? `; for all of them, use: deblurVideo(${shellWord(name)}, sharp.mp4)` : ''}`,
    );
  }
  const loaded = performance.now();
  const write = async (): Promise<WrittenFiles> => {
    const earlier = await listEarlierResults(folder);
    let written: WrittenFiles | undefined;
    const paths = await writeFolderAtomically(folder, async (staging) => {
      written = await writeRestoration(photo, staging, restorer, options);
      await options.writeBeside?.(staging);
    });
    await removeStaleResults(folder, earlier, paths);
    const { files, ...facts } = written!;
    return { ...facts, files: files.map(({ kind, path }) => ({ kind, path: join(folder, basename(path)) })) };
  };
  const place = resolve(folder);
  const written = options.isLocked
    ? await write()
    : await doLocked(dirname(place), 'restoration', write, { parts: [basename(place)], result: folder });
  return {
    photo: { width, height, bitDepth, hadAlpha, pages },
    ...written,
    milliseconds: { load: loaded - start, restore: performance.now() - loaded },
  };
}

/** Into a folder of nothing else. Every frame is written when it is made, so that only small copies of them are kept. */
async function writeRestoration(
  photo: Photo,
  folder: string,
  restorer: FrameSource,
  options: WriteRestorationOptions,
): Promise<WrittenFiles> {
  const {
    format = 'png',
    bitDepth,
    quality,
    frameMilliseconds,
    pingPong,
    animation = 'webp',
    video = 'auto',
    smoothFrames = 25,
    metadata = true,
    ffmpegPath,
    onShare = () => undefined,
    signal,
  } = options;
  const playback = new Playback(restorer, smoothFrames);
  const files: WrittenFiles['files'] = [];
  const skipped: WrittenFiles['skipped'] = [];
  const write = async (kind: ResultKind, name: string, bytes: Uint8Array) => {
    const path = join(folder, name);
    await writeAtomically(path, bytes, signal);
    files.push({ kind, path });
  };

  const isOneFrame = restorer.times.length === 1;
  // Found out while the network is at work.
  const ffmpegIsThere = isOneFrame || video === 'never' ? false : hasFfmpeg(ffmpegPath);
  const sequence = await restorer.restoreFrames(photo, {
    times: playback.restoredTimes,
    integers: true,
    onShare,
    signal,
  });
  const source = metadata ? photo : { ...photo, exif: undefined, xmp: undefined };
  const writeStill: WriteStill = async (still, frame, pixels) =>
    write(
      'frame',
      `frame-${still}.${format}`,
      await encodeFrame(frame, { format, bitDepth, quality }, source, pixels),
    );
  const { stills, motionsPixels } = await takeFrames(sequence, photo, restorer.times, playback, writeStill);
  const skipStill = (kind: ResultKind) => skipped.push({ kind, reason: 'one frame does not move' });
  signal?.throwIfAborted();
  const played = await playback.finish(photo, signal);

  const writeVideoFile = async () => {
    if (isOneFrame) {
      skipStill('video');
    } else if (video === 'never') {
      skipped.push({ kind: 'video', reason: 'not asked for' });
    } else if (!(await ffmpegIsThere)) {
      skipped.push({ kind: 'video', reason: 'ffmpeg is not installed' });
    } else {
      const path = join(folder, 'video.mp4');
      await writeVideo(path, played, { frameMilliseconds, pingPong, ffmpegPath, signal });
      files.push({ kind: 'video', path });
    }
  };
  const writeAnimation = async () => {
    if (isOneFrame) {
      skipStill('animation');
    } else {
      const bytes = await encodeAnimation(played, animation, { frameMilliseconds, pingPong });
      await write('animation', `animation.${animation}`, bytes);
    }
  };
  const writeSheets = async () => {
    await write(
      'contact-sheet',
      'contact-sheet.png',
      await encodeContactSheet(await toSrgb(await scaleWithin(photo, contactSidePixels), photo), stills),
    );
    const middle = played[Math.floor((played.length - 1) / 2)]!;
    await write('motion', 'motion.png', await encodeMotionPicture(middle, motionsPixels, photo));
  };
  // What takes longest first: other programs and threads work at it while the sheets are drawn here.
  await allOrFirstFailure([writeVideoFile(), writeAnimation(), writeSheets()]);
  return { files: files.sort((a, b) => compareNumbered(a.path, b.path)), skipped, scale: sequence.scale };
}

/** Writes a frame to a file. @param still its number. @param pixels of the frame, in 8 bits. */
type WriteStill = (still: number, frame: RgbImage | DeepImage, pixels: PixelImage) => Promise<void>;

interface TakenFrames {
  /** Small copies of those that are written, by their number. */
  stills: Picture[];
  /** Of all that are restored, in time order. */
  motionsPixels: MotionField[];
}

/**
 * Takes all frames as they come, for the playback, and writes those at the times of the stills.
 *
 * @returns what the sheets show.
 */
async function takeFrames(
  sequence: FrameSequence<RgbImage | DeepImage>,
  photo: Photo,
  stillTimes: readonly number[],
  playback: Playback,
  writeStill: WriteStill,
): Promise<TakenFrames> {
  const stills: Picture[] = [];
  const motionsPixels: MotionField[] = [];
  // While two frames are encoded, on threads of their own, the next is put together; no more at once, for
  // each is large.
  const writing: Promise<void>[] = [];
  try {
    for await (const { time, frame, motionPixels } of sequence.frames) {
      const pixels = toPixels(frame);
      // For the video too.
      const copy = await toSrgb(await scaleWithin(pixels, animationSidePixels.webp), photo);
      playback.add(time, copy, motionPixels);
      motionsPixels[playback.restoredTimes.indexOf(time)] = motionPixels;
      const still = stillTimes.indexOf(time);
      if (still < 0) continue;
      stills[still] = await scaleWithin(copy, contactSidePixels);
      await writing.at(-2);
      const written = writeStill(still, frame, pixels);
      // Its failure is told by whoever waits for it, which may be later.
      written.catch(() => undefined);
      writing.push(written);
    }
  } finally {
    await allOrFirstFailure(writing);
  }
  return { stills, motionsPixels };
}

const compareNumbered = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** Waits for all work, failed or not, so that nothing is written any more when this fails. */
async function allOrFirstFailure(work: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
