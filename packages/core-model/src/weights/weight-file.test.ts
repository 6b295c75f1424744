import { describe, expect, test } from '@jest/globals';
import { narrowed } from '../blur-to-video/narrow-network.test-tool.js';
import { initialWeights } from './initial-weights.js';
import { readWeights, writeWeights } from './weight-file.js';

const config = narrowed('small');
const values = () => initialWeights(config, 1);

describe('weight files', () => {
  test('give config, metadata and float32 values back exactly', () => {
    const read = readWeights(writeWeights(values(), config, { dtype: 'float32', metadata: { steps: '7' } }));
    expect(read.config).toEqual(config);
    expect(read.metadata).toEqual({ steps: '7' });
    for (const [name, { values: weights }] of Object.entries(values())) expect(Array.from(read.values[name]!.values)).toEqual(Array.from(weights));
  });

  test('round to float16 within half a unit in the last place', () => {
    const { values: read } = readWeights(writeWeights(values(), config, { dtype: 'float16' }));
    for (const [name, { values: weights }] of Object.entries(values())) {
      weights.forEach((weight, index) => expect(Math.abs(read[name]!.values[index]! - weight)).toBeLessThanOrEqual(Math.abs(weight) * 2 ** -11 + 2 ** -25));
    }
  });

  test('start from a seed: the same one gives the same weights, another one others', () => {
    const first = (seed: number) => Array.from(initialWeights(config, seed)['encoder.level1.reduce.kernel']!.values);
    expect(first(1)).toEqual(first(1));
    expect(first(1)).not.toEqual(first(2));
  });

  test('start with the variance of He et al.: two over the number of inputs', () => {
    const { shape, values: weights } = initialWeights(narrowed('small', { encoderChannels: [32, 64, 4, 4, 4] }), 3)['encoder.level2.reduce.kernel']!;
    const variance = weights.reduce((sum, weight) => sum + weight * weight, 0) / weights.length;
    expect(variance * (shape[0]! * shape[1]! * shape[2]!)).toBeCloseTo(2, 1);
  });

  test('are refused with the names and shapes that differ', () => {
    const wrong = values();
    delete wrong['encoder.level1.reduce.bias'];
    wrong['middle.level4.image.bias'] = { shape: [5], values: new Float32Array(5) };
    wrong['stranger'] = { shape: [1], values: new Float32Array(1) };
    expect(() => writeWeights(wrong, config, { dtype: 'float32' })).toThrow(
      "'encoder.level1.reduce.bias' [2] is missing; 'middle.level4.image.bias' is [5], not [3]; 'stranger' [1] is not part of the network",
    );
  });

  test('are refused with a value that is not finite', () => {
    const wrong = values();
    wrong['encoder.level2.extract.kernel']!.values[3] = NaN;
    expect(() => writeWeights(wrong, config, { dtype: 'float32' })).toThrow("'encoder.level2.extract.kernel' holds NaN at index 3");
  });
});
