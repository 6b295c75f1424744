import { videoWindowBatches } from '@unblur/datasets';
import type { ValidationSample } from '../../training-system.js';
import type { RenderedWindowSource, WindowSettings } from './window-run.js';

/** @throws if a source is rendered, which this machine's processor does not do for windows. */
export function recordedSources({
  sources,
}: WindowSettings['data']): Exclude<WindowSettings['data']['sources'][number], RenderedWindowSource>[] {
  return sources.map((source, index) => {
    if ('kind' in source) {
      throw new Error(
        `Expected sources of videos but 'data.sources[${index}]' is of kind '${source.kind}', of which windows are made on the device only; set 'synthesis: device'.`,
      );
    }
    return source;
  });
}

/** Always the same windows, of `length` frames, and the middle one of each sharp. */
export async function validationWindows(
  { folder, videos, count, sizePixels, exposureFrames, strideFrames, seed }: WindowSettings['validation'],
  length: number,
): Promise<ValidationSample[]> {
  const samples: ValidationSample[] = [];
  const image = (window: Float32Array) => ({
    width: sizePixels,
    height: sizePixels,
    data: framesOf(window, length, (length - 1) / 2, 1, sizePixels, 3),
  });
  for await (const { blurred, gt } of videoWindowBatches({
    sources: [{ folder, videos, exposureFrames, steadyShare: 1, strideFrames, halvedShare: 0 }],
    sizePixels,
    windowFrames: length,
    batchSize: 1,
    seed,
    cacheMegabytes: 64,
  })) {
    samples.push({ input: blurred, blurred: image(blurred), frames: [image(gt)] });
    if (samples.length === count) break;
  }
  return samples;
}

/**
 * `count` frames from the `first` on of every clip in a batch of clips of `length` frames: `[B, length, S, S,
 * C]` to `[B, count, S, S, C]`.
 */
export function framesOf(
  clips: Float32Array,
  length: number,
  first: number,
  count: number,
  size: number,
  channels: number,
): Float32Array {
  const frame = size * size * channels;
  const batch = clips.length / (length * frame);
  const frames = new Float32Array(batch * count * frame);
  for (let sample = 0; sample < batch; sample++) {
    frames.set(
      clips.subarray((sample * length + first) * frame, (sample * length + first + count) * frame),
      sample * count * frame,
    );
  }
  return frames;
}
