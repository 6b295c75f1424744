import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { sharedFolder } from '../shared-data.test-tool.js';
import { readSafetensors } from '../weights/safetensors.js';

const caseFile = join(sharedFolder, 'golden', 'cdvd-tsp', 'case-a.safetensors');

/** Whether the tensors recorded from the reference implementation are here. */
export const hasGolden = existsSync(caseFile);

let tensors: ReturnType<typeof readSafetensors>['tensors'] | undefined;

/** A recorded image or feature map, channels last; of a clip, one frame. */
export function golden(name: string, frame?: number): tf.Tensor4D {
  tensors ??= readSafetensors(new Uint8Array(readFileSync(caseFile))).tensors;
  const { values, shape } = tensors[name]!;
  const whole = tf.tensor(values as Float32Array, shape);
  const image =
    frame === undefined
      ? whole
      : tf.squeeze(tf.slice(whole, [0, frame, 0, 0, 0], [1, 1, ...shape.slice(2)]), [1]);
  return tf.transpose(image, [0, 2, 3, 1]) as tf.Tensor4D;
}
