import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { chooseFrames, extractFrames, listFrames, probeClip } from '@unblur/clips';
import { pictureExtensions } from '@unblur/files';
import { folderEntries } from '../pictures/picture-file.node.js';

/** Folders and pictures that hold the blurred side of a set, not frames of a video. */
const blurredName = /^blur(_gamma|red)?(\.[^.]*)?$/;

/**
 * The videos below a folder: each folder that holds pictures is one, with its frames in the order of the
 * numbers in their names. Searches sub-folders to any depth, so a folder of frames, a folder of videos, the
 * GoPro and `gt/<video>` layouts and sets of sample folders all do; folders and pictures named blur, blurred
 * or blur_gamma are passed by.
 *
 * @returns paths of the frames of each video, videos sorted by path.
 * @throws Error where the folder cannot be read or holds no picture.
 */
export function listVideos(folder: string): string[][] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new Error(`Expected a folder of videos (as pictures) at ${folder} but there is none.`);
  }
  const videos = collectVideos(folder);
  if (videos.length === 0) {
    throw new Error(
      `Expected folders of frames (${pictureExtensions.join(', ')}) in ${folder} but received none; take video files apart first (extractVideoFrames).`,
    );
  }
  return videos;
}

function collectVideos(folder: string): string[][] {
  const names = readdirSync(folder)
    .filter((name) => !name.startsWith('.') && !blurredName.test(name))
    .sort();
  const frames = chooseFrames(names).map((name) => join(folder, name));
  // Not by the entry's type: a link to a folder counts.
  const folders = names
    .map((name) => join(folder, name))
    .filter((path) => !frames.includes(path) && statSync(path).isDirectory());
  return [...(frames.length > 0 ? [frames] : []), ...folders.flatMap(collectVideos)];
}

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
 * `<root>/gt/<video>/<frame>`. Sharp frames of which there is no blurred one are left out.
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
      throw new Error(`Expected frames of the video ${name} in ${folder} but there is no such folder.`);
    }
  }
  const sharpByStem = new Map(listFrames(sharpFolder).map((path) => [stemOf(path), path]));
  const blurred = listFrames(blurredFolder);
  const sharp = blurred.map((path) => {
    const counterpart = sharpByStem.get(stemOf(path));
    if (counterpart === undefined) {
      throw new Error(
        `Expected every blurred frame of ${name} in ${sharpFolder} too, but ${path} has no counterpart there.`,
      );
    }
    return counterpart;
  });
  return { name, blurred, sharp };
}

/** A blurred and a sharp frame belong together if their names do, whatever their endings. */
function stemOf(path: string): string {
  return basename(path).replace(/\.[^.]*$/, '');
}

function listFolders(folder: string): string[] {
  // Not by the entry's type: a link to a folder counts.
  const names = folderEntries(folder, 'videos')
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('.') && statSync(join(folder, name)).isDirectory());
  if (names.length === 0) {
    throw new Error(`Expected one sub-folder per video in ${folder} but received none.`);
  }
  return names.sort();
}

/**
 * Takes a video file apart with ffmpeg: every frame as it was recorded, none doubled or dropped, as
 * `000001.png` and so on in a new folder, for `listFrames`. The folder appears once it is whole. High dynamic
 * range is tone-mapped, interlaced frames are made progressive, and what is transparent lies on white.
 *
 * @returns the number of frames.
 * @throws Error where ffmpeg is missing, the video cannot be decoded, or `out` exists.
 */
export async function extractVideoFrames(video: string, out: string): Promise<number> {
  if (existsSync(out)) throw new Error(`Expected a new folder for the frames but ${out} exists.`);
  return extractFrames(video, await probeClip(video), out);
}
