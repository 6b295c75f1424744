import { existsSync } from 'node:fs';
import { extractFrames, probeClip } from '@unblur/clips';

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
