import { existsSync, readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { imageExtensions } from './image-file.js';
import { sortFrames } from './frame-folder.js';

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
      `Expected folders of frames (${imageExtensions.join(', ')}) in ${folder} but received none; take video files apart first (extractVideoFrames).`,
    );
  }
  return videos;
}

function collectVideos(folder: string): string[][] {
  const names = readdirSync(folder)
    .filter((name) => !name.startsWith('.') && !blurredName.test(name))
    .sort();
  const frames = names
    .filter((name) => imageExtensions.includes(extname(name).toLowerCase()))
    .map((name) => join(folder, name));
  // Not by the entry's type: a link to a folder counts.
  const folders = names
    .map((name) => join(folder, name))
    .filter((path) => !frames.includes(path) && statSync(path).isDirectory());
  return [...(frames.length > 0 ? [sortFrames(frames)] : []), ...folders.flatMap(collectVideos)];
}
