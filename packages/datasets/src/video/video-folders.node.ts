import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { extractFrames, probeClip } from '@unblur/clips';
import { pictureExtensions } from '@unblur/files';
import { foldersOfPictures } from './picture-folders.node.js';
import { isBlurredSide } from './recorded-pairs.node.js';

/** A video that is kept as pictures. */
export interface VideoFrames {
  /** Its folder below the one that was searched, such as `street/gt`; that one's own name where it is itself. */
  name: string;
  /** In time order. */
  framePaths: string[];
}

/**
 * The videos below a folder: each folder that holds pictures is one, with its frames in the order of the
 * numbers in their names. Searches sub-folders to any depth, so a folder of frames, a folder of videos, sets
 * of recorded pairs (see `listPairedVideos`) and of sample folders all do; their blurred frames are skipped.
 *
 * @returns videos sorted by path.
 * @throws Error where the folder cannot be read or holds no picture.
 */
export function listNamedVideos(folder: string): VideoFrames[] {
  const videos = foldersOfPictures(folder, isBlurredSide).map(({ parts, pictures }) => ({
    name: parts.join('/') || basename(resolve(folder)),
    framePaths: pictures.map((name) => join(folder, ...parts, name)),
  }));
  if (videos.length === 0) {
    throw new Error(
      `Expected folders of frames (${pictureExtensions.join(', ')}) in ${folder} but received none; extract the frames of video files first, and do not name a folder of sharp frames blur.`,
    );
  }
  return videos;
}

/** As `listNamedVideos`, without their names. */
export function listVideos(folder: string): string[][] {
  return listNamedVideos(folder).map(({ framePaths }) => framePaths);
}

/**
 * Extracts the frames of a video file with ffmpeg: every frame as it was recorded, none doubled or dropped,
 * as `000001.png` and so on in a new folder, for `listFrames`. The folder appears once it is whole. High
 * dynamic range is tone-mapped, interlaced frames are made progressive, and what is transparent lies on
 * white.
 *
 * @returns the number of frames.
 * @throws Error where ffmpeg is missing, the video cannot be decoded, or `out` exists; the signal's reason
 * when aborted.
 */
export async function extractVideoFrames(video: string, out: string, signal?: AbortSignal): Promise<number> {
  if (existsSync(out)) throw new Error(`Expected a new folder for the frames but ${out} exists.`);
  return extractFrames(video, await probeClip(video, { signal }), out, { signal });
}
