import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  bitDepthAsRead,
  colorsAsRead,
  containerOf,
  openClipWriter,
  probeClip,
  readClip,
  type ClipFacts,
  type ReadingChoice,
} from './index.js';

export const hasFfmpegHere = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;
if (!hasFfmpegHere) console.log('ffmpeg is not installed: clips are not tested.');

/** A folder for the clips of a test file. */
export function openClipFolder(): { place(name: string): string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'clips-'));
  return {
    place: (name) => join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function run(program: string, commandLine: string[]): Buffer {
  const { status, stdout, stderr } = spawnSync(program, commandLine, { maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`${program} ${commandLine.join(' ')}: ${stderr.toString()}`);
  return stdout;
}

export const ffmpeg = (...commandLine: string[]): Buffer =>
  run('ffmpeg', ['-v', 'error', '-y', ...commandLine]);

/** What ffprobe prints of a file, as JSON. */
export const ffprobe = <T>(path: string, ...commandLine: string[]): T =>
  JSON.parse(run('ffprobe', ['-v', 'error', '-of', 'json', ...commandLine, path]).toString()) as T;

/** The number painted into frame n, in grey: 0 to 20 survive any encoder. */
const numbered = "format=gray,geq=lum='16+10*N',format=yuv420p";

/** Arguments of ffmpeg for a clip of numbered frames, shown when an expression of N says, in seconds. */
export function numberedFrames(
  frames: number,
  timeExpression: string,
): { input: string[]; output: string[] } {
  return {
    input: ['-f', 'lavfi', '-i', `color=black:s=64x48:r=25:d=${frames / 25},${numbered}`],
    output: [
      '-vf',
      `settb=1/90000,setpts='(${timeExpression})/TB'`,
      '-fps_mode',
      'passthrough',
      '-enc_time_base',
      '1:90000',
      '-c:v',
      'libx264',
      '-bf',
      '2',
    ],
  };
}

/** The numbers painted into the frames of a clip, and when each is shown, by ffmpeg's own tools. */
export function readNumbers(path: string): { numbers: number[]; timesSeconds: number[] } {
  const { frames } = ffprobe<{ frames: { pts_time?: string; best_effort_timestamp_time?: string }[] }>(
    path,
    '-select_streams',
    'v:0',
    '-show_entries',
    'frame=pts_time,best_effort_timestamp_time',
  );
  const grey = ffmpeg(
    '-i',
    path,
    '-map',
    '0:v:0',
    '-fps_mode',
    'passthrough',
    '-vf',
    'crop=32:32,scale=1:1:flags=area',
    '-f',
    'rawvideo',
    '-pix_fmt',
    'gray',
    '-',
  );
  return {
    numbers: [...grey].map((value) => Math.round((value - 16) / 10)),
    timesSeconds: frames.map(({ pts_time: time, best_effort_timestamp_time: guess }) =>
      Number(time ?? guess),
    ),
  };
}

/**
 * Reads a clip and writes it again as it was. @param known what was probed of it, if that was done before.
 * @returns what could not be kept.
 */
export async function passThrough(
  input: string,
  output: string,
  choice: ReadingChoice = { hdr: 'keep', deinterlace: true },
  known?: ClipFacts,
): Promise<string | undefined> {
  const facts = known ?? (await probeClip(input));
  const coding = {
    ...facts,
    colors: colorsAsRead(facts, choice),
    bitDepth: bitDepthAsRead(facts, choice),
    chroma: facts.picture.chroma,
    light: facts.picture,
  };
  const writer = await openClipWriter(output, output, containerOf(output)!, coding, { path: input, facts });
  try {
    for await (const frame of readClip(input, facts, choice)) await writer.write(frame);
    return await writer.finish();
  } finally {
    await writer.abort();
  }
}

/** Makes a clip of numbered frames. @param more arguments of ffmpeg for its sound and its streams. */
export function makeNumbered(
  path: string,
  frames: number,
  timeExpression: string,
  more: string[] = [],
): string {
  const { input, output } = numberedFrames(frames, timeExpression);
  ffmpeg(...input, ...more, ...output, path);
  return path;
}

/**
 * @returns the numbers of a clip's frames before and after a pass, when each is shown after it, and how far,
 * at most, a frame moved in time.
 */
export async function passNumbers(
  input: string,
  output: string,
): Promise<{ before: number[]; after: number[]; timesSeconds: number[]; movedSeconds: number }> {
  await passThrough(input, output);
  const [before, after] = [readNumbers(input), readNumbers(output)];
  // The clock of a transport stream starts anywhere.
  const shift = [input, output].some((path) => path.endsWith('.ts'))
    ? after.timesSeconds[0]! - before.timesSeconds[0]!
    : 0;
  const moved = before.timesSeconds.map((time, index) => Math.abs(after.timesSeconds[index]! - shift - time));
  return {
    before: before.numbers,
    after: after.numbers,
    timesSeconds: after.timesSeconds,
    movedSeconds: Math.max(...moved),
  };
}
