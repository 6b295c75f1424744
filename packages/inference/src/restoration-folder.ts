import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { RestoreProgress } from './any-size-restoration.js';
import { loadPhoto, type LoadPhotoOptions, type Photo } from './photo.js';
import type { RestoredSequence } from './raster.js';
import type { Restorer } from './restorer.js';
import { explainFileError } from './unblur-error.js';
import { encodeAnimation, type PlaybackOptions } from './writers/animation.js';
import { produceAtomically, writeAtomically } from './writers/atomic-file.js';
import { encodeContactSheet } from './writers/contact-sheet.js';
import { encodeMotionPicture } from './writers/motion-picture.js';
import { toSharp, toSharp16 } from './writers/pixel-image.js';
import { hasFfmpeg, writeVideo } from './writers/video.js';

export type ResultKind = 'frame' | 'animation' | 'video' | 'contact-sheet' | 'motion';

/** Names of the files that a restoration consists of, whatever its number of frames and its options. */
const restorationFileName = /^(frame-\d+\.png|animation\.(webp|gif)|contact-sheet\.png|motion\.png|video\.mp4)$/;

/**
 * Names of the files that an earlier restoration has left in a folder: to be known before another is written there. None where the folder does
 * not hold the pictures that only a restoration has: frames alone may be somebody's own.
 */
export async function listEarlierResults(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const isRestoration = ['contact-sheet.png', 'motion.png'].every((name) => names.includes(name));
  return isRestoration ? names.filter((name) => restorationFileName.test(name)) : [];
}

/** Removes of an earlier restoration what the one that took its place does not have, such as further frames. @param current paths of its files. */
export async function removeStaleResults(folder: string, earlier: readonly string[], current: readonly string[]): Promise<void> {
  const kept = new Set(current.map((path) => basename(path)));
  for (const name of earlier) if (!kept.has(name)) await rm(join(folder, name), { force: true });
}

export interface WriteRestorationOptions extends PlaybackOptions {
  /** Default `webp`. */
  animation?: 'webp' | 'gif';
  /** `auto` (default): where ffmpeg is found. */
  video?: 'auto' | 'never';
  /** The ffmpeg to run. Default: the one in PATH. */
  ffmpegPath?: string;
  signal?: AbortSignal;
}

export interface WrittenFiles {
  files: Array<{ kind: ResultKind; path: string }>;
  /** What was not written, and why. */
  skipped: Array<{ kind: ResultKind; reason: string }>;
}

export interface RestorePhotoOptions extends WriteRestorationOptions, LoadPhotoOptions, RestoreProgress {}

export interface RestoredPhoto extends WrittenFiles {
  photo: Pick<Photo, 'width' | 'height' | 'bitDepth' | 'hadAlpha' | 'pages'>;
  milliseconds: { load: number; restore: number; write: number };
}

/**
 * Restores a photograph and writes into `folder`, made where it does not exist:
 * `frame-0.png` ... in time order (16-bit where the photograph is), `animation.webp` or `.gif`, `video.mp4` where ffmpeg is found,
 * `contact-sheet.png` and `motion.png`. What an earlier restoration has left there beside these goes.
 *
 * @throws UnblurError with one line for the user; the signal's reason when aborted. No file is ever left half-written.
 */
export async function restorePhotoToFolder(photoPath: string, folder: string, restorer: Pick<Restorer, 'restore'>, options: RestorePhotoOptions = {}): Promise<RestoredPhoto> {
  const start = performance.now();
  const photo = await loadPhoto(photoPath, options);
  const loaded = performance.now();
  const restored = await restorer.restore(photo, options);
  const done = performance.now();
  const written = await writeRestoration(photo, restored, folder, options);
  const { width, height, bitDepth, hadAlpha, pages } = photo;
  return { photo: { width, height, bitDepth, hadAlpha, pages }, ...written, milliseconds: { load: loaded - start, restore: done - loaded, write: performance.now() - done } };
}

/** Writes what was restored from a photograph; see `restorePhotoToFolder`. */
export async function writeRestoration(photo: Photo, { frames, motionsPixels }: RestoredSequence, folder: string, options: WriteRestorationOptions = {}): Promise<WrittenFiles> {
  const { animation = 'webp', video = 'auto', ffmpegPath, signal } = options;
  const files: WrittenFiles['files'] = [];
  const skipped: WrittenFiles['skipped'] = [];
  const write = async (kind: ResultKind, name: string, bytes: Uint8Array) => {
    const path = join(folder, name);
    await writeAtomically(path, bytes, signal);
    files.push({ kind, path });
  };

  const earlier = await listEarlierResults(folder);
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw explainFileError('write', folder, cause);
  });
  for (const [i, frame] of frames.entries()) await write('frame', `frame-${i}.png`, await (photo.bitDepth === 16 ? toSharp16(frame) : toSharp(frame)).png().toBuffer());
  await write('animation', `animation.${animation}`, await encodeAnimation(frames, animation, options));
  await write('contact-sheet', 'contact-sheet.png', await encodeContactSheet(photo, frames));
  await write('motion', 'motion.png', await encodeMotionPicture(frames[(frames.length - 1) / 2]!, motionsPixels));

  if (video === 'never') skipped.push({ kind: 'video', reason: 'not asked for' });
  else if (!(await hasFfmpeg(ffmpegPath))) skipped.push({ kind: 'video', reason: 'ffmpeg is not installed' });
  else {
    const path = join(folder, 'video.mp4');
    await produceAtomically(path, (temporaryPath) => writeVideo(temporaryPath, frames, options), signal);
    files.push({ kind: 'video', path });
  }
  await removeStaleResults(folder, earlier, files.map(({ path }) => path));
  return { files, skipped };
}
