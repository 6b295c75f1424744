import { abortable, expectOptions, removeTemporary, UnblurError } from '@unblur/files';
import { excerptOfValue } from '@unblur/files/parsed-value';
import type { ClipFacts, ColorTags } from './clip-facts.js';
import { expectStreamsFit, joinStreams } from './clip-joiner.js';
import { clipExtensions, type Container } from './containers.js';
import {
  describeWriteFailure,
  ffmpegOptions,
  outputFile,
  startFfmpeg,
  type FfmpegOptions,
} from './ffmpeg.js';
import { filtersFromRgb, standardColors } from './picture-colors.js';
import { rawVideoFrameHead, rawVideoHeader } from './raw-video-stream.js';

/** How pictures are coded. */
export interface PictureCoding {
  colors: ColorTags;
  bitDepth: 8 | 16;
  /** As in `PictureFacts`, kept where the container does. Default `4:2:0`. */
  chroma?: string;
  /** Mean frames per second as a fraction. */
  frameRate: string;
  /** What the times of frames are multiples of, in seconds, as a fraction. */
  timeBase: string;
  /** What an HDR clip says of its light, where it does. */
  light?: Pick<ClipFacts['picture'], 'masteringDisplay' | 'contentLight'>;
}

/**
 * The coding for frames that are generated rather than read from a clip.
 *
 * @throws UnblurError when the rate is less than one frame in 1000 seconds or no number.
 */
export function codingOfFrames(framesPerSecond: number): PictureCoding {
  if (!(framesPerSecond >= 0.001 && framesPerSecond < Infinity)) {
    throw new UnblurError(
      `Expected a rate of at least 0.001 frames per second but received ${excerptOfValue(framesPerSecond)}`,
    );
  }
  // 29.97 and its like stand for multiples of 1000/1001.
  const exact = (framesPerSecond * 1001) / 1000;
  const isBroadcast =
    exact > 0.5 && Math.abs(exact - Math.round(exact)) < 0.002 && !Number.isInteger(framesPerSecond);
  const [numerator, denominator] = isBroadcast
    ? [Math.round(exact) * 1000, 1001]
    : [Math.round(framesPerSecond * 1000), 1000];
  return {
    colors: standardColors,
    bitDepth: 8,
    frameRate: `${numerator}/${denominator}`,
    timeBase: `${denominator}/${numerator}`,
  };
}

function isCoding(coding: PictureCoding): boolean {
  const rates = [coding?.frameRate, coding?.timeBase];
  return Boolean(coding?.colors) && rates.every((rate) => /^\d+\/\d+$/.test(rate));
}

export interface TimedFrame {
  width: number;
  height: number;
  /** height * width * 3 RGB values in [0, 1], row by row, channels interleaved. */
  data: Float32Array;
  timeSeconds: number;
  sampleAspectRatio?: string | undefined;
}

export interface ClipWriter {
  /**
   * Adds a frame. Frames of calls that do not wait for each other are written in the order of the calls.
   *
   * @param frame of the size of the first, later than the one before; it must not change until the promise is
   * kept, and is no longer needed then.
   * @throws UnblurError when the frame is of another size, its values or its time are missing, or the writer
   * was finished or aborted; the signal's reason when aborted by it.
   */
  write(frame: TimedFrame): Promise<void>;
  /**
   * Waits until the file is complete. @returns a line about what of the original the file cannot hold;
   * undefined where it holds all.
   */
  finish(): Promise<string | undefined>;
  /**
   * Ends ffmpeg and removes what it had written; after `finish` has succeeded it does nothing, so that it may
   * stand in a `finally`. Without either ffmpeg waits for frames for ever. Never rejects.
   */
  abort(): Promise<void>;
}

/**
 * Opens a clip for writing. Every frame is shown at its own time. Encoders need even sides: an odd one gets
 * one more mirrored row or column.
 *
 * @param path where the file is written; `<path>.pictures` lies beside it meanwhile.
 * @param name what messages call it.
 * @param original the clip that sound, subtitles, chapters, title and so on are taken from.
 * @throws UnblurError when they cannot be written; the signal's reason when aborted.
 */
export async function openClipWriter(
  path: string,
  name: string,
  container: Container,
  coding: PictureCoding,
  original: { path: string; facts: ClipFacts } | undefined,
  options: FfmpegOptions = {},
): Promise<ClipWriter> {
  expectOptions(
    options,
    ffmpegOptions,
    'openClipWriter(path, name, container, coding, original, { signal })',
  );
  if (typeof path !== 'string' || !container?.options || !isCoding(coding) || (original && !original.facts)) {
    const received = container === undefined ? `no container for ${String(name)}` : 'something else';
    throw new UnblurError(
      `Expected openClipWriter(path, name, containerOf('sharp.mp4'), codingOfFrames(25), { path, facts }), with a name that ends in ${clipExtensions.join(', ')}, but received ${received}`,
    );
  }
  options.signal?.throwIfAborted();
  // Sound is added when the pictures are whole: they come so much slower that the file would begin with all
  // of the sound.
  const picturesPath = original ? `${path}.pictures` : path;
  if (original) {
    await expectStreamsFit(picturesPath, container, original, options).finally(() =>
      removeTemporary(picturesPath),
    );
  }
  /** What is there, unless it is whole, nobody has any use for. */
  const begun = new Set<string>();
  let pictures: PictureEncoder | undefined;
  let size: { width: number; height: number } | undefined;
  let state: 'open' | 'finished' | 'aborted' = 'open';
  let isWhole = false;
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;

  let previous: Promise<unknown> = Promise.resolve();
  function afterPrevious<T>(work: () => Promise<T>): Promise<T> {
    const result = previous.then(() => abortable(signal, work));
    previous = result.catch(() => undefined);
    return result;
  }
  function expectOpen(): void {
    options.signal?.throwIfAborted();
    if (state === 'open') return;
    throw new UnblurError(
      `Expected frames for ${name} before it was ${state}; open another writer for another clip`,
    );
  }

  async function finishFile(): Promise<string | undefined> {
    if (!pictures) throw new UnblurError(`${name} would have no frames; get the whole clip`);
    await pictures.finish();
    if (!original) return undefined;
    begun.add(path);
    const loss = await joinStreams(
      path,
      name,
      container,
      { path: picturesPath, beginSeconds: pictures.firstTimeSeconds, isHevc: isHevc(container, coding) },
      original,
      { ffmpegPath: options.ffmpegPath, signal },
    );
    await removeTemporary(picturesPath);
    return loss;
  }

  return {
    async write(frame) {
      expectOpen();
      expectFrame(name, frame, size);
      const { width, height } = frame;
      size ??= { width, height };
      await afterPrevious(async () => {
        begun.add(picturesPath);
        pictures ??= new PictureEncoder(
          picturesPath,
          original ? { ...container, muxer: 'mp4', options: [] } : container,
          coding,
          frame,
          { ffmpegPath: options.ffmpegPath, signal },
        );
        await pictures.write(frame);
      });
    },
    async finish() {
      expectOpen();
      state = 'finished';
      const loss = await afterPrevious(finishFile);
      isWhole = true;
      return loss;
    },
    async abort() {
      if (isWhole) return;
      state = 'aborted';
      stop.abort();
      await previous;
      await pictures?.gone;
      for (const written of begun) await removeTemporary(written);
    },
  };
}

/** @throws UnblurError when there is no such frame, or not of the size of those before it. */
function expectFrame(
  name: string,
  frame: TimedFrame,
  size: { width: number; height: number } | undefined,
): void {
  const { width, height, data, timeSeconds } = frame ?? {};
  if (size && (width !== size.width || height !== size.height)) {
    throw new UnblurError(
      `Expected frames of one size for ${name}, ${size.width}x${size.height} like the first, but received one of ${width}x${height}; scale it first`,
    );
  }
  if (![width, height].every((side) => Number.isInteger(side) && side > 0)) {
    throw new UnblurError(
      `Expected a frame of whole pixels for ${name} but received one of ${width}x${height}`,
    );
  }
  const values = width * height * 3;
  if (data?.length !== values) {
    throw new UnblurError(
      `Expected a frame for ${name} with its ${values} RGB values (${height} x ${width} x 3) as \`data\` but received ${data === undefined ? 'none' : data.length}`,
    );
  }
  if (!Number.isFinite(timeSeconds)) {
    throw new UnblurError(
      `Expected a frame for ${name} with the time at which it is shown, in seconds, but received ${excerptOfValue(timeSeconds)}`,
    );
  }
}

/** Encodes frames as they come. */
class PictureEncoder {
  readonly firstTimeSeconds: number;
  readonly #ffmpeg;
  readonly #bytes: Buffer;
  /** The same bytes, as arrays that round or cut off by themselves what they are given. */
  readonly #values: Uint8ClampedArray | Uint16Array;

  constructor(
    path: string,
    container: Container,
    coding: PictureCoding,
    first: TimedFrame,
    options: FfmpegOptions,
  ) {
    const { width, height } = first;
    const pixelFormat = coding.bitDepth === 16 ? 'rgb48le' : 'rgb24';
    this.firstTimeSeconds = first.timeSeconds;
    this.#values =
      coding.bitDepth === 16
        ? new Uint16Array(width * height * 3)
        : new Uint8ClampedArray(width * height * 3);
    this.#bytes = Buffer.from(this.#values.buffer);
    const [timeNumerator, timeDenominator] = coding.timeBase.split('/');
    const aspect = first.sampleAspectRatio ? [`setsar=${first.sampleAspectRatio.replace(':', '/')}`] : [];
    this.#ffmpeg = startFfmpeg(
      [
        ...['-v', 'error', '-nostdin', '-y', '-copyts'],
        // Frames are taken one by one: nothing is to be found out beforehand.
        ...[
          '-probesize',
          '32',
          '-analyzeduration',
          '0',
          '-fpsprobesize',
          '0',
          '-itsoffset',
          String(this.#timeOffsetSeconds),
          '-f',
          'matroska',
          '-i',
          'pipe:0',
        ],
        ...[
          '-vf',
          [
            ...mirroredBorder(width, height),
            ...filtersFromRgb(coding.colors, pixelFormatOf(container, coding)),
            ...aspect,
          ].join(','),
        ],
        ...['-fps_mode', 'passthrough', '-enc_time_base', `${timeNumerator}:${timeDenominator}`],
        ...encoder(container, coding),
        ...colorArguments(coding.colors),
        ...[...container.options, '-f', container.muxer, outputFile(path)],
      ],
      options,
    );
    this.#ffmpeg.process.stdin!.on('error', () => {}); // shows in the exit code
    const [rateNumerator, rateDenominator] = coding.frameRate.split('/').map(Number);
    this.#ffmpeg.process.stdin!.write(
      rawVideoHeader({ width, height, pixelFormat, frameSeconds: rateDenominator! / rateNumerator! }),
    );
  }

  /** Kept when ffmpeg has ended, however it did. */
  get gone(): Promise<void> {
    return this.#ffmpeg.gone;
  }

  /** Matroska knows no times before 0. */
  get #timeOffsetSeconds(): number {
    return Math.min(0, this.firstTimeSeconds);
  }

  async write({ data, timeSeconds }: TimedFrame): Promise<void> {
    const values = this.#values;
    if (values instanceof Uint16Array) {
      for (let i = 0; i < values.length; i++) {
        values[i] = Math.min(65535, Math.max(0, data[i]! * 65535 + 0.5));
      }
    } else {
      for (let i = 0; i < values.length; i++) values[i] = data[i]! * 255;
    }
    const stdin = this.#ffmpeg.process.stdin!;
    stdin.write(rawVideoFrameHead(timeSeconds - this.#timeOffsetSeconds, this.#bytes.length));
    const taken = new Promise<boolean>((resolve) => stdin.write(this.#bytes, (error) => resolve(!error)));
    const isTaken = await Promise.race([taken, this.#ffmpeg.finished.then(() => false)]);
    if (!isTaken) await this.#expectSuccess();
  }

  async finish(): Promise<void> {
    this.#ffmpeg.process.stdin!.end();
    await this.#expectSuccess();
  }

  async #expectSuccess(): Promise<void> {
    if ((await this.#ffmpeg.finished) !== 0) {
      throw new UnblurError(describeWriteFailure(this.#ffmpeg.errorLines(), 'write a folder of frames'));
    }
  }
}

function mirroredBorder(width: number, height: number): string[] {
  const [right, bottom] = [width % 2, height % 2];
  return right + bottom === 0
    ? []
    : [`pad=${width + right}:${height + bottom}`, `fillborders=right=${right}:bottom=${bottom}:mode=mirror`];
}

/** By how colours are sampled where a container keeps that: the least that loses none. */
const pixelFormats = new Map([
  ['4:4:4', 'yuv444p'],
  ['4:4:0', 'yuv444p'],
  ['4:2:2', 'yuv422p'],
  ['4:1:1', 'yuv422p'],
]);

function pixelFormatOf({ keepsChroma }: Container, { bitDepth, chroma = '4:2:0' }: PictureCoding): string {
  const format = (keepsChroma && pixelFormats.get(chroma)) || 'yuv420p';
  return bitDepth === 16 ? `${format}10le` : format;
}

const isHevc = ({ pictures }: Container, { bitDepth }: PictureCoding) =>
  pictures === 'h264' && bitDepth === 16;

function encoder(container: Container, coding: PictureCoding): string[] {
  if (container.pictures === 'vp9') {
    return [
      '-c:v',
      'libvpx-vp9',
      '-crf',
      '20',
      '-b:v',
      '0',
      '-deadline',
      'good',
      '-cpu-used',
      '4',
      '-row-mt',
      '1',
    ];
  }
  if (!isHevc(container, coding)) return ['-c:v', 'libx264', '-crf', '17', '-preset', 'veryfast'];
  return [
    '-c:v',
    'libx265',
    '-crf',
    '17',
    '-preset',
    'veryfast',
    '-x265-params',
    ['log-level=error', ...lightParameters(coding.light)].join(':'),
  ];
}

/** What x265 writes of the light of an HDR clip. */
function lightParameters(light: PictureCoding['light']): string[] {
  const { masteringDisplay: display, contentLight } = light ?? {};
  return [
    ...(display
      ? [
          `master-display=G(${display.green})B(${display.blue})R(${display.red})WP(${display.whitePoint})L(${display.luminance})`,
        ]
      : []),
    ...(contentLight
      ? [`max-cll=${contentLight.brightestPixelNits},${contentLight.brightestFrameNits}`]
      : []),
  ];
}

function colorArguments({ matrix, primaries, transfer, range }: ColorTags): string[] {
  const tag = (name: string, value: string | undefined) => (value === undefined ? [] : [name, value]);
  return [
    ...tag('-colorspace', matrix),
    ...tag('-color_primaries', primaries),
    ...tag('-color_trc', transfer),
    ...tag('-color_range', range),
  ];
}
