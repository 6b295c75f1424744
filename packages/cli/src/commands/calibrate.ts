import { stat } from 'node:fs/promises';
import { probeClip, readClip } from '@unblur/clips';
import { isClip, writeAtomically } from '@unblur/files';
import type { RgbImage } from '@unblur/inference';
import type { Command } from 'commander';
import { abortOnInterruption } from '../interruption.js';
import { addOverwriteOption, expectNewFile } from '../new-file.js';
import { findPhotos } from '../photo-paths.js';
import { addRunOptions, type RunOptions } from '../run-options.js';
import { placeOnDisk } from '../standard-streams.js';
import { clearBar, drawProgress, printJson, printLine } from '../terminal.js';
import { openNaming, readWeightsOfAnyNetwork, weightsArgument } from '../weights-choice.js';

interface CalibrateOptions extends RunOptions {
  out: string;
  except?: string[];
  overwrite: boolean;
}

/** Of every clip: more of it tells little. */
const framesOfClip = 24;

/** `unblur calibrate`: weights that restore in 8-bit integers. */
export function defineCalibrate(program: Command): void {
  const command = program
    .command('calibrate')
    .description('prepare a network to compute in 8-bit integers, about 1.6 times as fast')
    .addArgument(weightsArgument())
    .argument(
      '<picture...>',
      `about fifty blurred pictures of the kind it is for, but none that it is scored on: photographs, folders and patterns; for a video network, clips or folders with the frames of one clip, of which the first ${framesOfClip} frames are used`,
    )
    .requiredOption(
      '--out <file>',
      'the .safetensors file to write: the same weights, calibrated',
      placeOnDisk,
    )
    .option(
      '--except <layers...>',
      'layers to keep in floating point, by the beginnings of their names; rounding is most visible in those at the finest level',
    );
  addOverwriteOption(addRunOptions(command, { withPrecision: false })).action(calibrate);
}

async function calibrate(weights: string, places: string[], options: CalibrateOptions): Promise<void> {
  const signal = abortOnInterruption();
  const { out, except, threads, json = false } = options;
  expectNewFile(out, options.overwrite);
  const { name, bytes } = await readWeightsOfAnyNetwork(weights);
  const { calibrateOnClips, calibrateOnPhotos, isForVideo } = await import('@unblur/inference');
  const network = { weights: bytes, ...(except && { except }), ...(threads !== undefined && { threads }) };
  const calibrated = await openNaming(name, async () =>
    isForVideo(bytes)
      ? calibrateOnClips(network, inTurn(places, openClip, signal))
      : calibrateOnPhotos(network, inTurn(await photosOf(places, out), openPhoto, signal)),
  );
  clearBar();
  await writeAtomically(out, calibrated);
  if (json) printJson({ file: out, bytes: calibrated.length });
  else printLine(`${name} -> ${out}: calibrated, ${(calibrated.length / 1e6).toFixed(1)} MB`);
}

async function photosOf(places: readonly string[], out: string): Promise<string[]> {
  return (await findPhotos(places, out)).photos.map(({ path }) => path);
}

async function openPhoto(path: string): Promise<RgbImage> {
  const { loadPhoto } = await import('@unblur/inference');
  return loadPhoto(path);
}

/** The first frames of a clip, or of a folder of frames. */
async function openClip(path: string, signal: AbortSignal): Promise<AsyncIterable<RgbImage>> {
  const { listFrames, readFrames } = await import('@unblur/inference');
  if (isClip(path) && (await stat(path)).isFile()) {
    const facts = await probeClip(path, { signal });
    return first(readClip(path, facts, { hdr: 'tonemap', deinterlace: true }, { signal }), framesOfClip);
  }
  return readFrames(listFrames(path).slice(0, framesOfClip), signal);
}

async function* first(
  frames: AsyncIterable<RgbImage>,
  count: number,
): AsyncGenerator<RgbImage, void, undefined> {
  for await (const frame of frames) {
    yield frame;
    if (--count === 0) return;
  }
}

/** Opens one after the other, and shows how far that is. */
async function* inTurn<Opened>(
  paths: readonly string[],
  open: (path: string, signal: AbortSignal) => Promise<Opened>,
  signal: AbortSignal,
): AsyncGenerator<Opened, void, undefined> {
  for (const [index, path] of paths.entries()) {
    signal.throwIfAborted();
    drawProgress(index, paths.length, path);
    yield await open(path, signal);
  }
}
