import { basename } from 'node:path';
import type { FileCache } from '../pictures/file-cache.node.js';
import type { RgbBytes } from '../pictures/picture-bytes.js';
import { pictureDecoder, requireOneSize } from '../pictures/picture-file.node.js';
import { createRandom } from '../random.js';
import type { SourceKind } from '../source-kind.node.js';
import { requireMeasurableMotion } from './frame-motion.js';
import { chooseVideoWindow, synthesizeVideoExposure } from './video-exposure.js';
import { listNamedVideos, type VideoFrames } from './video-folders.node.js';
import { resolveVideoOptions, type PartialVideoOptions, type VideoOptions } from './video-options.js';

/** What a sample depends on besides its index. Plain data: it is sent to workers. */
export interface VideoRecipe {
  kind: 'video';
  /** Their order matters. */
  videos: VideoFrames[];
  seed: number;
  options: VideoOptions;
}

/** How often an exposure is drawn again before the videos count as unfit. */
const mostDraws = 100;

export const videoSource: SourceKind<PartialVideoOptions, VideoRecipe> = {
  /** Videos too short for the shortest window are left out. */
  recipeOf(folder, seed, given) {
    const options = resolveVideoOptions(given);
    requireMeasurableMotion(options.sizePixels, options.neighbourPixels[1]);
    const shortest = Math.min(...options.windowFrames);
    const listed = listNamedVideos(folder);
    const videos = listed.filter(({ framePaths }) => framePaths.length >= shortest);
    if (videos.length > 0) return { kind: 'video', videos, seed, options };
    throw new Error(
      `Expected a video of at least ${shortest} frames in ${folder} but the longest has ${Math.max(...listed.map(({ framePaths }) => framePaths.length))}.`,
    );
  },
  // With the videos' own names: frames of most videos have the same ones.
  fileNames: ({ videos }) => ({
    videos: videos.map(({ name, framePaths }) => ({
      name,
      framePaths: framePaths.map((path) => basename(path)),
    })),
  }),
  knowsMotion: false,
  open: ({ seed, options, videos }, cache) => ({
    async synthesize(sampleIndex) {
      let lastError: Error | undefined;
      for (let draw = 0; draw < mostDraws; draw++) {
        const random = createRandom(seed, sampleIndex, 3, draw);
        const { framePaths: paths } = videos[random.below(videos.length)]!;
        const fitting = options.windowFrames.filter((length) => length <= paths.length);
        const length = fitting[random.below(fitting.length)]!;
        const start = random.below(paths.length - length + 1);
        let frames;
        try {
          frames = await loadFrames(paths.slice(start, start + length), options, cache);
        } catch (error) {
          if (options.onBadFrame === 'stop') throw error;
          lastError = error as Error;
          continue;
        }
        const window = chooseVideoWindow(frames, random, options);
        if (window) return synthesizeVideoExposure(frames, window, random, options);
      }
      const [least, most] = options.neighbourPixels;
      if (lastError) throw lastError;
      throw new Error(
        `Expected videos whose neighbouring frames move by ${least} to ${most} pixels but ${mostDraws} random windows had none; allow more with neighbourPixels or shrink.`,
      );
    },
  }),
};

async function loadFrames(
  paths: readonly string[],
  { sizePixels, shrink }: VideoOptions,
  cache: FileCache,
): Promise<RgbBytes[]> {
  const least = sizePixels * shrink[0];
  const frames = await Promise.all(paths.map((path) => cache.load(pictureDecoder, path)));
  requireOneSize(frames, paths);
  const { width, height } = frames[0]!;
  if (Math.min(width, height) < least) {
    throw new RangeError(
      `Expected frames of at least ${least}x${least} but ${paths[0]} is ${width}x${height}; use a smaller sizePixels or leave the video out.`,
    );
  }
  return frames;
}
