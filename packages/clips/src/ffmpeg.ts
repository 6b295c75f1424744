import { spawn, type ChildProcess } from 'node:child_process';
import { firstLine, type OptionNames, UnblurError } from '@unblur/files';
import { describeType } from '@unblur/files/parsed-value';

export interface FfmpegOptions {
  /** The ffmpeg to run; ffprobe is looked for beside it. Default: those in PATH. */
  ffmpegPath?: string | undefined;
  /** Ends ffmpeg at once; what was asked for is then rejected with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** @throws UnblurError unless it is a path or undefined. */
export function expectFfmpegPath(ffmpegPath: string | undefined): void {
  if (ffmpegPath === undefined || (typeof ffmpegPath === 'string' && ffmpegPath !== '')) return;
  throw new UnblurError(
    `Expected the path of a program for ffmpegPath but received ${ffmpegPath === '' ? 'an empty text' : describeType(ffmpegPath)}`,
  );
}

export const ffmpegOptions: OptionNames<FfmpegOptions> = { ffmpegPath: true, signal: 'signal' };

const installAdvice =
  'install ffmpeg (Debian, Ubuntu: apt install ffmpeg; macOS: brew install ffmpeg; Windows: winget install ffmpeg)';

/**
 * The kinds of files that are opened as clips, by ffmpeg's names. Each holds its pictures and sound itself:
 * playlists, lists of other files and patterns of file names are left out, since whoever made one would
 * choose what else is read.
 */
const clipFormats = [
  ...[
    'mov',
    'matroska',
    'mpegts',
    'mpeg',
    'avi',
    'flv',
    'asf',
    'ogg',
    'mxf',
    'mxf_opatom',
    'nut',
    'ivf',
    'rm',
    'gxf',
    'wtv',
    'dv',
    'gif',
    'apng',
    'yuv4mpegpipe',
  ],
  ...['h264', 'hevc', 'av1', 'obu', 'm4v', 'mpegvideo', 'vc1', 'mjpeg', 'wav', 'mp3', 'flac', 'aac'],
].join(',');

/** Arguments that open a clip of any name, as a file and as nothing else. */
export function clipInput(path: string): string[] {
  return ['-protocol_whitelist', 'file', '-format_whitelist', clipFormats, '-i', `file:${path}`];
}

/** The argument that names a file to write, whatever its name looks like. */
export function outputFile(path: string): string {
  return `file:${path}`;
}

/** Whether ffmpeg's message says that a file is in none of the formats that are opened as clips. */
export function isRefusedFormat(errorLine: string): boolean {
  return /not on whitelist/i.test(errorLine);
}

export interface RunningProgram {
  process: ChildProcess;
  /**
   * The exit code. Rejects with an UnblurError when the program cannot be run, with the signal's reason when
   * aborted.
   */
  finished: Promise<number | null>;
  /** Kept when it is gone, however it ended: it writes to no file any more. */
  gone: Promise<void>;
  /**
   * Kept when it will say nothing more. It may still have output that nobody has read, and so not be
   * finished.
   */
  silent: Promise<void>;
  /** Its error messages so far, without the names of ffmpeg's parts before them. */
  errorLines(): string[];
}

const keptErrorLines = 100;

/**
 * Starts ffmpeg. All of its messages count as errors, unless `-v level+...` is among the arguments: then
 * those marked as errors do.
 *
 * @param onMessage called with each line that is no error.
 */
export function startFfmpeg(
  commandLine: string[],
  { ffmpegPath = 'ffmpeg', signal }: FfmpegOptions = {},
  onMessage?: (line: string) => void,
): RunningProgram {
  expectFfmpegPath(ffmpegPath);
  return startProgram(ffmpegPath, commandLine, signal, onMessage);
}

/** Runs ffprobe. @returns its exit code, what it printed and its errors, a line each. */
export async function runFfprobe(
  commandLine: string[],
  { ffmpegPath = 'ffmpeg', signal }: FfmpegOptions = {},
): ReturnType<typeof runProgram> {
  expectFfmpegPath(ffmpegPath);
  return runProgram(ffmpegPath.replace(/ffmpeg([^/\\]*)$/, 'ffprobe$1'), commandLine, signal);
}

/** The version of ffmpeg, such as `7.1.1`; undefined where none can be run. */
export async function ffmpegVersion(ffmpegPath = 'ffmpeg'): Promise<string | undefined> {
  expectFfmpegPath(ffmpegPath);
  const run = await runProgram(ffmpegPath, ['-version']).catch(() => undefined);
  return run?.exitCode === 0 ? (/^ffmpeg version (\S+)/.exec(run.output)?.[1] ?? 'unknown') : undefined;
}

/** Those that could be run, and where they were looked for: asking again takes as long as a short clip. */
const found = new Set<string>();

/** Whether an ffmpeg can be run. Where it can, that is remembered while the process lives. */
export async function hasFfmpeg(ffmpegPath = 'ffmpeg'): Promise<boolean> {
  const place = `${ffmpegPath} in ${process.env['PATH']}`;
  if (!found.has(place) && (await ffmpegVersion(ffmpegPath)) !== undefined) found.add(place);
  return found.has(place);
}

/** The message when ffmpeg could not write a clip. @param instead what else would do. */
export function describeWriteFailure(errorLines: string[], instead: string): string {
  const all = errorLines.join('\n');
  if (/No space left on device/i.test(all)) {
    return 'Could not write the clip: the disk is full; free some space or choose another folder';
  }
  if (/Permission denied/i.test(all)) {
    return 'Could not write the clip: permission denied; choose another folder or change its permissions';
  }
  const encoder = /Unknown encoder '([^']*)'/.exec(all)?.[1];
  if (encoder !== undefined) {
    return `Could not write the clip: this ffmpeg has no ${encoder}; install a full build of ffmpeg`;
  }
  return `ffmpeg could not write the clip (${errorLines[0] ?? 'it gave no reason'}); update ffmpeg or ${instead}`;
}

async function runProgram(
  program: string,
  commandLine: string[],
  signal?: AbortSignal,
): Promise<{ exitCode: number | null; output: string; errorLines: string[] }> {
  const running = startProgram(program, commandLine, signal);
  let output = '';
  running.process.stdout!.setEncoding('utf8').on('data', (text: string) => (output += text));
  const exitCode = await running.finished;
  return { exitCode, output, errorLines: running.errorLines() };
}

function startProgram(
  program: string,
  commandLine: string[],
  signal: AbortSignal | undefined,
  onMessage?: (line: string) => void,
): RunningProgram {
  const child = spawn(program, commandLine, {
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL', // of what an aborted one has still to write nobody has any use
  });
  const marksErrors = commandLine.some((argument) => argument.startsWith('level+'));
  const errorLines: string[] = [];
  let unfinishedLine = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = (unfinishedLine + text).split('\n');
    unfinishedLine = lines.pop()!;
    for (const line of lines) {
      if (marksErrors && !/\[(error|fatal|panic)\]/.test(line)) onMessage?.(line);
      else if (errorLines.length < keptErrorLines) errorLines.push(withoutPart(line));
    }
  });
  const finished = new Promise<number | null>((resolve, reject) => {
    child.on('error', (cause: NodeJS.ErrnoException) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
      } else {
        reject(
          new UnblurError(
            `Could not run ${program} (${cause.code === 'ENOENT' ? 'it is not installed' : firstLine(cause.message)}); ${installAdvice}`,
            { cause },
          ),
        );
      }
    });
    child.on('close', (exitCode, signalCode) => {
      // As the system does where memory runs out.
      if (signalCode !== null) errorLines.unshift(`it was ended by ${signalCode}`);
      if (unfinishedLine.trim() && !marksErrors && errorLines.length < keptErrorLines) {
        errorLines.push(withoutPart(unfinishedLine));
      }
      resolve(exitCode);
    });
  });
  const silent = new Promise<void>((resolve) =>
    child.stderr.on('close', () => resolve()).on('end', () => resolve()),
  );
  const gone = new Promise<void>((resolve) => child.on('close', () => resolve()));
  // Whoever asks for the exit code learns of a failure; it must not count as unhandled before.
  finished.catch(() => {});
  return { process: child, finished, gone, silent, errorLines: () => errorLines };
}

/**
 * A message without `[part @ 0x55d0c8]`, on Windows `[part @ 000055d0c8]`, and `[error]` before it, which
 * mean nothing to a user.
 */
function withoutPart(line: string): string {
  return line
    .replace(/^(\[[^\]]* @ (0x)?[0-9a-f]+\] )+/i, '')
    .replace(/^\[(error|fatal|panic)\] /, '')
    .trim();
}
