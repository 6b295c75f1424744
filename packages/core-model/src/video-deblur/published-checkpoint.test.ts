import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { sharedFolder } from '../shared-data.test-tool.js';
import { videoDeblurPresets } from './video-deblur-config.js';
import { videoDeblurFamily } from './video-deblur-network.js';
import { fromPublishedCheckpoint, publishedParameters } from './published-checkpoint.js';

const list = join(sharedFolder, 'golden', 'cdvd-tsp', 'weights.json');

/** A checkpoint whose every value is its place in its tensor. */
const numbered = Object.fromEntries(
  publishedParameters().map(({ key, shape }) => {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    for (let index = 0; index < values.length; index++) values[index] = index;
    return [key, { shape, values }];
  }),
);

describe('the published checkpoint', () => {
  (existsSync(list) ? test : test.skip)('has the names, shapes and order of the recorded list', () => {
    const recorded = JSON.parse(readFileSync(list, 'utf8')) as {
      key: string;
      shape: number[];
      transposed: boolean;
    }[];
    expect(publishedParameters().map(({ key, shape }) => `${key} ${shape.join()}`)).toEqual(
      recorded.map(({ key, shape }) => `${key} ${shape.join()}`),
    );
    expect(
      publishedParameters()
        .filter(({ transposed }) => transposed)
        .map(({ key }) => key),
    ).toEqual(
      recorded.filter(({ key, transposed }) => transposed && key.endsWith('.weight')).map(({ key }) => key),
    );
  });

  test('becomes weights of the paper preset, kernels with their last axes first', () => {
    const weights = fromPublishedCheckpoint(numbered);
    expect(Object.fromEntries(Object.entries(weights).map(([name, { shape }]) => [name, shape]))).toEqual(
      videoDeblurFamily.shapesOf(videoDeblurPresets.paper),
    );
    const { values, shape } = weights['reconstruction.encoder0.enter.kernel']!;
    const [out, input, row, column] = [7, 3, 1, 4];
    expect(shape).toEqual([5, 5, 10, 32]);
    expect(values[((row * 5 + column) * 10 + input) * 32 + out]).toBe(
      ((out * 10 + input) * 5 + row) * 5 + column,
    );
  });

  test('takes the prefix of a network that was trained in parallel off', () => {
    const prefixed = Object.fromEntries(
      Object.entries(numbered).map(([key, parameter]) => [`module.${key}`, parameter]),
    );
    expect(Object.keys(fromPublishedCheckpoint(prefixed))).toHaveLength(210);
  });

  test('says what is missing, of another shape, or too much', () => {
    const { 'recons_net.outBlock.3.bias': bias, ...rest } = numbered;
    const wrong = { ...rest, 'recons_net.inBlock.0.0.bias': bias!, extra: bias! };
    expect(() => fromPublishedCheckpoint(wrong)).toThrow(
      "'recons_net.inBlock.0.0.bias' is [3], not [32]; 'recons_net.outBlock.3.bias' [3] is missing; 'extra' [3] is not part of the network.",
    );
  });
});
