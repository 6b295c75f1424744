import { resolveLayeredOptions, type PartialLayeredOptions } from '../layered-options.js';
import { listPictures } from './image-file.js';
import { concatenate } from './sample-values.js';
import { stackBlurred, stackFrames, streamSamples, type StreamOptions } from './sample-stream.js';

/** Layered scenes as a stream of batches. Plain data: a section of a run file. */
export interface LayeredBatchOptions extends PartialLayeredOptions, StreamOptions {
  /** Folder of still photographs. */
  folder: string;
  /** Decides every random choice. */
  seed: number;
}

export interface LayeredBatch {
  /** Index of the batch's first sample. */
  firstSample: number;
  /** [batch, size, size, 3] display values in [0, 1]. */
  blurred: Float32Array;
  /** [batch, frames, size, size, 3], in time order. */
  frames: Float32Array;
  /** [batch, frames, size, size, 2]: (dx, dy) in pixels, from the middle frame to each frame. */
  flowsPixels: Float32Array;
  /**
   * [batch, size, size, 2]: (dx, dy) in pixels that what the middle frame shows moves in half the exposure.
   */
  motionPixels: Float32Array;
}

/**
 * An endless stream of batches of layered scenes, blurred by camera shake and by objects that move on their
 * own, with latent frames and optical flow. Reproducible as `panoramaBatches` is; the same errors.
 */
export async function* layeredBatches(given: LayeredBatchOptions): AsyncGenerator<LayeredBatch, void, void> {
  const { folder, seed, batchSize, firstSample, workers, prefetchSamples, cacheMegabytes, ...synthesis } =
    given;
  const options = resolveLayeredOptions(synthesis);
  const stream = { batchSize, firstSample, workers, prefetchSamples, cacheMegabytes };
  for await (const group of streamSamples(
    { kind: 'layers', stills: listPictures(folder, 'still photographs'), seed, options },
    stream,
  )) {
    yield {
      firstSample: group.firstSample,
      blurred: stackBlurred(group.samples),
      frames: stackFrames(group.samples),
      flowsPixels: concatenate(group.samples.flatMap(({ flowsPixels }) => flowsPixels!)),
      motionPixels: concatenate(group.samples.map(({ motionPixels }) => motionPixels!)),
    };
  }
}
