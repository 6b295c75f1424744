import { resolvePanoramaOptions, type PartialPanoramaOptions } from '../panorama-options.js';
import { listPanoramas } from './panorama-folder.js';
import { concatenate } from './sample-values.js';
import { stackBlurred, stackFrames, streamSamples, type StreamOptions } from './sample-stream.js';

/** Panorama synthesis as a stream of batches. Plain data: a section of a run file. */
export interface PanoramaBatchOptions extends PartialPanoramaOptions, StreamOptions {
  /** Folder of equirectangular panoramas. */
  folder: string;
  /** Decides every random choice. */
  seed: number;
}

export interface PanoramaBatch {
  /** Index of the batch's first sample. */
  firstSample: number;
  /** [batch, size, size, 3] display values in [0, 1]. */
  blurred: Float32Array;
  /** [batch, frames, size, size, 3], in time order. */
  frames: Float32Array;
  /** [batch]: the angle that the camera turned by. */
  rotationDegrees: Float32Array;
  /**
   * [batch, size, size, 2]: (dx, dy) in pixels that the scene moves in half the exposure, seen from the
   * middle frame.
   */
  motionPixels: Float32Array;
}

/**
 * An endless stream of batches of rotationally blurred pictures with their latent frames. Sample i depends on
 * the panoramas (their names' order and contents), `seed`, the synthesis options and i only: neither the
 * number of workers nor the batch size nor where the stream began changes a byte. Leaving the loop stops the
 * workers.
 *
 * @throws Error (at the first batch) for wrong options, a missing or empty folder; later, for a panorama that
 * cannot be used, by name.
 */
export async function* panoramaBatches(
  given: PanoramaBatchOptions,
): AsyncGenerator<PanoramaBatch, void, void> {
  const { folder, seed, batchSize, firstSample, workers, prefetchSamples, cacheMegabytes, ...synthesis } =
    given;
  const options = resolvePanoramaOptions(synthesis);
  const stream = { batchSize, firstSample, workers, prefetchSamples, cacheMegabytes };
  for await (const group of streamSamples(
    { kind: 'panorama', panoramas: listPanoramas(folder), seed, order: 'random', options },
    stream,
  )) {
    yield {
      firstSample: group.firstSample,
      blurred: stackBlurred(group.samples),
      frames: stackFrames(group.samples),
      rotationDegrees: Float32Array.from(group.samples, ({ rotationDegrees }) => rotationDegrees!),
      motionPixels: concatenate(group.samples.map(({ motionPixels }) => motionPixels!)),
    };
  }
}
