import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { LayerDeclarations } from '../parts/layers.js';
import { affineDisplacement, warp } from '../parts/motion-field.js';
import { declareSpatialTransformer } from './paper-network.js';

const layers = new LayerDeclarations();
const localize = declareSpatialTransformer(layers, 'stn', { from: 3, level: 0 });
const feature = tf.randomUniform([2, 16, 16, 3], 0, 1, 'float32', 3) as tf.Tensor4D;
const weightsWith = (affineKernelScale: number) =>
  Object.fromEntries(
    Object.entries(layers.weights).map(([name, { shape, fanIn }], index) => {
      const scale =
        name === 'stn.affine.kernel' ? affineKernelScale : name.endsWith('bias') ? 0 : Math.sqrt(2 / fanIn);
      return [name, tf.mul(tf.randomNormal(shape, 0, 1, 'float32', index + 1), scale)];
    }),
  );

describe('spatial transformer', () => {
  test('starts at the identity', () => {
    const weights = weightsWith(0);
    const affine = localize(feature, weights);
    expect(affine.shape).toEqual([2, 2, 3]);
    expect(Array.from(affine.dataSync()).every((value) => value === 0)).toBe(true);
    expect(Array.from(warp(feature, affineDisplacement(affine, [16, 16], 0)).dataSync())).toEqual(
      Array.from(feature.dataSync()),
    );
  });

  test('has the gradients that finite differences give, through localization, affine grid and sampling', () => {
    const weights = weightsWith(0.05);
    // A smooth image: sampling is then smooth too, and small steps tell the gradient.
    const smooth = tf.tensor4d(
      Array.from(
        { length: 2 * 16 * 16 * 3 },
        (_, index) => Math.sin((index % 48) / 9) + Math.cos(Math.floor(index / 48) / 5),
      ),
      [2, 16, 16, 3],
    );
    const loss = () =>
      tf.mean(
        tf.square(warp(smooth, affineDisplacement(localize(feature, weights), [16, 16], 0))),
      ) as tf.Scalar;
    for (const name of ['stn.affine.kernel', 'stn.affine.bias', 'stn.localize0.kernel']) {
      const original = weights[name]!;
      const gradient = tf.grad((weight) => {
        weights[name] = weight;
        return loss();
      })(original);
      const direction = tf.randomNormal(original.shape, 0, 1, 'float32', 9);
      const along = (step: number) => {
        weights[name] = tf.add(original, tf.mul(direction, step));
        return loss().dataSync()[0]!;
      };
      // Small: bilinear sampling has a kink wherever a place crosses a pixel centre.
      const step = 1e-4;
      const measured = (along(step) - along(-step)) / (2 * step);
      weights[name] = original;
      const predicted = tf.sum(tf.mul(gradient, direction)).dataSync()[0]!;
      expect(Math.abs(predicted)).toBeGreaterThan(1e-3);
      expect(Math.abs(measured - predicted)).toBeLessThan(0.03 * Math.abs(predicted) + 1e-3);
    }
  });
});
