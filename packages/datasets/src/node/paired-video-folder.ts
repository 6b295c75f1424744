import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { folderEntries } from './folder-entries.js';
import { listFrames } from './frame-folder.js';

/** A video's frames, blurred and sharp: paths of equal number, one for one. */
export interface PairedVideo {
  name: string;
  blurred: string[];
  sharp: string[];
}

/**
 * The GoPro set as it comes (Nah et al.): `<root>/<split>/<scene>/{blur,blur_gamma,sharp}/NNNNNN.png`.
 *
 * @param gamma read `blur_gamma`, averaged through a gamma of 2.2, instead of `blur`, averaged in display
 * values.
 * @throws Error that names the folder that is missing, or the frame that has no counterpart.
 */
export function listGoproScenes(
  root: string,
  split: 'train' | 'test',
  { gamma = false }: { gamma?: boolean } = {},
): PairedVideo[] {
  const folder = join(root, split);
  return listFolders(folder).map((name) =>
    pairFrames(name, join(folder, name, gamma ? 'blur_gamma' : 'blur'), join(folder, name, 'sharp')),
  );
}

/**
 * The layout of the DVD set and of video deblurring at large: `<root>/blur/<video>/<frame>` and
 * `<root>/gt/<video>/<frame>`.
 * @throws as `listGoproScenes`.
 */
export function listPairedVideos(root: string): PairedVideo[] {
  return listFolders(join(root, 'blur')).map((name) =>
    pairFrames(name, join(root, 'blur', name), join(root, 'gt', name)),
  );
}

function pairFrames(name: string, blurredFolder: string, sharpFolder: string): PairedVideo {
  for (const folder of [blurredFolder, sharpFolder]) {
    if (!existsSync(folder)) {
      throw new Error(
        `Expected a folder ${basename(folder)} for the video ${name} but there is no ${folder}.`,
      );
    }
  }
  const blurred = listFrames(blurredFolder);
  const sharp = listFrames(sharpFolder);
  const stems = (paths: string[]): Set<string> => new Set(paths.map(stemOf));
  const [blurredStems, sharpStems] = [stems(blurred), stems(sharp)];
  const lonely =
    blurred.find((path) => !sharpStems.has(stemOf(path))) ??
    sharp.find((path) => !blurredStems.has(stemOf(path)));
  if (lonely) {
    throw new Error(
      `Expected every frame of ${name} both blurred and sharp, but ${lonely} has no counterpart.`,
    );
  }
  return { name, blurred, sharp };
}

/** A blurred and a sharp frame belong together if their names do, whatever their endings. */
function stemOf(path: string): string {
  return basename(path).replace(/\.[^.]*$/, '');
}

function listFolders(folder: string): string[] {
  const entries = folderEntries(folder, 'videos');
  const names = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name);
  if (names.length === 0) {
    throw new Error(`Expected one sub-folder per video in ${folder} but received none.`);
  }
  return names.sort();
}
