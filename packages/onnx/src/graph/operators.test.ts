import { expect, test } from '@jest/globals';
import { Graph } from './graph.js';
import { stridesOf, transpose } from './operators.js';

const shape = [2, 3, 1, 4];

test.each([
  [0, 1, 2, 3],
  [0, 3, 1, 2],
  [3, 2, 0, 1],
  [1, 0, 2, 3],
  [2, 0, 3, 1],
  [3, 1, 0, 2],
  [1, 3, 0, 2],
  [0, 3, 2, 1],
])('a constant with its axes in the order %i, %i, %i, %i', (...order) => {
  const values = Float32Array.from({ length: 24 }, (_, index) => index);
  const moved = transpose(new Graph().constant(values, shape, 'float32'), order);
  expect(moved.shape).toEqual(order.map((axis) => shape[axis]));
  const [strides, movedStrides] = [stridesOf(shape), stridesOf(moved.shape)];
  values.forEach((_, index) => {
    const place = movedStrides.map((stride, axis) => Math.floor(index / stride) % moved.shape[axis]!);
    const source = order.reduce((sum, from, axis) => sum + place[axis]! * strides[from]!, 0);
    expect([index, moved.data![index]]).toEqual([index, values[source]]);
  });
});
