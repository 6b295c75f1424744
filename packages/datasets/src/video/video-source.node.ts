import { basename } from 'node:path';
import type { FileCache, FileDecoder } from '../pictures/file-cache.node.js';
import { readImageFile } from '../pictures/picture-file.node.js';
import { createRandom } from '../random.js';
import type { Sample } from '../sample.js';
import { chooseVideoWindow, synthesizeVideoExposure, type VideoFrame } from './video-exposure.js';
import { listVideos } from './video-folders.node.js';
import { type PartialVideoOptions, resolveVideoOptions, type VideoOptions } from './video-options.js';

/** What a sample depends on besides its index. Plain data: it is sent to workers. */
export interface VideoRecipe {
  kind: 'video';
  /** Paths of the frames of each video; their order matters. */
  videos: string[][];
  seed: number;
  options: VideoOptions;
}

/**
 * Videos too short for the shortest window are left out.
 * @throws Error where no video is left; as `listVideos` and `resolveVideoOptions` do.
 */
export function videoRecipe(folder: string, seed: number, given: PartialVideoOptions): VideoRecipe {
  const options = resolveVideoOptions(given);
  const shortest = Math.min(...options.windowFrames);
  const listed = listVideos(folder);
  const videos = listed.filter((paths) => paths.length >= shortest);
  if (videos.length > 0) return { kind: 'video', videos, seed, options };
  throw new Error(
    `Expected a video of at least ${shortest} frames in ${folder} but the longest has ${Math.max(...listed.map(({ length }) => length))}.`,
  );
}

const frameDecoder: FileDecoder<VideoFrame> = {
  name: 'frame',
  decode: readImageFile,
  bytesOf: ({ rgb }) => rgb.byteLength,
};

/** How often an exposure is drawn again before the videos count as unfit. */
const mostDraws = 100;

/** Makes samples one by one: sample i is a function of the recipe and i alone. */
export class VideoSynthesizer {
  readonly #cache: FileCache;
  readonly #recipe: VideoRecipe;
  constructor(recipe: VideoRecipe, cache: FileCache) {
    this.#cache = cache;
    this.#recipe = recipe;
  }

  async synthesize(sampleIndex: number): Promise<Sample> {
    const { seed, options, videos } = this.#recipe;
    let lastError: Error | undefined;
    for (let draw = 0; draw < mostDraws; draw++) {
      const random = createRandom(seed, sampleIndex, 3, draw);
      const paths = videos[random.below(videos.length)]!;
      const fitting = options.windowFrames.filter((length) => length <= paths.length);
      const length = fitting[random.below(fitting.length)]!;
      const start = random.below(paths.length - length + 1);
      let frames;
      try {
        frames = await this.#loadFrames(paths.slice(start, start + length));
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
      `Expected videos whose neighbouring frames move by ${least} to ${most} pixels but ${mostDraws} random windows had none; allow more by neighbourPixels or shrink.`,
    );
  }

  async #loadFrames(paths: readonly string[]): Promise<VideoFrame[]> {
    const { sizePixels, shrink } = this.#recipe.options;
    const least = sizePixels * shrink[0];
    const frames = await Promise.all(paths.map((path) => this.#cache.load(frameDecoder, path)));
    const [first] = frames;
    for (const [index, { width, height }] of frames.entries()) {
      if (width !== first!.width || height !== first!.height) {
        throw new Error(
          `Expected ${paths[index]} to be ${first!.width}x${first!.height}, as ${basename(paths[0]!)}, but it is ${width}x${height}.`,
        );
      }
    }
    if (Math.min(first!.width, first!.height) < least) {
      throw new RangeError(
        `Expected frames of at least ${least}x${least} but ${paths[0]} is ${first!.width}x${first!.height}; use a smaller sizePixels or leave the video out.`,
      );
    }
    return frames;
  }
}
