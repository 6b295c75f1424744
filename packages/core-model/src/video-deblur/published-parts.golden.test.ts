import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { costVolume } from '../parts/cost-volume.js';
import { warpVisible } from '../parts/motion-field.js';
import { sharedFolder } from '../shared-data.test-tool.js';
import { largestDifference } from '../tensors.test-tool.js';
import { readSafetensors } from '../weights/safetensors.js';
import { sharpnessPrior } from '../parts/sharpness-prior.js';

const caseFile = join(sharedFolder, 'golden', 'cdvd-tsp', 'case-a.safetensors');

let tensors: ReturnType<typeof readSafetensors>['tensors'] | undefined;

/** A recorded image or feature map, channels last; of a clip, one frame. */
function golden(name: string, frame?: number): tf.Tensor4D {
  tensors ??= readSafetensors(new Uint8Array(readFileSync(caseFile))).tensors;
  const { values, shape } = tensors[name]!;
  const whole = tf.tensor(values as Float32Array, shape);
  const image =
    frame === undefined
      ? whole
      : tf.squeeze(tf.slice(whole, [0, frame, 0, 0, 0], [1, 1, ...shape.slice(2)]), [1]);
  return tf.transpose(image, [0, 2, 3, 1]) as tf.Tensor4D;
}

/** Of the reference implementation, so parts are held to it one by one. */
(existsSync(caseFile) ? describe : describe.skip)("as recorded from the authors' program", () => {
  test.each([
    ['1', '0'],
    ['2', '1'],
    ['3', '4'],
  ])('the warp of frame %s to %s', (reference, neighbour) => {
    const name = `s1.${reference}to${neighbour}`;
    const { warped, mask } = warpVisible(
      golden('frames', Number(neighbour)),
      golden(`${name}.flow`),
      'border',
    );
    expect(largestDifference(warped, golden(`${name}.warped`))).toBeLessThan(2e-4);
    expect(largestDifference(mask, golden(`${name}.mask`))).toBe(0);
  });

  test.each([2, 3, 4, 5])('the cost volume of level %i', (level) => {
    const volume = costVolume(
      golden(`net.2to1.first.feat.L${level}`),
      golden(`net.2to1.L${level}.warped`),
      4,
    );
    expect(largestDifference(volume, golden(`net.2to1.L${level}.volume`))).toBeLessThan(5e-4);
  });

  test.each([1, 2, 3])('the sharpness prior of frame %i', (centre) => {
    const side = (neighbour: number) => ({
      warped: golden(`s1.${centre}to${neighbour}.warped`),
      mask: golden(`s1.${centre}to${neighbour}.mask`),
    });
    const prior = sharpnessPrior('root', side(centre - 1), golden('frames', centre), side(centre + 1));
    expect(largestDifference(prior, golden(`s1.c${centre}.S`))).toBeLessThan(2e-5);
  });
});
