import { describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { concat, fill, reshape, slice, tensor3d, tensor4d, zeros } from '@tensorflow/tfjs-core';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { gradientError } from './finite-differences.test-tool.js';
import { transformationConsistencyLoss } from './transformation-consistency-loss.js';

const size = [8, 8] as const;

describe('transformationConsistencyLoss', () => {
  test('measures affine differences as displacements at the edge of the image', () => {
    const coarse = zeros([1, 2, 3]) as Tensor3D;
    // 0.1 of linear part moves the edge (4 px from the centre) by 0.4 px; 0.2 px of translation moves it by
    // 0.2 px.
    const fine = tensor3d([0.1, 0, 0.2, 0, 0, 0], [1, 2, 3]);
    const loss = transformationConsistencyLoss(
      [[coarse, fine], [], [coarse, coarse]],
      [[], [], []],
      size,
    ).dataSync()[0]!;
    expect(loss).toBeCloseTo((0.4 + 0.2) / 6 / 2, 6);
  });

  test('a flow that doubles with the resolution is consistent; else the difference counts in full-resolution pixels', () => {
    const coarse = fill([1, 2, 2, 2], 1) as Tensor4D;
    const consistent = fill([1, 4, 4, 2], 2) as Tensor4D;
    const off = fill([1, 4, 4, 2], 2.5) as Tensor4D;
    const loss = (fine: Tensor4D) =>
      transformationConsistencyLoss([[]], [[coarse, fine]], size).dataSync()[0]!;
    expect(loss(consistent)).toBeCloseTo(0, 6);
    // Half a pixel of an image of 4 is one of 8.
    expect(loss(off)).toBeCloseTo(1, 6);
  });

  test('is 0 where nothing can be compared', () => {
    expect(
      transformationConsistencyLoss([[zeros([1, 2, 3]) as Tensor3D], []], [[], []], size).dataSync()[0],
    ).toBe(0);
  });

  test('has the gradient that finite differences find', () => {
    const values = Float32Array.from(
      { length: 12 + 8 + 32 },
      (_, index) => 0.37 * Math.cos(7 * index) + 0.02 * index,
    );
    const loss = (x: Tensor3D) => {
      const flat = reshape(x, [52]);
      const affine = (start: number) => reshape(slice(flat, start, 6), [1, 2, 3]) as Tensor3D;
      const flow = (start: number, side: number) =>
        reshape(slice(flat, start, side * side * 2), [1, side, side, 2]) as Tensor4D;
      return transformationConsistencyLoss([[affine(0), affine(6)]], [[flow(12, 2), flow(20, 4)]], size);
    };
    expect(gradientError((x) => loss(x as Tensor3D), [52], values, 1e-3)).toBeLessThan(2e-3);
  });

  test('samples of a batch count alike', () => {
    const far = tensor4d(new Float32Array(8).fill(3), [1, 2, 2, 2]);
    const near = zeros([1, 2, 2, 2]) as Tensor4D;
    const coarse = zeros([2, 2, 2, 2]) as Tensor4D;
    expect(
      transformationConsistencyLoss([[]], [[coarse, concat([far, near], 0)]], [2, 2]).dataSync()[0],
    ).toBeCloseTo(1.5, 6);
  });
});
