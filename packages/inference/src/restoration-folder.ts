import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { produceAtomically, writeAtomically } from '@unblur/files';
import { loadPhoto, type LoadPhotoOptions, type Photo } from './photo.js';
import type { MotionField } from './raster.js';
import type { RestoredFrame, Restorer } from './restorer.js';
import { resize, workingScales, type WorkingScale } from './working-scale.js';
import { explainFileError } from './unblur-error.js';
import { encodeAnimation, type PlaybackOptions } from './writers/animation.js';
import { encodeContactSheet } from './writers/contact-sheet.js';
import { encodeMotionPicture } from './writers/motion-picture.js';
import { fitWithin, scaleToPixels, toSharp, toSharp16, type PixelImage } from './writers/pixel-image.js';
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

/** What a restoration of a photograph is made with. */
export type FrameSource = Pick<Restorer, 'restoreFrames' | 'times' | 'anyTime'>;

export interface WriteRestorationOptions extends PlaybackOptions {
  /** Default `webp`. */
  animation?: 'webp' | 'gif';
  /** `auto` (default): where ffmpeg is found. */
  video?: 'auto' | 'never';
  /** The least number of frames that the animation and the video have, where the network has frames at any time. Default 25. */
  smoothFrames?: number;
  /** The ffmpeg to run. Default: the one in PATH. */
  ffmpegPath?: string;
  /** Called with the fraction of the work that is done, 0 to 1. */
  onShare?: (share: number) => void;
  signal?: AbortSignal;
}

export interface WrittenFiles {
  files: Array<{ kind: ResultKind; path: string }>;
  /** What was not written, and why. */
  skipped: Array<{ kind: ResultKind; reason: string }>;
  /** At which fraction of its size the photograph was restored. */
  scale: WorkingScale;
}

export interface RestorePhotoOptions extends WriteRestorationOptions, LoadPhotoOptions {}

export interface RestoredPhoto extends WrittenFiles {
  photo: Pick<Photo, 'width' | 'height' | 'bitDepth' | 'hadAlpha' | 'pages'>;
  milliseconds: { load: number; restore: number };
}

/**
 * Restores a photograph and writes into `folder`, made where it does not exist:
 * `frame-0.png` ... in time order (16-bit where the photograph is), `animation.webp` or `.gif`, `video.mp4` where ffmpeg is found,
 * `contact-sheet.png` and `motion.png`. What an earlier restoration has left there beside these goes.
 *
 * @throws UnblurError with one line for the user; the signal's reason when aborted. No file is ever left half-written.
 */
export async function restorePhotoToFolder(photoPath: string, folder: string, restorer: FrameSource, options: RestorePhotoOptions = {}): Promise<RestoredPhoto> {
  const start = performance.now();
  const photo = await loadPhoto(photoPath, options);
  const loaded = performance.now();
  const written = await restoreLoadedPhoto(photo, folder, restorer, options);
  const { width, height, bitDepth, hadAlpha, pages } = photo;
  return { photo: { width, height, bitDepth, hadAlpha, pages }, ...written, milliseconds: { load: loaded - start, restore: performance.now() - loaded } };
}

/** Restores a photograph that is in memory; see `restorePhotoToFolder`. Every frame is written when it is made, so that only small copies of them are kept. */
export async function restoreLoadedPhoto(photo: Photo, folder: string, restorer: FrameSource, options: WriteRestorationOptions = {}): Promise<WrittenFiles> {
  const { animation = 'webp', video = 'auto', smoothFrames = 25, ffmpegPath, onShare = () => undefined, signal } = options;
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
  const plan = planPlayback(photo, restorer, smoothFrames);
  const stills: PixelImage[] = [];
  const played: PixelImage[] = [];
  const motionsPixels: MotionField[] = [];

  const sequence = await restorer.restoreFrames(photo, { times: plan.sameSize ? plan.times : restorer.times, onShare: (share) => onShare(share * plan.stillShare), signal });
  for await (const { time, frame, motionPixels } of sequence.frames) {
    const playedIndex = plan.sameSize ? plan.played.indexOf(time) : -1;
    if (playedIndex >= 0) played[playedIndex] = await smallCopy(frame, playbackSidePixels);
    const still = restorer.times.indexOf(time);
    if (still < 0) continue;
    stills[still] = await smallCopy(frame, contactSidePixels);
    motionsPixels[still] = motionPixels;
    await write('frame', `frame-${still}.png`, await (photo.bitDepth === 16 ? toSharp16(frame) : toSharp(frame)).png().toBuffer());
  }
  if (!plan.sameSize) {
    const moving = await restoreSmall(photo, restorer, plan.played, sequence.scale, { onShare: (share) => onShare(plan.stillShare + share * (1 - plan.stillShare)), signal });
    played.push(...(agreement(motionsPixels, moving.motionsPixels) < 0 ? moving.frames.reverse() : moving.frames));
  }
  await write('animation', `animation.${animation}`, await encodeAnimation(played, animation, options));
  await write('contact-sheet', 'contact-sheet.png', await encodeContactSheet(photo, stills));
  await write('motion', 'motion.png', await encodeMotionPicture(played[Math.floor((played.length - 1) / 2)]!, motionsPixels, photo));

  if (video === 'never') skipped.push({ kind: 'video', reason: 'not asked for' });
  else if (!(await hasFfmpeg(ffmpegPath))) skipped.push({ kind: 'video', reason: 'ffmpeg is not installed' });
  else {
    const path = join(folder, 'video.mp4');
    await produceAtomically(path, (temporaryPath) => writeVideo(temporaryPath, played, options), signal);
    files.push({ kind: 'video', path });
  }
  await removeStaleResults(folder, earlier, files.map(({ path }) => path));
  return { files: files.sort((a, b) => compareNumbered(a.path, b.path)), skipped, scale: sequence.scale };
}

const compareNumbered = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** Animations and videos are no larger: phones and chat programs show no more. */
const playbackSidePixels = 1280;
/** Nor do they have more frames, however many are kept. */
const mostPlayed = 100;
/** Of the copies for the contact sheet. */
const contactSidePixels = 480;

async function smallCopy(frame: RestoredFrame['frame'], longestSidePixels: number): Promise<PixelImage> {
  const { width, height } = fitWithin(frame, longestSidePixels);
  return scaleToPixels(frame, width, height);
}

interface PlaybackPlan {
  /** Of all frames that are made where those that are kept and those that are played are made together. */
  times: readonly number[];
  /** Of those that are played. */
  played: readonly number[];
  /** Whether they are made together with the frames that are kept, since the photograph is no larger than what is played. */
  sameSize: boolean;
  /** Which fraction of the work the frames that are kept take. */
  stillShare: number;
}

/** The frames that are played: as many as look smooth, those that are kept among them. */
function planPlayback(photo: Photo, { times, anyTime }: FrameSource, smoothFrames: number): PlaybackPlan {
  const steps = times.length - 1;
  const finer = anyTime ? Math.max(1, Math.ceil((smoothFrames - 1) / steps)) : 1;
  const count = finer * steps;
  const all = Array.from({ length: count + 1 }, (_, index) => (index % finer === 0 ? times[index / finer]! : (2 * index - count) / count));
  const every = Math.ceil(count / (mostPlayed - 1));
  const played = all.filter((_, index) => index % every === 0);
  const shrink = Math.max(photo.width, photo.height) / playbackSidePixels;
  // What a photograph costs beside its frames counts as eight of them.
  const smallWork = (8 + played.length) / shrink ** 2;
  return { times: all, played, sameSize: !anyTime || shrink <= 1, stillShare: !anyTime || shrink <= 1 ? 1 : (8 + times.length) / (8 + times.length + smallWork) };
}

/** All frames of a copy that is as large as what is played, at the scale that comes nearest to the one of the photograph. */
async function restoreSmall(photo: Photo, restorer: FrameSource, times: readonly number[], scale: WorkingScale, options: { onShare: (share: number) => void; signal: AbortSignal | undefined }): Promise<{ frames: PixelImage[]; motionsPixels: MotionField[] }> {
  const { width, height } = fitWithin(photo, playbackSidePixels);
  const ratio = (scale * photo.width) / width;
  const copyScale = workingScales.find((candidate) => candidate <= ratio * 1.5) ?? workingScales.at(-1)!;
  const { frames } = await restorer.restoreFrames(await resize(photo, width, height), { times, scale: copyScale, ...options });
  const restored: { frames: PixelImage[]; motionsPixels: MotionField[] } = { frames: [], motionsPixels: [] };
  for await (const { index, frame, motionPixels } of frames) {
    restored.frames[index] = await smallCopy(frame, playbackSidePixels);
    restored.motionsPixels[index] = motionPixels;
  }
  return restored;
}

/** Positive where two restorations of one photograph move the same way, negative where one runs backwards. Each from its first to its last frame, of any sizes. */
function agreement(a: readonly MotionField[], b: readonly MotionField[]): number {
  const [firstA, lastA, firstB, lastB] = [a[0]!, a.at(-1)!, b[0]!, b.at(-1)!];
  let sum = 0;
  for (let y = 0; y < lastB.height; y++) {
    const row = Math.min(lastA.height - 1, Math.floor(((y + 0.5) * lastA.height) / lastB.height));
    for (let x = 0; x < lastB.width; x++) {
      const column = Math.min(lastA.width - 1, Math.floor(((x + 0.5) * lastA.width) / lastB.width));
      const [cellA, cellB] = [2 * (row * lastA.width + column), 2 * (y * lastB.width + x)];
      for (const axis of [0, 1]) sum += (lastA.data[cellA + axis]! - firstA.data[cellA + axis]!) * (lastB.data[cellB + axis]! - firstB.data[cellB + axis]!);
    }
  }
  return sum;
}
