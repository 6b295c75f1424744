import '@tensorflow/tfjs-backend-cpu';
import {
  getKernel,
  randomNormal,
  randomUniform,
  setBackend,
  tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { gridSample, type SamplePadding } from '@unblur/core-model';
import { createEagerRestorer, type RgbImage } from '@unblur/restoration';
import { bundledWeights, defaultWeightsName } from '@unblur/weights';
import type { EngineName } from './engine-names.js';
import { activateEngine } from './engines.js';
import { downloadWeights } from './weights-download.js';

/**
 * Shapes `[batch, height, width, channels]` of images, and heights and widths of what is sampled from them.
 */
const cases: { image: [number, number, number, number]; sampled: [number, number] }[] = [
  { image: [2, 7, 5, 3], sampled: [6, 9] },
  { image: [1, 1, 1, 4], sampled: [3, 3] },
  { image: [1, 32, 48, 33], sampled: [40, 20] },
  // More values than one dimension of WebGPU workgroups holds.
  { image: [1, 64, 64, 64], sampled: [256, 260] },
];

/**
 * The largest difference between `GridSample` on a backend and on `cpu`, over shapes and paddings, inside and
 * outside the image.
 */
async function compareGridSampleWithCpu(name: EngineName): Promise<number> {
  await activateEngine([name], { allowSoftware: true });
  if (!getKernel('GridSample', name)) throw new Error(`No GridSample kernel on ${name}.`);
  let largest = 0;
  for (const { image, sampled } of cases) {
    for (const padding of ['border', 'zeros'] as const) {
      await setBackend('cpu');
      const pixels = randomNormal(image, 0, 1, 'float32', 1).dataSync() as Float32Array;
      const reach = Math.max(image[1], image[2]);
      const places = randomUniform(
        [image[0], ...sampled, 2],
        -0.5 * reach,
        1.5 * reach,
        'float32',
        2,
      ).dataSync() as Float32Array;
      const sample = async (backend: string, padding: SamplePadding) => {
        await setBackend(backend);
        return gridSample(
          tensor(pixels, image) as Tensor4D,
          tensor(places, [image[0], ...sampled, 2]) as Tensor4D,
          padding,
        ).data();
      };
      const [expected, received] = [await sample('cpu', padding), await sample(name, padding)];
      expected.forEach((value, index) => (largest = Math.max(largest, Math.abs(value - received[index]!))));
    }
  }
  return largest;
}

/**
 * Frames of a photograph that an engine makes with the trained weights. Values as plain lists, so that they
 * pass from and to the test.
 */
async function restoreOn(
  name: EngineName,
  { width, height, data }: { width: number; height: number; data: number[] },
  times: number[],
): Promise<number[][]> {
  await activateEngine([name], { allowSoftware: true });
  const restorer = createEagerRestorer({
    weights: await downloadWeights(bundledWeights[defaultWeightsName].url.href, () => undefined),
  });
  const photo: RgbImage = { width, height, data: Float32Array.from(data) };
  const { frames } = await restorer.restore(photo, { times });
  restorer.release();
  return frames.map((frame) => [...frame.data]);
}

Object.assign(window, { compareGridSampleWithCpu, restoreOn });
