import '@tensorflow/tfjs-backend-wasm';
import { conv2dTranspose, randomNormal, setBackend, type Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from '@jest/globals';
import { speedUpDoublingConvolution } from './doubling-convolution.js';

const cases = [
  { name: 'the doubling layers of the network', x: [2, 5, 7, 6], filter: [4, 4, 3, 6], output: [2, 10, 14, 3], stride: 2 },
  { name: 'a single pixel', x: [1, 1, 1, 2], filter: [4, 4, 5, 2], output: [1, 2, 2, 5], stride: 2 },
  { name: 'another filter, left to the backend', x: [1, 4, 4, 2], filter: [3, 3, 2, 2], output: [1, 8, 8, 2], stride: 2 },
] as const;

const convolve = ({ x, filter, output, stride }: (typeof cases)[number]) =>
  conv2dTranspose(randomNormal([...x], 0, 1, 'float32', 1) as Tensor4D, randomNormal([...filter], 0, 1, 'float32', 2) as Tensor4D, [...output] as [number, number, number, number], stride, 'same');

let expected: Float32Array[];

beforeAll(async () => {
  await setBackend('wasm');
  expected = cases.map((entry) => convolve(entry).dataSync() as Float32Array);
  speedUpDoublingConvolution();
});

it.each(cases.map((entry, index) => [entry.name, index] as const))('equals the transposed convolution of the backend: %s', (_, index) => {
  const received = convolve(cases[index]!);
  expect(received.shape).toEqual([...cases[index]!.output]);
  received.dataSync().forEach((value, place) => expect(value).toBeCloseTo(expected[index]![place]!, 4));
});
