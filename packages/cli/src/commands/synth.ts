import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { abortOnInterruption } from '../interruption.js';
import { frameCount, realNumber, wholeNumber } from '../numbers.js';
import { writeFolder } from '../staging-folder.js';
import { clearBar, drawProgress, printLine } from '../terminal.js';

interface PanoramaOptions {
  from: string;
  out: string;
  count: number;
  size: number;
  frames: number;
  seed: number;
  minDegrees: number;
  maxDegrees: number;
}

/** `unblur synth`: blurred photographs whose sharp frames are known, in the folder layout that `unblur eval` reads. */
export function defineSynth(program: Command): void {
  const synth = program.command('synth').description('make blurred photographs with known sharp frames').helpCommand(false);
  synth
    .command('panorama')
    .description('look into full-sphere panoramas with a camera that turns while its shutter is open')
    .requiredOption('--from <folder>', 'folder of equirectangular panoramas (twice as wide as high)')
    .requiredOption('--out <folder>', 'where the samples go: sample-0000/blur.png, frame-0.png, ...')
    .option('--count <n>', 'samples to make', wholeNumber(1), 10)
    .option('--size <pixels>', 'width and height of the photographs', wholeNumber(16, 4096), 256)
    .option('--frames <n>', 'sharp frames per photograph, odd', frameCount, 7)
    .option('--seed <n>', 'the same seed makes the same samples', wholeNumber(0), 0)
    .option('--min-degrees <angle>', 'smallest rotation during the exposure', realNumber(0, 90), 1)
    .option('--max-degrees <angle>', 'largest rotation during the exposure', realNumber(0, 90), 10)
    .action(synthesizePanoramas);
}

async function synthesizePanoramas({ from, out, count, size, frames, seed, minDegrees, maxDegrees }: PanoramaOptions): Promise<void> {
  const signal = abortOnInterruption();
  if (minDegrees > maxDegrees) throw new Error(`Expected --min-degrees of at most --max-degrees (${maxDegrees}), but it is ${minDegrees}.`);
  if ((await readdir(out).catch(() => [])).length > 0) throw new Error(`Expected a new or empty folder for --out, but ${out} holds files already.`);
  const { openPanoramaFolder, writeSampleFolder } = await import('@unblur/datasets');
  const panoramas = await openPanoramaFolder(from);
  for (let index = 0; index < count; index++) {
    const name = `sample-${String(index).padStart(4, '0')}`;
    signal.throwIfAborted();
    drawProgress(index, count, name);
    const sample = await panoramas.synthesize({ seed, index, sizePixels: size, frames, angleDegrees: [minDegrees, maxDegrees] });
    await writeFolder(out, (staging) => writeSampleFolder(join(staging, name), sample));
  }
  clearBar();
  printLine(`${count} samples of ${frames} frames -> ${out}`);
}
