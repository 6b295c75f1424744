import { expectOptions, shellWord, UnblurError, writeFolderAtomically } from '@unblur/files';
import { damagedClip, keepingTheClock, restartsClock, type ClipFacts } from './clip-facts.js';
import {
  clipInput,
  ffmpegOptions,
  outputFile,
  startFfmpeg,
  type FfmpegOptions,
  type RunningProgram,
} from './ffmpeg.js';
import { fraction, FrameTimes } from './frame-times.js';
import {
  bitDepthAsRead,
  expectReadingChoice,
  filtersToRgb,
  scaleFlags,
  type ReadingChoice,
} from './picture-colors.js';

/**
 * A frame of a clip, upright: `data` holds height * width * 3 RGB values in [0, 1], row by row, channels
 * interleaved.
 */
export interface ClipFrame {
  width: number;
  height: number;
  data: Float32Array;
  /** When it is shown, in the clip's own time. */
  timeSeconds: number;
  /** Width to height of a pixel, such as `32:27`; undefined where the clip does not say. */
  sampleAspectRatio: string | undefined;
}

/** How much earlier reading begins where ffmpeg's own jumps are not exact. */
const seekMarginSeconds = 5;

/**
 * The frames of a clip, each once and with its time: ffmpeg decodes as fast as they are taken. Each frame is
 * written over the one before it.
 *
 * @param facts of the clip, from `probeClip`.
 * @throws UnblurError when a frame has another size than the first, or the clip is damaged; the signal's
 * reason when aborted.
 */
export async function* readClip(
  path: string,
  facts: ClipFacts,
  choice: ReadingChoice,
  options: FfmpegOptions = {},
): AsyncGenerator<ClipFrame, void, undefined> {
  if (typeof path !== 'string' || !facts?.picture || !choice) {
    throw new UnblurError(
      "Expected readClip(path, facts, { hdr: 'keep', deinterlace: true }), with what await probeClip(path) gives, but received something else",
    );
  }
  expectReadingChoice(choice);
  expectOptions(options, ffmpegOptions, 'readClip(path, facts, choice, { signal })');
  const bytesPerValue = bitDepthAsRead(facts, choice) / 8;
  const { fromSeconds = 0 } = choice;
  // ffmpeg restarts such a clock where reading begins, and often begins at a later frame than it was asked
  // for.
  const isRestarted = restartsClock(facts.format) && fromSeconds > 0;
  const clockSeconds = isRestarted ? Math.max(0, fromSeconds - seekMarginSeconds) : 0;
  const times = new FrameTimes(facts.timeBase, 1 / fraction(facts.frameRate));
  const ffmpeg = startFfmpeg(
    [
      ...decoding(
        path,
        facts,
        {
          hdr: choice.hdr,
          deinterlace: choice.deinterlace,
          fromSeconds: isRestarted ? clockSeconds : fromSeconds,
        },
        bytesPerValue === 2 ? 'rgb48le' : 'rgb24',
      ),
      '-c:v',
      'rawvideo',
      '-f',
      'rawvideo',
      'pipe:1',
      ...keepingTheClock(facts, 0),
    ],
    options,
    (line) => times.read(line),
  );
  void ffmpeg.silent.then(() => times.end());
  try {
    const stdout = ffmpeg.process.stdout! as AsyncIterable<Buffer>;
    const first = await times.next();
    let shown = first;
    let filled = 0;
    const bytes = Buffer.alloc(first ? first.width * first.height * 3 * bytesPerValue : 0);
    const values =
      bytesPerValue === 2 ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2) : bytes;
    const frame: ClipFrame = {
      width: first?.width ?? 0,
      height: first?.height ?? 0,
      data: new Float32Array(values.length),
      timeSeconds: 0,
      sampleAspectRatio: first?.sampleAspectRatio,
    };
    for await (const chunk of stdout) {
      for (let taken = 0; taken < chunk.length;) {
        const count = Math.min(chunk.length - taken, bytes.length - filled);
        chunk.copy(bytes, filled, taken, taken + count);
        [taken, filled] = [taken + count, filled + count];
        if (filled < bytes.length) continue;
        options.signal?.throwIfAborted();
        if (!shown) throw new UnblurError('ffmpeg gave more frames than it decoded; update ffmpeg');
        expectOneSize(path, frame, shown);
        toUnitRange(values, frame.data);
        frame.timeSeconds = shown.timeSeconds + clockSeconds;
        // Times are rounded to the time base.
        if (!isRestarted || frame.timeSeconds >= fromSeconds - 1e-3) yield frame;
        [filled, shown] = [0, await times.next()];
      }
    }
    await expectSuccess(path, ffmpeg);
    // ffmpeg would scale later frames to the size of the first without a word.
    if (shown) expectOneSize(path, frame, shown);
  } finally {
    ffmpeg.process.kill('SIGKILL');
  }
}

/**
 * Extracts every frame of a clip once, in order, as `000001.png` and so on in a new folder, which appears
 * once it is complete. High dynamic range is tone-mapped and interlaced frames are made progressive.
 *
 * @returns the number of frames.
 * @throws UnblurError when the clip cannot be read or is damaged.
 */
export async function extractFrames(
  path: string,
  facts: ClipFacts,
  folder: string,
  options: FfmpegOptions = {},
): Promise<number> {
  expectOptions(options, ffmpegOptions, "extractFrames('clip.mp4', facts, 'frames', { signal })");
  if (typeof path !== 'string' || typeof folder !== 'string' || !facts?.picture) {
    throw new UnblurError(
      "Expected extractFrames('clip.mp4', facts, 'frames'), with what await probeClip('clip.mp4') gives, but received something else",
    );
  }
  const choice: ReadingChoice = { hdr: 'tonemap', deinterlace: true };
  const paths = await writeFolderAtomically(folder, async (temporaryFolder) => {
    const pixelFormat = bitDepthAsRead(facts, choice) === 16 ? 'rgb48be' : 'rgb24';
    // A percent sign in the folder's name is none of the pattern.
    const pattern = outputFile(`${temporaryFolder.replaceAll('%', '%%')}/%06d.png`);
    await expectSuccess(
      path,
      startFfmpeg(
        [...decoding(path, facts, choice, pixelFormat), '-c:v', 'png', '-f', 'image2', pattern],
        options,
      ),
    );
  });
  return paths.length;
}

function decoding(path: string, facts: ClipFacts, choice: ReadingChoice, pixelFormat: string): string[] {
  return [
    ...['-v', 'level+info', '-nostats', '-nostdin', ...(restartsClock(facts.format) ? [] : ['-copyts'])],
    ...(choice.fromSeconds ? ['-ss', String(choice.fromSeconds)] : []),
    ...(facts.picture.decoder ? [`-c:${facts.picture.index}`, facts.picture.decoder] : []),
    ...clipInput(path),
    ...[
      '-map',
      `0:${facts.picture.index}`,
      '-sws_flags',
      scaleFlags,
      '-vf',
      ['showinfo=checksum=0', ...filtersToRgb(facts, choice, pixelFormat)].join(','),
      '-fps_mode',
      'passthrough',
      '-enc_time_base',
      facts.timeBase.replace('/', ':'),
    ],
  ];
}

async function expectSuccess(path: string, ffmpeg: RunningProgram): Promise<void> {
  const exitCode = await ffmpeg.finished;
  // Two frames of one time are no damage.
  const errorLine = ffmpeg.errorLines().find((line) => !/non.monoton/i.test(line));
  if (errorLine && /No such filter: '(zscale|tonemap)'/.test(errorLine)) {
    throw new UnblurError(
      `${path} needs an ffmpeg with zimg (its filter zscale) for its colours; install a full build of ffmpeg, or keep high dynamic range as it is`,
    );
  }
  if (exitCode !== 0 || errorLine) throw damagedClip(path, errorLine);
}

function expectOneSize(
  path: string,
  first: { width: number; height: number },
  { width, height }: { width: number; height: number },
): void {
  if (width === first.width && height === first.height) return;
  throw new UnblurError(
    `Expected frames of one size, but ${path} changes from ${first.width}x${first.height} to ${width}x${height}; scale it first, with: ffmpeg -i ${shellWord(path)} -vf scale=${first.width}:${first.height} one-size.mp4`,
  );
}

function toUnitRange(values: Uint8Array | Uint16Array, data: Float32Array): void {
  if (values instanceof Uint16Array) for (let i = 0; i < data.length; i++) data[i] = values[i]! / 65535;
  else for (let i = 0; i < data.length; i++) data[i] = values[i]! / 255;
}
