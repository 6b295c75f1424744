import { stat } from 'node:fs/promises';
import { basename, join, parse, resolve } from 'node:path';
import { clipExtensions } from '@unblur/clips';
import { counted, UnblurError } from '@unblur/files';
import type { Command } from 'commander';
import { nameFlags } from '../flag-names.js';
import {
  addFrameEncodingOptions,
  frameEncodingOf,
  type FrameEncodingOptions,
} from '../frame-encoding-choice.js';
import { abortOnInterruption } from '../interruption.js';
import { describeKept } from '../kept-results.js';
import { clipPart, realNumber } from '../numbers.js';
import { describeRemainingTime } from '../remaining-time.js';
import { standardStream, withStandardStreams, type NamedFiles } from '../standard-streams.js';
import { clearBar, drawProgress, printJson, printLine, printMessage, printNote } from '../terminal.js';
import {
  addVideoDeblurrerOptions,
  openChosenVideoDeblurrer,
  type VideoDeblurrerOptions,
} from '../video-deblurrer-choice.js';

interface VideoCommandOptions extends VideoDeblurrerOptions, FrameEncodingOptions {
  out?: string;
  fps?: number;
  hdr?: 'keep' | 'tonemap';
  deinterlace: boolean;
  overwrite: boolean;
  memory?: number;
  preview?: ReturnType<typeof clipPart>;
}

/** `unblur video`: a blurred video in, a sharp one out. */
export function defineVideo(program: Command): void {
  const command = program
    .command('video')
    .description('deblur a video')
    .argument(
      '<clip|folder>',
      'a video, a folder of frames in the order of their names, or - for a video on standard input',
    )
    .option(
      '--out <clip|folder>',
      'a clip (.mp4, .m4v, .mov, .mkv, .webm, .ts), a folder for frames, or - for Matroska on standard output; a folder with some of the frames gets the missing ones, an existing clip is kept (default: beside the input, clip-deblurred.mp4 for clip.mp4, frames-deblurred for a folder frames)',
    )
    .option('--overwrite', 'replace the output clip, if it exists', false)
    .option(
      '--fps <rate>',
      'frames per second of a clip made from a folder (default: 25)',
      realNumber(0.1, 1000),
    )
    .option(
      '--preview <part>',
      'only a part, such as 5s or 0:10-0:15, as a separate clip (its name with -preview) without sound: the original on the left, the deblurred one on the right',
      clipPart,
    )
    .option(
      '--memory <GiB>',
      'work in tiles where the network would need more memory than this, 0.1 to 1024 (default: 3)',
      realNumber(0.1, 1024),
    );
  command
    .addOption(
      command
        .createOption(
          '--hdr <choice>',
          'high dynamic range (PQ, HLG): keep writes it at 10 bits, tonemap converts to standard range (default: keep in a clip, tonemap in a folder)',
        )
        .choices(['keep', 'tonemap']),
    )
    .option('--no-deinterlace', 'leave interlaced frames as they are; by default each is made progressive');
  addFrameEncodingOptions(command);
  addVideoDeblurrerOptions(command).action(deblur);
}

async function deblur(input: string, options: VideoCommandOptions): Promise<void> {
  const signal = abortOnInterruption();
  const wanted = options.out ?? (await resultBeside(input, options.preview !== undefined));
  const out = options.preview ? previewPath(wanted) : wanted;
  const { weights, deblurrer } = await openChosenVideoDeblurrer(
    options,
    options.memory === undefined ? undefined : options.memory * 2 ** 30,
  );
  const { deblurVideo } = await import('@unblur/inference');
  const start = performance.now();
  const deblurFile = (files: NamedFiles) =>
    deblurVideo(files.input, files.output, deblurrer, {
      ...frameEncodingOf(options),
      weights: weights.map(({ bytes }) => bytes),
      framesPerSecond: options.fps,
      hdr: options.hdr,
      deinterlace: options.deinterlace,
      preview: options.preview,
      // A preview has a name of its own, to be made again and again.
      overwrite: options.overwrite || options.preview !== undefined,
      onFrame: (done, total) =>
        drawProgress(done, total, describeRemainingTime(done, total, performance.now() - start)),
      onNote: (line) => printMessage(nameFlags(files.rename(line))),
      signal,
    });
  const result = await withStandardStreams(input, out, 'sharp.mkv', deblurFile, signal);
  clearBar();
  const seconds = Math.round(performance.now() - start) / 1000;
  const line = describe(input, out, result, seconds);
  // Standard output may hold the clip itself.
  if (out === standardStream) printNote(line);
  else if (options.json) printJson({ video: input, out, ...result, seconds });
  else printLine(line);
}

/**
 * Where the result goes unless `--out` says so: beside the input, as the same kind of clip where that is written
 * here, else as MP4. @throws UnblurError where the input is a stream.
 */
async function resultBeside(input: string, isClipWanted: boolean): Promise<string> {
  const found = await stat(input).catch(() => undefined);
  const isFolder = found?.isDirectory() ?? false;
  if (input === standardStream || (found && !isFolder && !found.isFile())) {
    throw new UnblurError(
      `Expected --out for a clip that comes in a stream: --out sharp.mp4, or --out ${standardStream} for standard output`,
    );
  }
  // Of `.` and `..` the name is not in the path.
  const { dir, name, ext, base } = parse(/^\.\.?$/.test(basename(input)) ? resolve(input) : input);
  if (isFolder) return join(dir, `${base}-deblurred${isClipWanted ? '.mp4' : ''}`);
  return join(dir, `${name}-deblurred${clipExtensions.includes(ext.toLowerCase()) ? ext : '.mp4'}`);
}

/** Beside the clip that would be made: its name and `-preview`. */
function previewPath(out: string): string {
  const { dir, name, ext } = parse(out);
  return out === standardStream || ext === '' ? out : join(dir, `${name}-preview${ext}`);
}

function describe(
  input: string,
  out: string,
  { width, height, frames, skipped }: { width: number; height: number; frames: number; skipped: number },
  seconds: number,
): string {
  if (frames === 0) return `${input} -> ${out}: all ${skipped} frames already existed`;
  return `${input} -> ${out} (${width}x${height}): ${counted(frames, 'frame')}${describeKept(skipped)}, ${seconds.toFixed(1)} s, ${(frames / seconds).toFixed(2)} frames/s`;
}
