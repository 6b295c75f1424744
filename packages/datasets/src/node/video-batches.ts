import type { PartialVideoOptions } from '../video-options.js';
import { stackBlurred, stackFrames, streamSamples, type StreamOptions } from './sample-stream.js';
import { videoRecipe } from './video-synthesizer.js';

/** Exposures from high-speed video as a stream of batches. Plain data: a section of a run file. */
export interface VideoBatchOptions extends PartialVideoOptions, StreamOptions {
  /** Folder of videos as pictures (see `listVideos`). */
  folder: string;
  /** Decides every random choice. */
  seed: number;
}

export interface VideoBatch {
  /** Index of the batch's first sample. */
  firstSample: number;
  /** [batch, size, size, 3] display values in [0, 1]. */
  blurred: Float32Array;
  /** [batch, frames, size, size, 3], in time order. */
  frames: Float32Array;
}

/**
 * An endless stream of batches of exposures from high-speed video: random windows of random consecutive
 * frames, each video as often as another. Reproducible as `panoramaBatches` is.
 *
 * @throws Error (at the first batch) for wrong options or a folder without long enough videos; later, for a
 * frame that cannot be used, by name, and where no window of the videos moves as `neighbourPixels` asks.
 */
export async function* videoBatches(given: VideoBatchOptions): AsyncGenerator<VideoBatch, void, void> {
  const { folder, seed, batchSize, firstSample, workers, prefetchSamples, cacheMegabytes, ...synthesis } =
    given;
  const stream = { batchSize, firstSample, workers, prefetchSamples, cacheMegabytes };
  for await (const group of streamSamples(videoRecipe(folder, seed, synthesis), stream)) {
    yield {
      firstSample: group.firstSample,
      blurred: stackBlurred(group.samples),
      frames: stackFrames(group.samples),
    };
  }
}
