import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { largestDifference, largestValue, randomImage, shaken } from '../tensors.test-tool.js';
import { narrowedPaper, paperAblations } from './narrowed-paper.test-tool.js';
import { paperFamily } from './paper-network.js';

describe.each(paperAblations)('the network of Argaw et al. (%s)', (_, config) => {
  const network = paperFamily.declare(config);
  const weights = shaken(paperFamily.initialWeights(config, 1));
  const { featureTransformer, imageTransformer } = config;

  test('returns every frame at five levels, and the motions that it looked for', () => {
    const { frames, affines, flowsPixels, motionsPixels } = network.restore(randomImage([32, 64]), weights);
    const levelShapes = [0, 1, 2, 3, 4].map((level) => [1, 32 / 2 ** level, 64 / 2 ** level, 3]);
    expect(frames.map((levels) => levels.map(({ shape }) => shape))).toEqual([
      levelShapes,
      levelShapes,
      levelShapes,
    ]);
    for (const image of frames.flat()) expect(tf.all(tf.isFinite(image)).dataSync()[0]).toBe(1);
    const found = (isLookedFor: boolean) => (isLookedFor ? [5, 0, 5] : [0, 0, 0]);
    expect(affines.map((levels) => levels.length)).toEqual(found(featureTransformer.spatialTransformer));
    expect(flowsPixels.map((levels) => levels.length)).toEqual(found(featureTransformer.localWarping));
    expect(motionsPixels.map(({ shape }) => shape)).toEqual([1, 2, 3].map(() => [1, 32, 64, 2]));
    expect(motionsPixels.map((motion) => largestValue(motion) > 0)).toEqual([
      imageTransformer,
      false,
      imageTransformer,
    ]);
  });
});

describe('motions of the network of Argaw et al.', () => {
  const config = narrowedPaper();
  const network = paperFamily.declare(config);
  const untrained = paperFamily.initialWeights(config, 1);
  const blurred = randomImage([32, 32]);
  const withBias = (name: string, bias: number[]) => ({ ...shaken(untrained, 0), [name]: tf.tensor1d(bias) });

  test('start at none', () => {
    const { affines, flowsPixels, motionsPixels } = network.restore(blurred, shaken(untrained, 0));
    for (const motion of [...affines.flat(), ...flowsPixels.flat(), ...motionsPixels]) {
      expect(largestValue(motion)).toBe(0);
    }
  });

  test('are handed down from level to level, flows with the size of what they move', () => {
    const { flowsPixels } = network.restore(blurred, withBias('frame0.level4.flow.bias', [1, -2]));
    flowsPixels[0]!.forEach((flow, index) =>
      expect(
        largestDifference(
          flow,
          tf.tile(tf.tensor4d([2 ** index, -2 * 2 ** index], [1, 1, 1, 2]), [
            1,
            2 * 2 ** index,
            2 * 2 ** index,
            1,
          ]),
        ),
      ).toBeLessThan(1e-5),
    );
    // Raw outputs are in units of 16 pixels, and of a quarter for what turns and stretches.
    const { affines } = network.restore(
      blurred,
      withBias('frame2.level3.stn.affine.bias', [0.4, 0, 0.25, 0, 0, -0.5]),
    );
    expect(affines[2]!.map((affine) => affine.arraySync()[0])).toEqual([
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
      ...[3, 2, 1, 0].map(() => [
        [expect.closeTo(0.1, 5), 0, 4],
        [0, 0, -8],
      ]),
    ]);
  });

  test('of the scene are opposite to where the middle frame is sampled', () => {
    const { motionsPixels } = network.restore(
      blurred,
      withBias('frame2.level0.itn.affine.bias', [0, 0, 0.25, 0, 0, -0.125]),
    );
    expect(
      largestDifference(motionsPixels[2]!, tf.tile(tf.tensor4d([-4, 2], [1, 1, 1, 2]), [1, 32, 32, 1])),
    ).toBe(0);
  });
});

test.each([3, 5])('restores %i frames, each with weights of its own', (frames) => {
  const config = narrowedPaper({ frames });
  expect(
    paperFamily.declare(config).restore(randomImage([32, 32]), shaken(paperFamily.initialWeights(config, 1)))
      .frames,
  ).toHaveLength(frames);
});

test('refuses sizes that its pyramid cannot halve', () => {
  const config = narrowedPaper();
  expect(() => paperFamily.declare(config).restore(randomImage([48, 32]), {})).toThrow(
    'multiples of 32, but received [1,48,32,3]; pad first',
  );
});
