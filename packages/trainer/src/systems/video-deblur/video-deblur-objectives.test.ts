import * as tf from '@tensorflow/tfjs';
import { expect, test } from '@jest/globals';
import { videoDeblurFamily, videoDeblurPresets } from '@unblur/core-model';
import { flowObjective } from './video-deblur-objectives.js';

test.each([0, 1])(
  'measures flow in pixels of the frame, whose size the flow network sees halved %s times',
  (inputLevel) => {
    const { small } = videoDeblurPresets;
    const reconstruction = {
      kernelSize: 3 as const,
      channels: [2, 2, 2] as [number, number, number],
      residualBlocks: [1, 1, 1] as [number, number, number],
      finestLevel: 1 as const,
      residualImage: true,
    };
    const config = {
      ...small,
      reconstruction,
      scaleFusion: null,
      flow: { ...small.flow, inputLevel, pyramidChannels: [3, 3, 3, 3], denseChannels: [3], refiner: [] },
    };
    const weights = Object.fromEntries(
      Object.entries(videoDeblurFamily.initialWeights(config, 1)).map(([name, { values, shape }]) => [
        name,
        tf.tensor(values, shape),
      ]),
    );
    // Of untrained weights, the flow is zero but for the biases: of 0.3 and -0.1 units of 20 pixels of what
    // the network sees.
    for (const level of [3, 4]) weights[`flow.level${level}.flow.bias`] = tf.tensor1d([0.3, -0.1]);
    const [first, second] = [1, 2].map((seed) => tf.randomUniform([1, 32, 32, 3], 0, 1, 'float32', seed));
    const lossOf = (flow: [number, number]) => {
      const flowPixels = tf.mul(tf.ones([1, 32, 32, 2]), tf.tensor1d(flow));
      return Object.values(
        flowObjective(config, 1, 32).loss({ first: first!, second: second!, flowPixels, ...weights }),
      ).map((value) => value!.dataSync()[0]!);
    };
    const scale = 2 ** inputLevel;
    for (const value of lossOf([6 * scale, -2 * scale])) expect(value).toBeCloseTo(0, 4);
    // Off by 3 and by 1 pixels: 2 in the mean, at the end and, half as much each, at both levels.
    const [total, endpoint] = lossOf([6 * scale + 3, -2 * scale + 1]);
    expect(endpoint).toBeCloseTo(2, 4);
    expect(total).toBeCloseTo(4, 4);
  },
);
