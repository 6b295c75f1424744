import {
  flowsOfSample,
  listSampleFolders,
  noAugmentation,
  panoramaBatches,
  readSampleFolder,
} from '@unblur/datasets';
import type { RgbImage } from '@unblur/metrics';
import type { SampleValidation } from './sample-run.js';
import type { ValidationSample } from '../../training-system.js';

/**
 * Validation samples of one blurred image and its frames each: always the same, made from panoramas without
 * augmentation or noise, or read from a folder; with their motion, from a folder where that holds it.
 *
 * @param frameCount frames that are restored.
 * @throws if the panoramas or the folder cannot be read, or a sample in the folder has another number of
 * frames or is too small.
 */
export function validationSamples(
  validation: SampleValidation,
  frameCount: number,
): Promise<ValidationSample[]> {
  const { panoramas, folder } = validation;
  return panoramas === null
    ? readSamples(folder!, validation, frameCount)
    : synthesizeSamples(panoramas, validation, frameCount);
}

async function synthesizeSamples(
  panoramas: string,
  { sizePixels, count, seed, angleDegrees }: SampleValidation,
  frameCount: number,
): Promise<ValidationSample[]> {
  const fixed = {
    folder: panoramas,
    sizePixels,
    angleDegrees: angleDegrees as [number, number],
    augmentation: noAugmentation,
    workers: 0,
    cacheMegabytes: 64,
  };
  const samples: ValidationSample[] = [];
  for await (const { blurred, frames, cameraTurns } of panoramaBatches({
    ...fixed,
    frames: frameCount,
    batchSize: 1,
    seed,
    prefetchSamples: 0,
  })) {
    const image = (values: Float32Array) => ({ width: sizePixels, height: sizePixels, data: values });
    const sample = {
      blurred: image(blurred),
      frames: Array.from({ length: frameCount }, (_, frame) =>
        image(frames.slice(frame * blurred.length, (frame + 1) * blurred.length)),
      ),
    };
    const flowsPixels = flowsOfSample({ ...sample, cameraTurn: cameraTurns[0]! })!;
    samples.push({ ...sample, input: blurred, flowsPixels });
    if (samples.length === count) break;
  }
  return samples;
}

/** The folder's first samples by name, each cropped to its middle. */
async function readSamples(
  folder: string,
  { sizePixels, count }: SampleValidation,
  frameCount: number,
): Promise<ValidationSample[]> {
  const samples: ValidationSample[] = [];
  for (const path of listSampleFolders(folder).slice(0, count)) {
    const { blurred, frames, flowsPixels } = await readSampleFolder(path);
    if (frames.length !== frameCount) {
      throw new Error(
        `Expected ${frameCount} frames, as the network restores, in '${path}' but received ${frames.length}.`,
      );
    }
    if (Math.min(blurred.width, blurred.height) < sizePixels) {
      throw new Error(
        `Expected pictures of at least ${sizePixels}x${sizePixels} ('validation.sizePixels') in '${path}' but they are ${blurred.width}x${blurred.height}.`,
      );
    }
    const middleOf = (values: Float32Array, channels: number) =>
      cropMiddle(values, blurred, sizePixels, channels);
    const image = ({ data }: RgbImage) => ({
      width: sizePixels,
      height: sizePixels,
      data: middleOf(data, 3),
    });
    const middle = image(blurred);
    samples.push({
      input: middle.data,
      blurred: middle,
      frames: frames.map(image),
      ...(flowsPixels && { flowsPixels: flowsPixels.map((flow) => middleOf(flow, 2)) }),
    });
  }
  return samples;
}

function cropMiddle(
  values: Float32Array,
  { width, height }: { width: number; height: number },
  sizePixels: number,
  channels: number,
): Float32Array {
  const [left, top] = [Math.floor((width - sizePixels) / 2), Math.floor((height - sizePixels) / 2)];
  const cropped = new Float32Array(sizePixels * sizePixels * channels);
  for (let row = 0; row < sizePixels; row++) {
    const start = ((top + row) * width + left) * channels;
    cropped.set(values.subarray(start, start + sizePixels * channels), row * sizePixels * channels);
  }
  return cropped;
}
