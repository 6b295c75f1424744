import { existsSync, readdirSync } from 'node:fs';
import { basename, join, parse } from 'node:path';
import { listPairedVideos, listSampleFolders, type PairedVideoOptions } from '@unblur/datasets';
import { isPicture, listFirst, UnblurError } from '@unblur/files';
import { loadPhoto } from '@unblur/inference';
import type { FrameRestorer } from './photographs.js';
import type { FrameDeblurrer } from './videos.js';

/**
 * Frames that any other program restored, to be scored as a restorer's: for each sample of `sampleFolder`
 * those in `<restoredFolder>/<sample>` or, as `unblur restore` writes them, `<restoredFolder>/<sample>/blur`:
 * `frame-0` ... `frame-(N-1)`, N odd; or one alone, whatever its number, which is the middle one.
 *
 * @throws UnblurError that names the samples that are missing, or the one whose frames have a gap.
 */
export function openRestoredSamples(restoredFolder: string, sampleFolder: string): FrameRestorer {
  const names = listSampleFolders(sampleFolder).map((path) => basename(path));
  const framesBySample = new Map<string, string[]>();
  for (const name of names) {
    const frames = [join(restoredFolder, name), join(restoredFolder, name, 'blur')]
      .map(findFrames)
      .find((found) => found.length > 0);
    if (frames) framesBySample.set(name, frames);
  }
  const missing = names.filter((name) => !framesBySample.has(name));
  if (missing.length > 0) {
    throw new UnblurError(
      `Expected restored frames (frame-0.png ...) of every sample in ${restoredFolder}, in a folder with the sample's name, but received none of ${listFirst(missing)}`,
    );
  }
  return {
    restore: async (blurred, _, name) => {
      const frames = await Promise.all((framesBySample.get(name) ?? []).map((path) => loadPhoto(path)));
      for (const [index, { width, height }] of frames.entries()) {
        if (width === blurred.width && height === blurred.height) continue;
        throw new UnblurError(
          `Expected ${framesBySample.get(name)![index]!} at ${blurred.width}x${blurred.height}, the size of the blurred photograph, but it is ${width}x${height}`,
        );
      }
      return { frames };
    },
  };
}

/** The restored frames in a folder in time order; none where there is no such folder. */
function findFrames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const frames = new Map<number, string>();
  for (const name of readdirSync(folder).filter(isFrame).sort()) {
    const number = Number(/\d+/.exec(name)![0]);
    const other = frames.get(number);
    if (other !== undefined) {
      throw new UnblurError(
        `Expected one picture of frame ${number} in ${folder} but received ${other} and ${name}; remove one`,
      );
    }
    frames.set(number, name);
  }
  const count = frames.size;
  if (count > 1) {
    const missing = Array.from({ length: Math.max(...frames.keys()) }, (_, index) => index).filter(
      (index) => !frames.has(index),
    );
    if (missing.length > 0) {
      throw new UnblurError(
        `Expected frames from frame-0 on without a gap in ${folder}, but received none of ${listFirst(missing.map((index) => `frame-${index}`))}`,
      );
    }
    if (count % 2 === 0) {
      throw new UnblurError(
        `Expected the middle frame alone or an odd number of frames in ${folder}, but received ${count}`,
      );
    }
  }
  return [...frames].sort(([a], [b]) => a - b).map(([, name]) => join(folder, name));
}

function isFrame(name: string): boolean {
  return /^frame-\d{1,4}\.(png|jpe?g|webp|avif)$/i.test(name);
}

/**
 * Frames that any other program deblurred, to be scored as a deblurrer's: `<restoredFolder>/<video>/<frame>`
 * for every blurred frame of `videoFolder`, of its name, whatever the format.
 *
 * @throws Error that names the video, and the frames that are missing.
 */
export function openRestoredVideos(
  restoredFolder: string,
  videoFolder: string,
  paired: PairedVideoOptions = {},
): FrameDeblurrer {
  const framesByVideo = new Map<string, string[]>();
  for (const { name, sharp } of listPairedVideos(videoFolder, paired)) {
    const folder = join(restoredFolder, name);
    if (!existsSync(folder)) {
      throw new UnblurError(
        `Expected restored frames of the video ${name} in ${folder} but there is no such folder`,
      );
    }
    const byStem = new Map(
      readdirSync(folder)
        .filter(isPicture)
        .map((file) => [stemOf(file), join(folder, file)]),
    );
    const missing = sharp.map(stemOf).filter((stem) => !byStem.has(stem));
    if (missing.length > 0) {
      throw new UnblurError(
        `Expected restored frames of the video ${name} in ${folder}, named like its ground truth, but received none of ${listFirst(missing)}`,
      );
    }
    framesByVideo.set(
      name,
      sharp.map((path) => byStem.get(stemOf(path))!),
    );
  }
  return {
    async *deblur(_frames, _options, video) {
      for (const path of framesByVideo.get(video) ?? []) yield await loadPhoto(path);
    },
  };
}

const stemOf = (path: string): string => parse(path).name;
