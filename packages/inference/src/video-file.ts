import { spawn, type ChildProcess } from 'node:child_process';
import { access } from 'node:fs/promises';
import { roundUp } from './padding.js';
import type { RgbImage } from './raster.js';
import { explainFileError, firstLine, UnblurError } from './unblur-error.js';

/** What there is to know about a clip before its frames are decoded. */
export interface VideoFacts {
  frames: number;
  /** As a fraction, such as `30000/1001`: the exact rate, or the mean where frames do not come at one rate. */
  frameRate: string;
  isVariableRate: boolean;
  hasAudio: boolean;
  /** The matrix that its colours are to be decoded with, where the file does not say and a player would guess. */
  assumedColorMatrix: 'bt709' | undefined;
}

export interface FfmpegOptions {
  /** The ffmpeg to run; ffprobe is looked for beside it. Default: those in PATH. */
  ffmpegPath?: string;
  signal?: AbortSignal;
}

/** Players take an untagged picture of at least this many rows for high definition. */
const highDefinitionRows = 720;
const installAdvice = 'install ffmpeg (Debian, Ubuntu: apt install ffmpeg; macOS: brew install ffmpeg; Windows: winget install ffmpeg), or give a folder of frames, which needs none';

interface ProbeReport {
  streams?: { codec_type?: string; height?: number; avg_frame_rate?: string; r_frame_rate?: string; nb_read_packets?: string; color_space?: string }[];
}

/**
 * Reads a clip from end to end without decoding it.
 *
 * @throws UnblurError when it is no video, has no frames, or is damaged or cut short; when ffmpeg is missing, how to install it.
 */
export async function probeVideo(path: string, { ffmpegPath = 'ffmpeg', signal }: FfmpegOptions = {}): Promise<VideoFacts> {
  await access(path).catch((cause: unknown) => {
    throw explainFileError('read', path, cause);
  });
  const ffprobePath = ffmpegPath.replace(/ffmpeg([^/\\]*)$/, 'ffprobe$1');
  const entries = 'stream=codec_type,height,avg_frame_rate,r_frame_rate,nb_read_packets,color_space';
  const probe = startFfmpeg(ffprobePath, ['-v', 'error', '-count_packets', '-show_entries', entries, '-of', 'json', path], signal);
  let output = '';
  probe.process.stdout!.setEncoding('utf8').on('data', (text: string) => (output += text));
  const exitCode = await probe.finished;
  const complaint = firstLine(probe.complaints()).replace(/^\[[^\]]*\] /, '');
  if (exitCode !== 0) throw new UnblurError(`${path} is not a video that ffmpeg reads, or is damaged (${complaint || 'it gave no reason'}); get the whole file`);
  const { streams = [] } = JSON.parse(output) as ProbeReport;
  const video = streams.find(({ codec_type: type }) => type === 'video');
  if (!video) throw new UnblurError(`${path} has no video stream, only ${streams.map(({ codec_type: type }) => type).join(' and ') || 'nothing'}; give a clip with pictures`);
  if (complaint) throw new UnblurError(`${path} is damaged or cut short (${complaint}); get the whole file, or save what can be read with: ffmpeg -i ${path} -c copy repaired.mkv`);
  const frames = Number(video.nb_read_packets ?? 0);
  if (frames === 0) throw new UnblurError(`${path} has a video stream without frames; get the whole file`);
  const isRate = (rate: string | undefined): rate is string => /^[1-9]\d*\/[1-9]\d*$/.test(rate ?? '');
  const frameRate = [video.avg_frame_rate, video.r_frame_rate].find(isRate) ?? '25/1';
  return {
    frames,
    frameRate,
    isVariableRate: isRate(video.r_frame_rate) && ratio(video.r_frame_rate) / ratio(frameRate) > 1.01,
    hasAudio: streams.some(({ codec_type: type }) => type === 'audio'),
    assumedColorMatrix: (video.color_space ?? 'unknown') === 'unknown' && (video.height ?? 0) >= highDefinitionRows ? 'bt709' : undefined,
  };
}

/**
 * The frames of a clip, upright, one after another: ffmpeg decodes as fast as they are taken. A clip of variable rate is brought
 * to its mean rate, so that it stays as long as its sound. Each frame is written over the one before it.
 *
 * @throws UnblurError when a frame has another size than the first, or ffmpeg fails.
 */
export async function* readVideoFrames(path: string, { isVariableRate, frameRate, assumedColorMatrix }: VideoFacts, { ffmpegPath = 'ffmpeg', signal }: FfmpegOptions = {}): AsyncGenerator<RgbImage, void, undefined> {
  const pace = isVariableRate ? ['-fps_mode', 'cfr', '-r', frameRate] : ['-fps_mode', 'passthrough'];
  const colors = assumedColorMatrix ? ['-vf', `scale=in_color_matrix=${assumedColorMatrix}`] : [];
  const ffmpeg = startFfmpeg(ffmpegPath, ['-v', 'level+verbose', '-nostats', '-nostdin', '-i', path, '-map', '0:v:0', ...colors, ...pace, '-f', 'image2pipe', '-c:v', 'ppm', '-pix_fmt', 'rgb24', 'pipe:1'], signal);
  try {
    const pictures = new PixmapReader();
    for await (const chunk of ffmpeg.process.stdout! as AsyncIterable<Buffer>) {
      for (const frame of pictures.push(chunk)) {
        yield frame;
        expectOneSize(path, ffmpeg.decodedSizes());
      }
    }
    const exitCode = await ffmpeg.finished;
    expectOneSize(path, ffmpeg.decodedSizes());
    const complaint = firstLine(ffmpeg.complaints());
    if (exitCode !== 0 || complaint) throw new UnblurError(`${path} is damaged or cut short (${complaint || 'ffmpeg gave no reason'}); get the whole file`);
  } finally {
    ffmpeg.process.kill('SIGKILL');
  }
}

/** ffmpeg would scale later frames to the size of the first without a word. */
function expectOneSize(path: string, sizes: readonly string[]): void {
  if (sizes.length > 1) throw new UnblurError(`Expected frames of one size, but ${path} changes from ${sizes[0]} to ${sizes[1]}; scale it first, with: ffmpeg -i ${path} -vf scale=${sizes[0]!.replace('x', ':')} one-size.mp4`);
}

/** Takes binary PPM pictures apart that come one after another in pieces of any size, each over the one before it. */
class PixmapReader {
  #width = 0;
  #height = 0;
  /** The picture in the making, of which `#filled` bytes have come; none between its end and the next header. */
  #filled: number | undefined;
  #pixels = Buffer.alloc(0);
  #frame = new Float32Array(0);
  #header = Buffer.alloc(0);

  *push(chunk: Buffer): Generator<RgbImage> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#filled === undefined) {
        const joined = Buffer.concat([this.#header, rest]);
        const header = /^P6\s(\d+) (\d+)\s255\s/.exec(joined.subarray(0, 64).toString('latin1'));
        if (!header) {
          if (joined.length >= 64) throw new UnblurError('ffmpeg gave something else than pictures; update ffmpeg');
          this.#header = joined;
          return;
        }
        [this.#width, this.#height] = [Number(header[1]), Number(header[2])];
        this.#header = Buffer.alloc(0);
        const length = this.#width * this.#height * 3;
        if (this.#pixels.length !== length) [this.#pixels, this.#frame] = [Buffer.allocUnsafe(length), new Float32Array(length)];
        this.#filled = 0;
        rest = joined.subarray(header[0].length);
      }
      const taken = Math.min(rest.length, this.#pixels.length - this.#filled);
      rest.copy(this.#pixels, this.#filled, 0, taken);
      this.#filled += taken;
      rest = rest.subarray(taken);
      if (this.#filled < this.#pixels.length) return;
      for (let i = 0; i < this.#frame.length; i++) this.#frame[i] = this.#pixels[i]! / 255;
      this.#filled = undefined;
      yield { width: this.#width, height: this.#height, data: this.#frame };
    }
  }
}

export interface VideoWriter {
  write(frame: RgbImage): Promise<void>;
  /** Waits until the file is complete. */
  finish(): Promise<void>;
  /** Ends ffmpeg; what it had written is the caller's to remove. */
  abort(): void;
}

/**
 * Opens an H.264 video of a clip's rate; sound and subtitles that `soundFrom` has are copied as they are. The codec wants even sides: an odd
 * one gets one mirrored row or column more.
 *
 * @param container ffmpeg's name of the file format, such as `mp4` or `matroska`.
 */
export function openVideoWriter(path: string, container: string, { width, height }: { width: number; height: number }, { frameRate, hasAudio }: VideoFacts, soundFrom: string | undefined, { ffmpegPath = 'ffmpeg', signal }: FfmpegOptions = {}): VideoWriter {
  const even = { width: roundUp(width, 2), height: roundUp(height, 2) };
  const evenSides = even.width === width && even.height === height ? [] : [`pad=${even.width}:${even.height}`, `fillborders=right=${even.width - width}:bottom=${even.height - height}:mode=mirror`];
  const sound = soundFrom !== undefined && hasAudio ? { input: ['-i', soundFrom], output: ['-map', '0:v:0', '-map', '1:a', '-c:a', 'copy'] } : { input: [], output: [] };
  const ffmpeg = startFfmpeg(
    ffmpegPath,
    [
      ...['-v', 'error', '-nostdin', '-y'],
      ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', frameRate, '-i', 'pipe:0'],
      ...sound.input,
      ...sound.output,
      ...['-vf', [...evenSides, 'scale=out_color_matrix=bt709:out_range=tv'].join(','), '-pix_fmt', 'yuv420p'],
      ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'],
      ...['-c:v', 'libx264', '-crf', '17', '-preset', 'veryfast'],
      ...(container === 'mp4' || container === 'mov' ? ['-movflags', '+faststart'] : []),
      ...['-f', container, path],
    ],
    signal,
  );
  const stdin = ffmpeg.process.stdin!;
  stdin.on('error', () => {}); // shows in the exit code
  const bytes = Buffer.allocUnsafe(width * height * 3);
  const finish = async () => {
    const exitCode = await ffmpeg.finished;
    if (exitCode !== 0) throw new UnblurError(describeWriteFailure(ffmpeg.complaints(), hasAudio));
  };
  return {
    async write({ data }) {
      if (ffmpeg.process.exitCode !== null) await finish();
      for (let i = 0; i < data.length; i++) bytes[i] = Math.round(data[i]! * 255);
      const taken = new Promise<void>((resolve) => stdin.write(bytes, () => resolve()));
      await Promise.race([taken, ffmpeg.finished]);
    },
    async finish() {
      stdin.end();
      await finish();
    },
    abort: () => void ffmpeg.process.kill('SIGKILL'),
  };
}

interface RunningFfmpeg {
  process: ChildProcess;
  /** The exit code. */
  finished: Promise<number | null>;
  /** Error messages so far. */
  complaints(): string;
  /** The sizes of the frames that went into the filter, in order, as far as it was asked to tell. */
  decodedSizes(): string[];
}

function startFfmpeg(program: string, commandLine: string[], signal: AbortSignal | undefined): RunningFfmpeg {
  const child = spawn(program, commandLine, { stdio: ['pipe', 'pipe', 'pipe'], signal });
  const isLeveled = commandLine.includes('level+verbose');
  const complaints: string[] = [];
  const sizes: string[] = [];
  let unfinishedLine = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = (unfinishedLine + text).split('\n');
    unfinishedLine = lines.pop()!;
    for (const line of lines) {
      const size = /\[graph \d+ input from stream .* w:(\d+) h:(\d+) pixfmt/.exec(line);
      if (size && sizes.at(-1) !== `${size[1]}x${size[2]}`) sizes.push(`${size[1]}x${size[2]}`);
      if ((!isLeveled || /\[(error|fatal|panic)\]/.test(line)) && complaints.length < 100) complaints.push(line.replace(/^\[[^\]]*\] (?=\[)|\[(error|fatal|panic)\] /g, ''));
    }
  });
  const finished = new Promise<number | null>((resolve, reject) => {
    child.on('error', (cause: NodeJS.ErrnoException) => {
      if (cause.name === 'AbortError') reject(cause);
      else reject(new UnblurError(`Could not run ${program} (${cause.code === 'ENOENT' ? 'it is not installed' : firstLine(cause.message)}); ${installAdvice}`, { cause }));
    });
    child.on('close', resolve);
  });
  // Whoever asks for the exit code learns of a failure; it must not count as unhandled before.
  finished.catch(() => {});
  return { process: child, finished, complaints: () => complaints.join('\n'), decodedSizes: () => sizes };
}

function describeWriteFailure(complaints: string, hasAudio: boolean): string {
  if (/No space left on device/i.test(complaints)) return 'Could not write the video: the disk is full; free some space or choose another folder';
  if (/Permission denied/i.test(complaints)) return 'Could not write the video: no right to write there; choose another folder or change its permissions';
  if (hasAudio && /codec not currently supported in container|Could not find tag for codec/i.test(complaints)) return 'Could not write the video: its sound does not fit this kind of file; choose a name that ends in .mkv, which takes any';
  return `ffmpeg could not write the video (${firstLine(complaints) || 'it gave no reason'}); update ffmpeg or write a folder of frames`;
}

function ratio(rate: string): number {
  const [numerator, denominator] = rate.split('/').map(Number);
  return numerator! / denominator!;
}
