import * as tf from '@tensorflow/tfjs';
import type { Tensor4D } from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { halve, imagePyramid, packPixels, unpackPixels } from './resolution.js';

/** Every value tells its image, row, column and channel. */
const places = (batch: number, height: number, width: number, channels: number): Tensor4D =>
  tf.tensor(
    Array.from({ length: batch }, (_b, b) =>
      Array.from({ length: height }, (_y, y) =>
        Array.from({ length: width }, (_x, x) =>
          Array.from({ length: channels }, (_c, c) => b * 1000 + y * 100 + x * 10 + c),
        ),
      ),
    ),
    [batch, height, width, channels],
  );

describe('unpackPixels', () => {
  test('makes of every pixel 2x2 pixels, as TensorFlow does with depthToSpace', () => {
    const x = places(2, 3, 5, 8);
    const unpacked = unpackPixels(x);
    expect(unpacked.shape).toEqual([2, 6, 10, 2]);
    expect([...unpacked.dataSync()]).toEqual([...tf.depthToSpace(x, 2, 'NHWC').dataSync()]);
  });
});

describe('packPixels', () => {
  test('puts the pixels of a cell one after the other, row by row', async () => {
    const packed = packPixels(places(2, 4, 6, 3));
    expect(packed.shape).toEqual([2, 2, 3, 12]);
    // Of the second image, the cell in row 1 and column 2.
    expect((await tf.slice(packed, [1, 1, 2, 0], [1, 1, 1, 12]).data()).join()).toBe(
      '1240,1241,1242,1250,1251,1252,1340,1341,1342,1350,1351,1352',
    );
  });

  test('is the inverse of unpackPixels, and so are its gradients', () => {
    const x = places(2, 4, 6, 3);
    expect([...unpackPixels(packPixels(x)).dataSync()]).toEqual([...x.dataSync()]);
    const factors = places(2, 2, 3, 12);
    const gradient = tf.grad((image: tf.Tensor) => tf.sum(tf.mul(packPixels(image as Tensor4D), factors)))(x);
    expect([...gradient.dataSync()]).toEqual([...unpackPixels(factors).dataSync()]);
  });
});

test('halves by the mean of 2x2 pixels, level by level', () => {
  const [own, half, quarter] = imagePyramid(places(1, 4, 4, 1), 2);
  expect([...own!.dataSync()]).toEqual([...places(1, 4, 4, 1).dataSync()]);
  expect([...half!.dataSync()]).toEqual([55, 75, 255, 275]);
  expect([...halve(half!).dataSync()]).toEqual([165]);
  expect([...quarter!.dataSync()]).toEqual([165]);
});
