import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedFolder } from '../shared-data.test-tool.js';
import { readSafetensors } from '../weights/safetensors.js';
import { readTorchPhotoWeights } from './photo-torch-weights.test-tool.js';

const folder = join(sharedFolder, 'photo-network');

/** Whether the reference weights and the tensors recorded from the PyTorch implementation are here. */
export const hasPhotoGolden = existsSync(join(folder, 'weights.safetensors'));

/** The weights that the cases were recorded with, in this package's arrangement. */
export const goldenPhotoWeights = () =>
  readTorchPhotoWeights(new Uint8Array(readFileSync(join(folder, 'weights.safetensors'))));

/** A recorded case: every tensor with its channels last. `frames` has the seven frames along the batch. */
export function goldenPhotoCase(
  name: 'case-64x96' | 'case-80x48',
): Record<string, { shape: [number, number, number, number]; values: Float32Array }> {
  return Object.fromEntries(
    Object.entries(
      readSafetensors(new Uint8Array(readFileSync(join(folder, `${name}.safetensors`)))).tensors,
    ).map(([tensor, { shape, values }]) => {
      const [channels, height, width] = shape.slice(-3) as [number, number, number];
      const batch = values.length / (channels * height * width);
      const channelsLast = new Float32Array(values.length);
      for (let sample = 0; sample < batch; sample++) {
        for (let channel = 0; channel < channels; channel++) {
          for (let pixel = 0; pixel < height * width; pixel++) {
            channelsLast[(sample * height * width + pixel) * channels + channel] =
              values[(sample * channels + channel) * height * width + pixel]!;
          }
        }
      }
      return [tensor, { shape: [batch, height, width, channels], values: channelsLast }];
    }),
  );
}
