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
        `Expected sources of videos but 'data.sources[${index}]' is of kind '${source.kind}', whose windows can only be made on the device; set 'synthesis: device'.`,
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
    data: sliceClips(window, { frames: length, sizePixels, channels: 3 }, (length - 1) / 2, 1),
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

/** How the values of a batch of clips lie: `[B, frames, S, S, channels]`. */
interface ClipLayout {
  frames: number;
  sizePixels: number;
  channels: number;
}

/**
 * `count` frames from the `first` on of every clip in a batch: `[B, frames, S, S, channels]` to `[B, count, S,
 * S, channels]`.
 */
export function sliceClips(
  clips: Float32Array,
  { frames, sizePixels, channels }: ClipLayout,
  first: number,
  count: number,
): Float32Array {
  const frameLength = sizePixels * sizePixels * channels;
  const batch = clips.length / (frames * frameLength);
  const sliced = new Float32Array(batch * count * frameLength);
  for (let sample = 0; sample < batch; sample++) {
    const begin = (sample * frames + first) * frameLength;
    sliced.set(clips.subarray(begin, begin + count * frameLength), sample * count * frameLength);
  }
  return sliced;
}
