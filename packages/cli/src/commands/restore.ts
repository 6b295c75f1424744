import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { counted, doLocked, listFirst } from '@unblur/files';
import type { RestorePhotoOptions, Restorer } from '@unblur/inference';
import type { Command } from 'commander';
import { describeFailure, printOrigin } from '../failure.js';
import { nameFlags } from '../flag-names.js';
import {
  addFrameEncodingOptions,
  frameEncodingOf,
  type FrameEncodingOptions,
} from '../frame-encoding-choice.js';
import { abortOnInterruption } from '../interruption.js';
import { wholeNumber } from '../numbers.js';
import { describeSkipped, findPhotos, type SkippedFile } from '../photo-paths.js';
import { describeRemainingTime } from '../remaining-time.js';
import {
  assignResults,
  isRestored,
  recordName,
  writeRecord,
  type MadeWith,
  type ResultJob,
} from '../result-folders.js';
import {
  addRestorerOptions,
  openChosenRestorer,
  scaleName,
  type RestorerOptions,
} from '../restorer-choice.js';
import { placeOnDisk } from '../standard-streams.js';
import { clearBar, drawProgress, printJson, printLine, printMessage } from '../terminal.js';
import { readVersion } from '../version.js';
import type { ChosenWeights } from '../weights-choice.js';

interface RestoreOptions extends RestorerOptions, FrameEncodingOptions {
  /** Before the command: whether errors say where they came from. */
  debug?: boolean;
  out: string;
  frames?: number;
  animation: 'webp' | 'gif';
  metadata: boolean;
  overwrite: boolean;
  /** The most that a photograph may have. */
  maxMegapixels?: number;
}

interface RestoredPhoto {
  photo: string;
  folder: string;
  /** In the order of their names. */
  files: string[];
  width: number;
  height: number;
  frames: number;
  /** The fraction of its size at which it was restored: `1/2`. */
  scale: string;
  seconds: number;
}

interface FailedPhoto {
  photo: string;
  error: string;
}

/** Frames of more cannot be encoded. */
const largestMegapixels = 250;

/** `unblur restore`: photographs in, a folder of frames and pictures for each out. */
export function defineRestore(program: Command): void {
  const command = program
    .command('restore')
    .description('restore the sharp frames inside blurred photographs')
    .argument(
      '<photo...>',
      'photographs (JPEG, PNG, WebP, AVIF, HEIC, TIFF, BMP, GIF, or the full-size preview of camera RAW), folders (with their sub-folders), patterns such as "holiday/*.jpg", or - for a photograph on standard input',
    )
    .option(
      '--out <folder>',
      'where the results go, one folder per photograph, laid out like the input folders',
      placeOnDisk,
      'restored',
    )
    .option(
      '--frames <n>',
      'how many frames to restore, 1 to 1001, evenly spaced over the exposure; 1 is its middle, the sharp photograph alone (default: 7)',
      wholeNumber(1, 1001),
    );
  command.option(
    '--max-megapixels <n>',
    'refuse larger photographs, 1 to 250 (default: 50); 60 megapixels take about 5 GB of memory, 200 about 13 GB',
    wholeNumber(1, largestMegapixels),
  );
  addFrameEncodingOptions(command).addOption(
    command
      .createOption('--animation <format>', 'format of the animation')
      .choices(['webp', 'gif'])
      .default('webp'),
  );
  command.option(
    '--overwrite',
    'restore again and replace earlier results; otherwise photographs already restored the same way are skipped, and results made with other options are kept beside the new ones',
    false,
  );
  command.option(
    '--no-metadata',
    "leave the photograph's metadata out of the frames: date, camera, lens and place (EXIF), title, keywords and author (XMP)",
  );
  addRestorerOptions(command).action((places: string[]) => restore(places, command.optsWithGlobals()));
}

async function restore(places: string[], options: RestoreOptions): Promise<void> {
  const signal = abortOnInterruption();
  const { photos, skipped } = await findPhotos(places, options.out);
  const { expectFrameEncoding } = await import('@unblur/inference');
  expectFrameEncoding(frameEncodingOf(options));
  const { weights, restorer } = await openChosenRestorer(options, options.frames);
  const madeWith = await describeMaking(options, weights, restorer);
  const jobs = await assignResults(photos, options.out, { madeWith, overwrite: options.overwrite, signal });
  for (const { label, folder, taken } of jobs) {
    if (taken?.by === 'another photograph') {
      printMessage(`${taken.folder} holds results of another photograph; those of ${label} go to ${folder}.`);
    } else if (taken) {
      printMessage(
        `${taken.folder} holds results of ${label} made with other options; these go to ${folder} (--overwrite replaces those there).`,
      );
    }
  }
  await doLocked(
    options.out,
    'restoration',
    () => restoreAll(jobs, skipped, options, { weightsName: weights.name, restorer, madeWith, signal }),
    {
      parts: jobs.map(({ name }) => name),
      result: jobs.length === 1 ? jobs[0]!.folder : options.out,
    },
  );
}

/** What all photographs of a command are restored with. */
interface Restoring {
  weightsName: string;
  restorer: Restorer;
  madeWith: MadeWith;
  signal: AbortSignal;
}

async function restoreAll(
  jobs: readonly ResultJob[],
  skipped: readonly SkippedFile[],
  options: RestoreOptions,
  { weightsName, restorer, madeWith, signal }: Restoring,
): Promise<void> {
  const alreadyRestored: ResultJob[] = [];
  const missing: ResultJob[] = [];
  for (const job of jobs) {
    const isDone = !options.overwrite && (await isRestored(job, madeWith));
    (isDone ? alreadyRestored : missing).push(job);
  }
  const restored: RestoredPhoto[] = [];
  const failed: FailedPhoto[] = [];
  const start = performance.now();
  for (const [index, job] of missing.entries()) {
    const { path, label } = job;
    const photoStart = performance.now();
    const onShare = (share: number) => {
      const now = performance.now();
      const ofPhoto = describeRemainingTime(share, 1, now - photoStart);
      const inAll =
        missing.length > 1 ? describeRemainingTime(index + share, missing.length, now - start) : '';
      drawProgress(
        index + share,
        missing.length,
        [label, ofPhoto, inAll && `${inAll} in all`].filter((part) => part !== '').join(', '),
      );
    };
    onShare(0);
    try {
      const result = await restorePhoto(job, restorer, madeWith, {
        ...frameEncodingOf(options),
        animation: options.animation,
        metadata: options.metadata,
        ...(options.maxMegapixels !== undefined && { maximumPixels: options.maxMegapixels * 1e6 }),
        signal,
        onShare,
        onNote: (line) => printMessage(nameFlags(line)),
      });
      restored.push(result);
      clearBar();
      if (!options.json) printLine(describe(result));
    } catch (cause) {
      signal.throwIfAborted();
      const error = describeFailure(cause);
      failed.push({ photo: path, error });
      printMessage(error.includes(label) ? error : `${label}: ${error}`);
      printOrigin(cause, options);
    }
  }
  await restorer.release();
  if (alreadyRestored.length > 0 && !options.json) {
    const count = `${alreadyRestored.length} ${alreadyRestored.length === 1 ? 'was' : 'were'}`;
    const places = listFirst(alreadyRestored.map(({ folder }) => folder));
    printLine(`${count} already restored (${places}); --overwrite restores again`);
  }
  const skippedLine = describeSkipped(skipped);
  if (skippedLine !== undefined) printMessage(skippedLine);
  if (options.json) {
    printJson({
      weights: weightsName,
      restored,
      alreadyRestored: alreadyRestored.map(({ path, folder }) => ({ photo: path, folder })),
      failed,
      skipped,
    });
  }
  if (failed.length > 0) process.exitCode = 1;
}

/** All that shows in the results, so that the same need not be made twice. */
async function describeMaking(
  options: RestoreOptions,
  weights: ChosenWeights,
  { times }: Restorer,
): Promise<MadeWith> {
  const { computedPrecision } = await import('@unblur/inference');
  const { engine, precision, scale, mirrored = false, memory, format = 'png', bitDepth, quality } = options;
  return {
    version: readVersion(),
    weights: createHash('sha256').update(weights.bytes).digest('hex'),
    engine,
    precision: computedPrecision(weights.bytes, engine, precision),
    frames: times.length,
    scale,
    mirrored,
    ...(memory !== undefined && { memory }),
    format,
    ...(bitDepth !== undefined && { bitDepth }),
    ...(quality !== undefined && { quality }),
    animation: options.animation,
    metadata: options.metadata,
  };
}

async function restorePhoto(
  { path, label, bytes, folder, record }: ResultJob,
  restorer: Restorer,
  madeWith: MadeWith,
  options: RestorePhotoOptions,
): Promise<RestoredPhoto> {
  const { restorePhotoToFolder } = await import('@unblur/inference');
  const start = performance.now();
  const { photo, files, scale } = await restorePhotoToFolder(bytes ?? path, folder, restorer, {
    ...options,
    name: label,
    isLocked: true,
    writeBeside: (staging) => writeRecord(staging, record, madeWith),
  });
  return {
    photo: path,
    folder,
    files: [...files.map((file) => file.path), join(folder, recordName)].sort(),
    width: photo.width,
    height: photo.height,
    frames: restorer.times.length,
    scale: scaleName(scale),
    seconds: Math.round(performance.now() - start) / 1000,
  };
}

function describe({ photo, folder, width, height, frames, scale, seconds }: RestoredPhoto): string {
  return `${photo} (${width}x${height}) -> ${folder}: ${counted(frames, 'frame')}, ${scale === '1' ? '' : `restored at ${scale} of its size, `}${seconds.toFixed(1)} s`;
}
