import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expectOptions, makeFolder, type OptionNames, produceAtomically, UnblurError } from '@unblur/files';
import type { RgbImage } from '@unblur/metrics';
import type { AveragingSpace } from '../averaging.js';
import { writePng } from '../pictures/picture-file.node.js';
import { listNamedVideos, type VideoFrames } from '../video/video-folders.node.js';
import { requireExposure, videoSamples, windowStarts } from '../video/video-samples.node.js';
import { workInClaimedFolder } from './claimed-folder.node.js';
import { setFile } from './sample-set.node.js';

export interface PairedVideoSetOptions {
  /** Sharp videos as pictures, one folder each; see `listVideos`. */
  folder: string;
  /** Where the set goes: `blur/<video>/0000.png`, `gt/<video>/0000.png` and so on, and `set.json`. */
  out: string;
  /** Consecutive frames that one blurred frame is the average of: odd, at least 3. */
  frames: number;
  /**
   * From one exposure's first frame to the next one's. Default `frames`: the shutter is always open, and
   * exposures share no frame.
   */
  stride?: number | undefined;
  /** Default display values. */
  averaging?: AveragingSpace | undefined;
  /** Makes frames smaller by this whole factor first, and motion with them. Default 1. */
  shrink?: number | undefined;
  /** Called after each blurred frame, also for those that were there before. */
  onProgress?: ((done: number, count: number) => void) | undefined;
  /** Stops the job between two frames. */
  signal?: AbortSignal | undefined;
}

const pairedVideoSetOptionNames: OptionNames<PairedVideoSetOptions> = {
  folder: true,
  out: true,
  frames: true,
  stride: true,
  averaging: true,
  shrink: true,
  onProgress: 'function',
  signal: 'signal',
};

/** Where one blurred frame and its ground truth go, and the sharp frames that they are made of. */
interface Exposure {
  blurPath: string;
  gtPath: string;
  framePaths: string[];
}

/**
 * Blurs videos as a camera with a lower frame rate would: each blurred frame is the average of consecutive
 * sharp ones, its ground truth the middle one of them. The layout is that of `listPairedVideos`. Frames that
 * exist are kept: a set that was stopped half-way is completed by the same call.
 *
 * @returns how many blurred frames of how many videos the set holds, and how many of them already existed.
 * @throws RangeError for wrong options; Error where `out` holds a set made with other options, two videos
 * would have one name, a video has too few frames, or a frame cannot be used.
 */
export async function synthesizePairedVideos(
  options: PairedVideoSetOptions,
): Promise<{ frames: number; videos: number; kept: number }> {
  const {
    folder,
    out,
    frames,
    stride = frames,
    averaging = 'display',
    shrink = 1,
    onProgress,
    signal,
  } = expectOptions(
    options,
    pairedVideoSetOptionNames,
    "synthesizePairedVideos({ folder: 'videos', out: 'pairs', frames: 7 })",
  );
  requireExposure({ frames, stride, shrink, averaging });
  const videos = namedInOneWord(listNamedVideos(folder));
  const short = videos.find(({ framePaths }) => framePaths.length < frames);
  if (short) {
    throw new Error(
      `Expected at least ${frames} frames in every video, for one exposure, but ${short.name} has ${short.framePaths.length}.`,
    );
  }
  const description = {
    kind: 'paired-video',
    frames,
    stride,
    averaging,
    shrink,
    videos: videos.map(({ name, framePaths }) => [name, ...framePaths.map((path) => basename(path))]),
  };
  const exposures = videos.flatMap((video) => exposuresOf(video, out, { frames, stride }));
  let kept = 0;
  await workInClaimedFolder(out, { fileName: setFile, description }, async () => {
    for (const [index, { blurPath, gtPath, framePaths }] of exposures.entries()) {
      signal?.throwIfAborted();
      if (existsSync(blurPath) && existsSync(gtPath)) {
        kept++;
      } else {
        const exposure = { frames, averaging, shrink };
        for await (const { blurred, frames: latent } of videoSamples(framePaths, exposure)) {
          await writeWhole(blurPath, blurred);
          await writeWhole(gtPath, latent[(frames - 1) / 2]!);
        }
      }
      onProgress?.(index + 1, exposures.length);
    }
  });
  return { frames: exposures.length, videos: videos.length, kept };
}

function exposuresOf(
  { name, framePaths }: VideoFrames,
  out: string,
  { frames, stride }: { frames: number; stride: number },
): Exposure[] {
  return windowStarts(framePaths.length, frames, stride).map((start, index) => {
    const file = `${String(index).padStart(4, '0')}.png`;
    return {
      blurPath: join(out, 'blur', name, file),
      gtPath: join(out, 'gt', name, file),
      framePaths: framePaths.slice(start, start + frames),
    };
  });
}

/** Videos under names that a folder can have, all different. */
function namedInOneWord(videos: readonly VideoFrames[]): VideoFrames[] {
  const pathOfName = new Map<string, string>();
  return videos.map(({ name: path, framePaths }) => {
    const name = path.replaceAll('/', '-');
    const other = pathOfName.get(name);
    if (other !== undefined) {
      throw new UnblurError(
        `Expected videos of different names but ${other} and ${path} would both become ${name}; rename one.`,
      );
    }
    pathOfName.set(name, path);
    return { name, framePaths };
  });
}

async function writeWhole(path: string, image: RgbImage): Promise<void> {
  await makeFolder(dirname(path));
  await produceAtomically(path, (temporaryPath) => writePng(temporaryPath, image));
}
