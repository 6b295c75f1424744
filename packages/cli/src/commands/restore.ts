import { join } from 'node:path';
import type { Command } from 'commander';
import { describeFailure } from '../failure.js';
import { selectFrames } from '../frame-selection.js';
import { frameCount, wholeNumber } from '../numbers.js';
import { findPhotos, nameResults } from '../photo-paths.js';
import { writeFolder } from '../staging-folder.js';
import { clearBar, drawProgress, printJson, printLine, printNote } from '../terminal.js';
import { addWeightsOptions, readChosenWeights, type WeightsOptions } from '../weights-choice.js';

interface RestoreOptions extends WeightsOptions {
  out: string;
  frames?: number;
  threads?: number;
  json?: boolean;
}

/** What became of one photograph; paths as a user would type them. */
type Outcome = { photo: string; folder: string; files: string[]; frames: number; width: number; height: number; seconds: number } | { photo: string; error: string };

/** `unblur restore`: photographs in, a folder of frames and pictures for each out. */
export function defineRestore(program: Command): void {
  const command = program
    .command('restore')
    .description('restore the sharp frames inside blurred photographs')
    .argument('<photo...>', 'photographs, folders of photographs, or patterns such as "holiday/*.jpg"')
    .option('--out <folder>', 'where the results go, one folder per photograph', 'restored')
    .option('--frames <n>', 'keep only n of the frames, evenly spaced', frameCount)
    .option('--threads <n>', 'processor threads to use (default: all)', wholeNumber(1, 1024))
    .option('--json', 'print JSON for programs');
  addWeightsOptions(command).action(restore);
}

async function restore(places: string[], options: RestoreOptions): Promise<void> {
  const photos = await findPhotos(places);
  const { name: weights, bytes } = await readChosenWeights(options);
  const { createRestorer } = await import('@unblur/inference');
  const restorer = await createRestorer({ weights: bytes, threads: options.threads });
  const kept = selectFrames(restorer.config.frames, options.frames ?? restorer.config.frames);

  const outcomes: Outcome[] = [];
  const names = nameResults(photos);
  for (const [index, photo] of photos.entries()) {
    drawProgress(index, photos.length, photo);
    const outcome = await restorePhoto(photo, join(options.out, names[index]!)).catch((error: unknown) => ({ photo, error: describeFailure(error) }));
    clearBar();
    outcomes.push(outcome);
    if ('error' in outcome) printNote(`unblur: ${photo}: ${outcome.error}`);
    else if (!options.json) printLine(describeOutcome(outcome));
  }
  await restorer.release();
  if (options.json) printJson({ weights, photos: outcomes });
  if (outcomes.some((outcome) => 'error' in outcome)) process.exitCode = 1;

  async function restorePhoto(path: string, folder: string): Promise<Outcome> {
    const start = performance.now();
    const { loadPhoto, writeRestoration } = await import('@unblur/inference');
    const photo = await loadPhoto(path);
    const { frames, motionsPixels } = await restorer.restore(photo);
    const restoration = { photo, frames: kept.map((i) => frames[i]!), motionsPixels: kept.map((i) => motionsPixels[i]!) };
    const files = await writeFolder(folder, (staging) => writeRestoration(restoration, staging));
    return { photo: path, folder, files, frames: kept.length, width: photo.width, height: photo.height, seconds: secondsSince(start) };
  }
}

function describeOutcome(outcome: Extract<Outcome, { folder: string }>): string {
  const { photo, folder, width, height, frames, seconds } = outcome;
  return `${photo} (${width}x${height}) -> ${folder}: ${frames} frames, ${seconds.toFixed(1)} s`;
}

function secondsSince(start: number): number {
  return Math.round(performance.now() - start) / 1000;
}
