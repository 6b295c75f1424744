import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { largestDifference } from '../tensors.test-tool.js';
import { alignFlow } from './flow-alignment.js';

const [height, width] = [48, 64];
const everyLevel = [
  { level: 2, iterations: 2 },
  { level: 1, iterations: 2 },
  { level: 0, iterations: 2 },
];

/** A smooth picture, known between its pixels too, whose content lies `(dx, dy)` further. */
function movedBy(dx: number, dy: number): tf.Tensor4D {
  const value = (x: number, y: number) =>
    0.5 +
    0.15 * Math.sin(0.31 * x + 0.11 * y) +
    0.15 * Math.sin(0.42 * y - 0.17 * x) +
    0.1 * Math.sin(0.15 * (x + y));
  const values = Array.from({ length: height * width }, (_, index) =>
    value((index % width) - dx, Math.floor(index / width) - dy),
  ).flatMap((grey) => [grey, grey * 0.9, grey]);
  return tf.tensor4d(values, [1, height, width, 3]);
}

const flowOf = (dx: number, dy: number) =>
  tf.tile(tf.tensor4d([dx, dy], [1, 1, 1, 2]), [1, height, width, 1]);
/** Far enough from the edges that a window sees the same in both pictures. */
const interior = (x: tf.Tensor4D) => tf.slice(x, [0, 10, 10, 0], [1, height - 20, width - 20, 2]);

describe('alignFlow', () => {
  test.each([
    ['no motion at all', [0, 0], [0.37, -0.61]],
    ['a guess off by more than two pixels', [3, 1.5], [5.2, -0.7]],
  ])('finds a motion between pixels from %s', (_, [guessX, guessY], [dx, dy]) => {
    const aligned = alignFlow(movedBy(0, 0), movedBy(dx!, dy!), flowOf(guessX!, guessY!), everyLevel);
    const errors = tf.abs(tf.sub(interior(aligned), interior(flowOf(dx!, dy!))));
    expect(tf.mean(errors).dataSync()[0]).toBeLessThan(0.05);
    expect(tf.max(errors).dataSync()[0]).toBeLessThan(0.2);
  });

  test('is not misled where the second picture ends', () => {
    // The last five columns lie outside of the second picture; the motion was right from the start.
    const right = flowOf(5, 0);
    const errors = tf.abs(tf.sub(alignFlow(movedBy(0, 0), movedBy(5, 0), right, everyLevel), right));
    const atItsEnd = tf.slice(errors, [0, 0, width - 15, 0], [1, height, 10, 2]);
    expect(tf.mean(atItsEnd).dataSync()[0]).toBeLessThan(0.05);
  });

  test('leaves alone what is right, what shows nothing and what is not seen', () => {
    const right = alignFlow(movedBy(0, 0), movedBy(0, 0), flowOf(0, 0), everyLevel);
    expect(largestDifference(right, flowOf(0, 0))).toBeLessThan(1e-6);
    const grey = tf.fill([1, height, width, 3], 0.5) as tf.Tensor4D;
    expect(
      largestDifference(alignFlow(grey, grey, flowOf(1.3, -0.4), everyLevel), flowOf(1.3, -0.4)),
    ).toBeLessThan(1e-5);
    const beyond = flowOf(2 * width, 0);
    expect(
      largestDifference(alignFlow(movedBy(0, 0), movedBy(0.5, 0), beyond, everyLevel), beyond),
    ).toBeLessThan(1e-3);
  });

  test('corrects each picture of a batch by itself', () => {
    const still = movedBy(0, 0);
    const [one, other] = [movedBy(0.5, 0.2), movedBy(-0.8, 0.4)];
    const together = alignFlow(
      tf.concat([still, still]),
      tf.concat([one, other]),
      tf.concat([flowOf(0, 0), flowOf(0, 0)]),
      everyLevel,
    );
    const apart = tf.concat([one, other].map((moved) => alignFlow(still, moved, flowOf(0, 0), everyLevel)));
    expect(largestDifference(together, apart)).toBeLessThan(1e-5);
  });

  test('hands the gradient on to the flow it started from as it came, and to the pictures none', () => {
    const [first, second] = [movedBy(0, 0), movedBy(0.4, 0.3)];
    const weights = tf.randomUniform([1, height, width, 2], -1, 1, 'float32', 3);
    const [ofFirst, ofSecond, ofFlow] = tf.grads(
      (a: tf.Tensor, b: tf.Tensor, flow: tf.Tensor) =>
        tf.add(
          tf.sum(
            tf.mul(weights, alignFlow(a as tf.Tensor4D, b as tf.Tensor4D, flow as tf.Tensor4D, everyLevel)),
          ),
          // What nothing depends on could not be differentiated by.
          tf.mul(tf.add(tf.sum(a), tf.sum(b)), 0),
        ) as tf.Scalar,
    )([first, second, flowOf(0, 0)]);
    expect(largestDifference(ofFlow as tf.Tensor4D, weights as tf.Tensor4D)).toBe(0);
    expect(tf.max(tf.abs(tf.concat([ofFirst!, ofSecond!]))).dataSync()[0]).toBe(0);
  });
});
