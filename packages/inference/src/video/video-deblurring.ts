import { createHash } from 'node:crypto';
import { access, constants, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import {
  bitDepthAsRead,
  clipExtensions,
  codingOfFrames,
  colorsAsRead,
  containerOf,
  expectReadingChoice,
  fraction,
  openClipWriter,
  probeClip,
  readClip,
  type ClipFacts,
  type ClipWriter,
  type Container,
  type FfmpegOptions,
  type PictureCoding,
  type ReadingChoice,
  type TimedFrame,
} from '@unblur/clips';
import { expectSafetensorsBytes } from '@unblur/core-model';
import {
  digestOfFile,
  doClaimed,
  doLocked,
  expectOptions,
  explainFileError,
  type OptionNames,
  produceAtomically,
  shellWord,
  UnblurError,
  writeAtomically,
} from '@unblur/files';
import { explainWeights, listOfWeights, type VideoWeights } from '@unblur/restoration';
import { frameStem, listNamedFrames, readFrames } from './video-frame-folder.js';
import type { VideoDeblurrer } from './video-deblurrer.js';
import { besideOriginal, expectPart, framesOfPart, type ClipPart } from './video-preview.js';
import { loadPhoto } from '../pictures/photo.js';
import { encodeFrame, expectFrameEncoding, type FrameEncoding } from '../pictures/frame-encoder.js';
import { frameFormats } from '../result-names.js';

export interface DeblurVideoOptions extends FfmpegOptions, FrameEncoding {
  /**
   * The weights that the deblurrer was made from: a folder of frames is only continued with the same, in the
   * same precision, and mirrored or not as before.
   */
  weights: VideoWeights;
  /** Rate of a clip that is made from a folder of frames. Default 25. */
  framesPerSecond?: number | undefined;
  /**
   * What becomes of a clip of high dynamic range (PQ, HLG). `keep`: a clip of the same kind, at 10 bits.
   * `tonemap`: ordinary pictures. Default: kept in a clip, tone-mapped in a folder, whose pictures say
   * nothing of it.
   */
  hdr?: 'keep' | 'tonemap' | undefined;
  /** Whether interlaced frames are made progressive, one from each. Default true. */
  deinterlace?: boolean | undefined;
  /**
   * Writes a clip of this part alone, the original on the left and the sharp one on the right, without sound.
   * Its first and last frames are taken for those of the clip.
   */
  preview?: ClipPart | undefined;
  /** Whether a clip that is there already may be replaced. A folder is continued anyway. Default true. */
  overwrite?: boolean | undefined;
  /** Called after each frame that was written. */
  onFrame?: ((done: number, total: number) => void) | undefined;
  /** Called with a line about the clip that its owner should know. */
  onNote?: ((line: string) => void) | undefined;
}

const videoOptions: OptionNames<DeblurVideoOptions> = {
  weights: true,
  framesPerSecond: true,
  hdr: true,
  deinterlace: 'boolean',
  preview: true,
  overwrite: 'boolean',
  format: true,
  bitDepth: true,
  quality: true,
  ffmpegPath: true,
  signal: 'signal',
  onFrame: 'function',
  onNote: 'function',
};

export interface DeblurredVideo {
  /** Of what was written, in pixels: a preview has the original and the sharp one side by side. */
  width: number;
  height: number;
  /** How many frames were written now. */
  frames: number;
  /** How many were in the folder already, from an earlier run. */
  skipped: number;
}

/** Deblurs a sequence of frames. */
export type SequenceDeblurrer = Pick<VideoDeblurrer, 'deblur'> &
  Partial<Pick<VideoDeblurrer, 'mirrored' | 'precision' | 'expectFrameSize'>>;

const recordName = '.unblur-video.json';

/** A clip or a folder of frames, ready to be read. */
interface VideoInput {
  total: number;
  /** Where sound, title and so on are. */
  clip: { path: string; facts: ClipFacts } | undefined;
  /** How a clip of its frames is coded. */
  coding: PictureCoding;
  /** File names of its frames without extension. */
  stems: string[];
  /** The same for the same pictures, wherever they lie. */
  digest(): Promise<string>;
  /** What to tell the user where it gives no frame. */
  explainEmpty?: string;
  /** @param fromSeconds where reading begins, after the first frame. */
  frames(fromSeconds?: number): AsyncGenerator<TimedFrame, void, undefined>;
}

/**
 * Deblurs a clip or a folder of frames and writes a clip (`.mp4`, `.m4v`, `.mov`, `.mkv`, `.webm`, `.ts`) or
 * a folder of pictures (PNG unless another `format` is asked for), depending on the extension of the output's
 * name. A clip keeps the time of every frame, its colours, the shape of its pixels, its sound, subtitles,
 * chapters and title; what the output cannot hold is noted. An existing clip of that name is replaced unless
 * `overwrite` is false. A folder that holds some of the frames already, from an earlier run with the same
 * weights, gets the missing ones.
 *
 * Frames go through one by one: memory does not depend on their number.
 *
 * @throws UnblurError with one line for the user; the signal's reason when aborted. No file is ever left
 * half-written.
 */
export async function deblurVideo(
  input: string,
  output: string,
  deblurrer: SequenceDeblurrer,
  options: DeblurVideoOptions,
): Promise<DeblurredVideo> {
  const example = "deblurVideo('clip.mp4', 'sharp.mp4', deblurrer, { weights })";
  if (
    ![input, output].every((path) => typeof path === 'string' && path !== '') ||
    typeof deblurrer?.deblur !== 'function'
  ) {
    throw new UnblurError(
      `Expected ${example}, with two paths and what createVideoDeblurrer({ weights }) gives, but received something else`,
    );
  }
  expectOptions(options, videoOptions, example);
  if (options.preview) expectPart(options.preview);
  options.signal?.throwIfAborted();
  const isFolder = (
    await stat(input).catch((cause: unknown) => {
      throw explainFileError('read', input, cause);
    })
  ).isDirectory();
  await expectOutputPlace(input, output, options);
  const container = containerOf(output);
  if (!container && options.hdr === 'keep') {
    throw new UnblurError(
      "Expected a clip as output, to keep high dynamic range, but received a folder; leave out hdr: 'keep'",
    );
  }
  if (!container && options.preview) {
    throw new UnblurError(
      `Expected a clip for the preview (${clipExtensions.join(', ')}) but received the folder ${output}`,
    );
  }
  expectFrameEncoding(options);
  if (container && [options.format, options.bitDepth, options.quality].some((value) => value !== undefined)) {
    throw new UnblurError(
      'Expected a folder as output, for frames of a format, bit depth or quality, but received a clip; leave out format, bitDepth and quality',
    );
  }
  const source = isFolder
    ? await openFolder(input, container, options)
    : await openClip(input, deblurrer, container, options);
  if (source.total === 1) {
    throw new UnblurError(
      `${input} holds one frame, which has no neighbours to learn from; for a photograph, use: ${isFolder ? '' : `ffmpeg -i ${shellWord(input)} photo.png && `}unblur restore ${isFolder ? shellWord(input) : 'photo.png'}`,
    );
  }
  if (!isFolder && options.framesPerSecond !== undefined) {
    options.onNote?.(`${input} keeps its own rate; frames per second are chosen for folders of frames only`);
  }
  if (!container) {
    return doLocked(output, 'video', () => writeFolder(source, output, deblurrer, options));
  }
  // Before the work, not after it.
  await access(dirname(output), constants.W_OK).catch((cause: unknown) => {
    throw explainFileError('write', output, cause);
  });
  return doLocked(
    dirname(output),
    basename(output),
    () =>
      options.preview
        ? writePreview(source, options.preview, input, output, container, deblurrer, options)
        : writeClip(source, output, container, deblurrer, options),
    { makesFolder: false, result: output },
  );
}

/**
 * @throws UnblurError when the result would take the place of what it is made from, or of a clip that is to
 * stay, or its name ends like a file that is not made here.
 */
async function expectOutputPlace(
  input: string,
  output: string,
  { overwrite = true }: DeblurVideoOptions,
): Promise<void> {
  const [from, to] = await Promise.all([input, output].map((path) => realpath(path).catch(() => undefined)));
  if (from === to) {
    throw new UnblurError(
      `${output} is the input itself and would be lost; choose another place for the result`,
    );
  }
  if (to !== undefined && !overwrite && containerOf(output)) {
    throw new UnblurError(`${output} exists; choose another name, or replace it with overwrite: true`);
  }
  const extension = extname(output).toLowerCase();
  if (to === undefined && /^\.[a-z][a-z0-9]{1,4}$/.test(extension) && !containerOf(output)) {
    throw new UnblurError(
      `Expected a clip that ends in ${clipExtensions.join(', ')}, or a folder, but received ${output}; if that is to be a folder, create it first`,
    );
  }
}

async function openFolder(
  folder: string,
  container: Container | undefined,
  { framesPerSecond = 25, signal }: DeblurVideoOptions,
): Promise<VideoInput> {
  const paths = listNamedFrames(folder);
  const coding = codingOfFrames(framesPerSecond);
  async function* frames(fromSeconds = 0): AsyncGenerator<TimedFrame, void, undefined> {
    let index = Math.round(fromSeconds * framesPerSecond);
    for await (const frame of readFrames(paths.slice(index), signal)) {
      yield { ...frame, timeSeconds: index++ / framesPerSecond };
    }
  }
  return {
    total: paths.length,
    clip: undefined,
    // Pictures stay as deep as they are; a clip of 8 bits plays everywhere.
    coding: container ? coding : { ...coding, bitDepth: (await loadPhoto(paths[0]!)).bitDepth },
    stems: paths.map(frameStem),
    digest: () => digestOfFolder(paths),
    frames,
  };
}

async function openClip(
  path: string,
  deblurrer: SequenceDeblurrer,
  container: Container | undefined,
  options: DeblurVideoOptions,
): Promise<VideoInput> {
  const choice: ReadingChoice = {
    hdr: options.hdr ?? (container ? 'keep' : 'tonemap'),
    deinterlace: options.deinterlace ?? true,
  };
  expectReadingChoice(choice);
  const { ffmpegPath, signal } = options;
  const facts = await probeClip(path, { ffmpegPath, signal, expectFrameSize: deblurrer.expectFrameSize });
  const { picture, frames, frameRate, timeBase } = facts;
  for (const note of describeReading(path, facts, choice)) options.onNote?.(note);
  return {
    total: frames,
    clip: { path, facts },
    coding: {
      colors: colorsAsRead(facts, choice),
      bitDepth: bitDepthAsRead(facts, choice),
      chroma: picture.chroma,
      frameRate,
      timeBase,
      light: choice.hdr === 'keep' ? picture : undefined,
    },
    stems: Array.from({ length: frames }, (_, index) => frameName(index)),
    digest: () => digestOfFile(path),
    frames: (fromSeconds) => readClip(path, facts, { ...choice, fromSeconds }, { ffmpegPath, signal }),
  };
}

/** Of the names and sizes of its pictures, all of which would take long to read. */
async function digestOfFolder(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(`${basename(path)} ${(await stat(path)).size}\n`);
  return hash.digest('hex');
}

/** What its owner should know of how a clip is read, a line each. */
function describeReading(
  path: string,
  { picture }: ClipFacts,
  { hdr, deinterlace }: ReadingChoice,
): string[] {
  return [
    ...(picture.hdr
      ? [
          `${path} has high dynamic range (${picture.hdr}): ${hdr === 'keep' ? "kept, at 10 bits; hdr: 'tonemap' makes it an ordinary clip" : 'tone-mapped to ordinary pictures (BT.709)'}`,
        ]
      : []),
    ...(picture.isInterlaced && deinterlace
      ? [`${path} is interlaced: each of its frames is made progressive`]
      : []),
    ...(picture.hasAlpha ? [`${path} has an alpha channel: laid over white`] : []),
  ];
}

const frameName = (index: number) => `frame-${String(index + 1).padStart(6, '0')}`;

async function writeClip(
  source: VideoInput,
  output: string,
  container: Container,
  deblurrer: SequenceDeblurrer,
  options: DeblurVideoOptions,
): Promise<DeblurredVideo> {
  const { ffmpegPath, signal } = options;
  const written: DeblurredVideo = { width: 0, height: 0, frames: 0, skipped: 0 };
  let loss: string | undefined;
  await produceAtomically(
    output,
    async (temporaryPath) => {
      const writer: ClipWriter = await openClipWriter(
        temporaryPath,
        output,
        container,
        source.coding,
        source.clip,
        { ffmpegPath, signal },
      );
      // Sharp frames come some frames later than those that they are made from, one for each.
      const awaited: Pick<TimedFrame, 'timeSeconds' | 'sampleAspectRatio'>[] = [];
      try {
        for await (const frame of deblurrer.deblur(noting(source.frames(), awaited), {
          overwrites: true,
        })) {
          signal?.throwIfAborted();
          await writer.write({ ...frame, ...awaited.shift()! });
          Object.assign(written, { width: frame.width, height: frame.height, frames: written.frames + 1 });
          options.onFrame?.(written.frames, Math.max(source.total, written.frames));
        }
        if (written.frames === 0) {
          throw new UnblurError(
            source.explainEmpty ?? 'The clip gave no frame that could be decoded; get the whole file',
          );
        }
        loss = await writer.finish();
      } finally {
        await writer.abort();
      }
    },
    signal,
  );
  if (loss) options.onNote?.(loss);
  return written;
}

function writePreview(
  source: VideoInput,
  part: ClipPart,
  input: string,
  output: string,
  container: Container,
  deblurrer: SequenceDeblurrer,
  options: DeblurVideoOptions,
): Promise<DeblurredVideo> {
  const { fromSeconds, toSeconds } = part;
  const framesPerSecond = fraction(source.coding.frameRate);
  const clipSeconds = source.total / framesPerSecond;
  if (fromSeconds >= clipSeconds) {
    throw new UnblurError(
      `Expected a preview of a part of ${input}, which lasts ${Number(clipSeconds.toFixed(1))} s, but received one that begins at ${fromSeconds} s`,
    );
  }
  const frames = () => framesOfPart(source.frames(fromSeconds), part, source.clip?.facts.beginSeconds ?? 0);
  return writeClip(
    {
      ...source,
      clip: undefined,
      total: Math.max(1, Math.round((Math.min(toSeconds, clipSeconds) - fromSeconds) * framesPerSecond)),
      explainEmpty: `Expected a preview of a part of ${input} in which a frame begins, but none does from ${fromSeconds} s to ${toSeconds} s; choose a longer part`,
      frames,
    },
    output,
    container,
    besideOriginal(deblurrer, frames),
    options,
  );
}

/** Passes frames on and notes when each is shown. */
async function* noting(
  frames: AsyncIterable<TimedFrame>,
  awaited: Pick<TimedFrame, 'timeSeconds' | 'sampleAspectRatio'>[],
): AsyncGenerator<TimedFrame, void, undefined> {
  for await (const frame of frames) {
    awaited.push({ timeSeconds: frame.timeSeconds, sampleAspectRatio: frame.sampleAspectRatio });
    yield frame;
  }
}

async function writeFolder(
  source: VideoInput,
  folder: string,
  deblurrer: SequenceDeblurrer,
  options: DeblurVideoOptions,
): Promise<DeblurredVideo> {
  const { weights, deinterlace = true, format = 'png', bitDepth, quality } = options;
  const { mirrored = false, precision } = deblurrer;
  const digest = createHash('sha256');
  for (const ofOne of listOfWeights(weights)) {
    digest.update(explainWeights(() => expectSafetensorsBytes(ofOne)));
  }
  await expectNoOtherPictures(folder);
  const claim = {
    fileName: recordName,
    record: {
      input: await source.digest(),
      weights: digest.digest('hex'),
      ...(mirrored ? { mirrored } : {}),
      ...(precision === 'float32' ? { precision } : {}),
      ...(deinterlace ? {} : { deinterlace: false }),
      ...(format === 'png' ? {} : { format }),
      ...(bitDepth === undefined ? {} : { bitDepth }),
      ...(quality === undefined ? {} : { quality }),
    },
    otherwise: () =>
      `${folder} holds frames of another clip, or made with other weights or another choice of mirrored, precision, deinterlace, format, bitDepth or quality; choose another folder, or remove this one to start anew`,
  };
  return doClaimed(folder, claim, () => writeMissing(source, folder, deblurrer, options));
}

async function writeMissing(
  source: VideoInput,
  folder: string,
  deblurrer: SequenceDeblurrer,
  options: DeblurVideoOptions,
): Promise<DeblurredVideo> {
  const { format = 'png', bitDepth, quality, onFrame, signal } = options;
  const present = new Set(await readdir(folder));
  const fileOf = (index: number) => `${source.stems[index] ?? frameName(index)}.${format}`;
  const missing = source.stems.flatMap((_, index) => (present.has(fileOf(index)) ? [] : [index]));
  const written: DeblurredVideo = { width: 0, height: 0, frames: 0, skipped: source.total - missing.length };
  const [first, last] = [missing[0], missing.at(-1)];
  if (first === undefined || last === undefined) return written;

  let index = first;
  for await (const frame of deblurrer.deblur(source.frames(), { overwrites: true, from: first })) {
    signal?.throwIfAborted();
    if (!present.has(fileOf(index))) {
      await writeAtomically(
        join(folder, fileOf(index)),
        await encodeFrame(frame, { format, bitDepth, quality }, source.coding),
        signal,
      );
      Object.assign(written, { width: frame.width, height: frame.height, frames: written.frames + 1 });
      onFrame?.(written.frames, Math.max(missing.length, written.frames));
    }
    // A clip may give other numbers of frames than can be told without decoding it.
    if (++index > last && last < source.total - 1) break;
  }
  return written;
}

/** @throws UnblurError when a folder that no earlier run has noted anything in holds pictures. */
async function expectNoOtherPictures(folder: string): Promise<void> {
  const names = await readdir(folder);
  const isPicture = (name: string) => frameFormats.some((format) => extname(name) === `.${format}`);
  if (!names.includes(recordName) && names.some(isPicture)) {
    throw new UnblurError(
      `${folder} holds pictures that are not from an earlier run of this kind; choose an empty folder`,
    );
  }
}
