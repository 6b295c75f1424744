import { createHash } from 'node:crypto';
import { access, constants, mkdir, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { produceAtomically, writeAtomically } from '@unblur/files';
import type { RgbImage } from './raster.js';
import { explainFileError, UnblurError } from './unblur-error.js';
import type { VideoDeblurrer } from './video-deblurrer.js';
import { openVideoWriter, probeVideo, readVideoFrames, type FfmpegOptions, type VideoFacts, type VideoWriter } from './video-file.js';
import { frameStem, listFrames, readFrames } from './video-frame-folder.js';
import { toSharp } from './writers/pixel-image.js';

export interface DeblurVideoOptions extends FfmpegOptions {
  /** The weights that the deblurrer was made from: a folder of frames is only continued with the same, and mirrored or not as before. */
  weights: Uint8Array;
  /** Rate of a clip that is made from a folder of frames. Default 25. */
  framesPerSecond?: number;
  /** Called after each frame that was written. */
  onFrame?: (done: number, total: number) => void;
  /** Called with a line about the clip that its owner should know. */
  onNote?: (line: string) => void;
}

export interface DeblurredVideo {
  width: number;
  height: number;
  /** Frames written now, and those that were there from before. */
  frames: number;
  skipped: number;
}

/** What makes a sequence of frames sharp, and how. */
export type SequenceDeblurrer = Pick<VideoDeblurrer, 'deblur' | 'reach'> & Partial<Pick<VideoDeblurrer, 'mirrored'>>;

/** ffmpeg's names of the file formats that hold H.264, by extension. */
const containers: Record<string, string> = { '.mp4': 'mp4', '.m4v': 'mp4', '.mov': 'mov', '.mkv': 'matroska', '.ts': 'mpegts' };
const recordName = '.unblur-video.json';

/** A clip or a folder of frames, ready to be read from any of its frames on. */
interface FrameSource {
  total: number;
  facts: VideoFacts;
  /** Where its sound is. */
  clip: string | undefined;
  /** File names of its frames without extension. */
  stems: string[];
  framesFrom(index: number): AsyncGenerator<RgbImage, void, undefined>;
}

/**
 * Makes a clip or a folder of frames sharp and writes a clip (`.mp4`, `.m4v`, `.mov`, `.mkv`, `.ts`) or a folder of PNGs, each by what the
 * name of the output ends in. A clip keeps its sound. A folder that holds some of the frames already, from an earlier
 * run with the same weights, gets the missing ones.
 *
 * Frames go through one by one: memory does not depend on their number.
 *
 * @throws UnblurError with one line for the user; the signal's reason when aborted. No file is ever left half-written.
 */
export async function deblurVideo(input: string, output: string, deblurrer: SequenceDeblurrer, options: DeblurVideoOptions): Promise<DeblurredVideo> {
  const isFolder = (await stat(input).catch((cause: unknown) => {
    throw explainFileError('read', input, cause);
  })).isDirectory();
  await expectOutputPlace(input, output);
  const container = containers[extname(output).toLowerCase()];
  const source = isFolder ? await openFolder(input, options) : await openClip(input, options);
  if (source.total === 1) throw new UnblurError(`${input} holds one frame, which has no neighbours to learn from; for a photograph, use: ${isFolder ? '' : `ffmpeg -i ${input} photo.png && `}unblur restore ${isFolder ? input : 'photo.png'}`);
  if (!isFolder && options.framesPerSecond !== undefined) options.onNote?.(`${input} keeps its own rate; frames per second are chosen for folders of frames only`);
  return container ? writeClip(source, output, container, deblurrer, options) : writeFolder(source, input, output, deblurrer, options);
}

/** @throws UnblurError when the result would take the place of what it is made from, or its name ends like a file that is not made here. */
async function expectOutputPlace(input: string, output: string): Promise<void> {
  const [from, to] = await Promise.all([input, output].map((path) => realpath(path).catch(() => undefined)));
  if (from === to) throw new UnblurError(`${output} is what is to be deblurred, and would be lost; choose another place for the result`);
  const extension = extname(output).toLowerCase();
  if (to === undefined && /^\.[a-z][a-z0-9]{1,4}$/.test(extension) && !(extension in containers)) {
    throw new UnblurError(`Expected a clip that ends in ${Object.keys(containers).join(', ')}, or a folder, but received ${output}; where that is to be a folder, make it first`);
  }
}

async function openFolder(folder: string, { framesPerSecond = 25, signal }: DeblurVideoOptions): Promise<FrameSource> {
  const paths = await listFrames(folder);
  const facts: VideoFacts = { frames: paths.length, frameRate: String(framesPerSecond), isVariableRate: false, hasAudio: false, assumedColorMatrix: undefined };
  return { total: paths.length, facts, clip: undefined, stems: paths.map(frameStem), framesFrom: (index) => readFrames(paths.slice(index), signal) };
}

async function openClip(path: string, options: DeblurVideoOptions): Promise<FrameSource> {
  const facts = await probeVideo(path, options);
  if (facts.isVariableRate) options.onNote?.(`${path} has a variable frame rate: it is brought to its mean of ${facts.frameRate} frames per second`);
  return {
    total: facts.frames,
    facts,
    clip: path,
    stems: Array.from({ length: facts.frames }, (_, index) => frameName(index)),
    framesFrom: (index) => skip(readVideoFrames(path, facts, options), index),
  };
}

const frameName = (index: number) => `frame-${String(index + 1).padStart(6, '0')}`;

async function* skip(frames: AsyncIterable<RgbImage>, count: number): AsyncGenerator<RgbImage, void, undefined> {
  let index = 0;
  for await (const frame of frames) if (index++ >= count) yield frame;
}

function writeClip(source: FrameSource, output: string, container: string, deblurrer: Pick<VideoDeblurrer, 'deblur'>, options: DeblurVideoOptions): Promise<DeblurredVideo> {
  const { facts, clip, total } = source;
  const written: DeblurredVideo = { width: 0, height: 0, frames: 0, skipped: 0 };
  return produceAtomically(
    output,
    async (temporaryPath) => {
      // Before the work, not after it.
      await access(dirname(temporaryPath), constants.W_OK);
      let writer: VideoWriter | undefined;
      try {
        for await (const frame of deblurrer.deblur(source.framesFrom(0), { overwrites: true })) {
          options.signal?.throwIfAborted();
          writer ??= openVideoWriter(temporaryPath, container, frame, facts, clip, options);
          await writer.write(frame);
          Object.assign(written, { width: frame.width, height: frame.height, frames: written.frames + 1 });
          options.onFrame?.(written.frames, Math.max(total, written.frames));
        }
        if (!writer) throw new UnblurError('The clip gave no frame that could be decoded; get the whole file');
        await writer.finish();
      } catch (cause) {
        writer?.abort();
        throw cause;
      }
    },
    options.signal,
  ).then(() => written);
}

async function writeFolder(source: FrameSource, input: string, folder: string, deblurrer: SequenceDeblurrer, { weights, onFrame, signal }: DeblurVideoOptions): Promise<DeblurredVideo> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw explainFileError('write', folder, cause);
  });
  await claimFolder(folder, { input, weights: createHash('sha256').update(weights).digest('hex'), ...(deblurrer.mirrored ? { mirrored: true } : {}) });
  const present = new Set(await readdir(folder));
  const fileOf = (index: number) => `${source.stems[index] ?? frameName(index)}.png`;
  const missing = source.stems.flatMap((_, index) => (present.has(fileOf(index)) ? [] : [index]));
  const written: DeblurredVideo = { width: 0, height: 0, frames: 0, skipped: source.total - missing.length };
  const [first, last] = [missing[0], missing.at(-1)];
  if (first === undefined || last === undefined) return written;

  // A frame depends on `reach` neighbours to either side; from there on, sharp frames are those that a whole run would give.
  let index = Math.max(0, first - deblurrer.reach);
  for await (const frame of deblurrer.deblur(source.framesFrom(index), { overwrites: true })) {
    signal?.throwIfAborted();
    if (!present.has(fileOf(index))) {
      await writeAtomically(join(folder, fileOf(index)), await toSharp(frame).png().toBuffer(), signal);
      Object.assign(written, { width: frame.width, height: frame.height, frames: written.frames + 1 });
      onFrame?.(written.frames, Math.max(missing.length, written.frames));
    }
    // A clip of variable rate may give a few frames more than it has packets.
    if (++index > last && last < source.total - 1) break;
  }
  return written;
}

/** Notes in a new folder what its frames come from. @throws UnblurError when they come from something else. */
async function claimFolder(folder: string, record: { input: string; weights: string; mirrored?: true }): Promise<void> {
  const path = join(folder, recordName);
  const known = await readFile(path, 'utf8').catch(() => undefined);
  if (known === undefined) {
    if ((await readdir(folder)).some((name) => extname(name) === '.png')) throw new UnblurError(`${folder} holds pictures that are not from an earlier run of this kind; choose an empty folder`);
    await writeAtomically(path, Buffer.from(`${JSON.stringify(record, null, 1)}\n`));
    return;
  }
  if (JSON.stringify(JSON.parse(known)) !== JSON.stringify(record)) throw new UnblurError(`${folder} holds frames of another clip, or made with other weights or another choice of --mirrored; choose another folder, or remove this one to start anew`);
}
