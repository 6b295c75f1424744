import { writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { writeFolderAtomically } from '@unblur/files';
import type { RgbImage, Sample } from '../sample.js';
import { folderEntries } from './folder-entries.js';
import { imageExtensions, readRgbImage, writePng } from './image-file.js';

/**
 * Writes a sample as a folder: `blur.png`, `frame-0.png` ... `frame-(N-1).png` in time order, 8-bit, and
 * `sample.json` with the facts given. The folder appears under its name only once it is whole.
 *
 * @param folder must not exist yet, or be empty.
 * @param facts plain data about the sample.
 */
export async function writeSampleFolder(
  folder: string,
  sample: Sample,
  facts: Record<string, unknown> = {},
): Promise<void> {
  await writeFolderAtomically(folder, async (staging) => {
    await writePng(join(staging, 'blur.png'), sample.blurred);
    for (const [index, frame] of sample.frames.entries()) {
      await writePng(join(staging, `frame-${index}.png`), frame);
    }
    await writeFile(
      join(staging, 'sample.json'),
      `${JSON.stringify({ rotationDegrees: sample.rotationDegrees, ...facts }, null, 2)}\n`,
    );
  });
}

/**
 * Reads a sample folder: `blur` and `frame-0` ... `frame-(N-1)`, each .png, .jpg, .jpeg or .webp.
 * @throws Error that names the file that is missing, damaged, doubled or of another size, and where N is not
 * odd or below 3.
 */
export async function readSampleFolder(folder: string): Promise<Sample> {
  const names = folderEntries(folder, 'frames')
    .map(({ name }) => name)
    .filter((name) => imageExtensions.includes(extname(name).toLowerCase()));
  const pathOf = (stem: string): string => {
    const matching = names.filter((name) => name.slice(0, -extname(name).length) === stem);
    if (matching.length === 1) return join(folder, matching[0]!);
    const came = matching.length === 0 ? 'found none' : `found ${matching.join(' and ')}`;
    throw new Error(`Expected one picture ${stem} (${imageExtensions.join(', ')}) in ${folder} but ${came}.`);
  };
  const frameCount = names.filter((name) => /^frame-\d+\./.test(name)).length;
  if (frameCount < 3 || frameCount % 2 === 0) {
    throw new Error(
      `Expected an odd number of frames, at least 3 (frame-0, frame-1, ...), in ${folder} but received ${frameCount}.`,
    );
  }
  const blurred = await readRgbImage(pathOf('blur'));
  const frames: RgbImage[] = [];
  for (let index = 0; index < frameCount; index++) {
    const path = pathOf(`frame-${index}`);
    const frame = await readRgbImage(path);
    if (frame.width !== blurred.width || frame.height !== blurred.height) {
      throw new Error(
        `Expected ${path} to be ${blurred.width}x${blurred.height}, as blur is, but it is ${frame.width}x${frame.height}.`,
      );
    }
    frames.push(frame);
  }
  return { blurred, frames };
}

/**
 * Paths of the sample folders in a set, sorted by name: every sub-folder that is not hidden, as unfinished
 * ones are.
 * @throws Error where the set cannot be read or has no sub-folder.
 */
export function listSampleFolders(set: string): string[] {
  const entries = folderEntries(set, 'samples');
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  if (folders.length === 0) {
    throw new Error(`Expected one sub-folder per sample in ${set} but received none.`);
  }
  return folders
    .map(({ name }) => name)
    .sort()
    .map((name) => join(set, name));
}
