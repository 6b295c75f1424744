import { describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { concat, fill, tensor3d, zeros } from '@tensorflow/tfjs-core';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { PaperOutput } from '@unblur/core-model';
import { gradientError } from '../../losses/finite-differences.test-tool.js';
import { paperLoss } from './paper-loss.js';
import type { PaperLossConfig } from './paper-loss.js';

const config: PaperLossConfig = {
  norm: 'l1',
  order: 'ground-truth',
  levelWeights: [1],
  frameWeights: 'equal',
  transformationConsistency: 0,
  symmetricPenalty: 0,
  symmetricPenaltyBound: null,
};

/** Two samples; each frame of one value per sample. */
const batch = (first: number[], second: number[]): Tensor4D[] =>
  first.map(
    (value, frame) => concat([fill([1, 2, 2, 3], value), fill([1, 2, 2, 3], second[frame]!)], 0) as Tensor4D,
  );

const outputOf = (frames: Tensor4D[], affines: Tensor3D[] = []): PaperOutput => ({
  frames: frames.map((frame) => [frame]),
  affines: [affines, [], affines],
  flowsPixels: [[], [], []],
  motionsPixels: [],
});

const numbersOf = (terms: ReturnType<typeof paperLoss>) =>
  Object.fromEntries(Object.entries(terms).map(([name, value]) => [name, value.dataSync()[0]!]));

describe('paperLoss', () => {
  const gt = batch([0.1, 0.5, 0.8], [0.1, 0.5, 0.8]);
  // Sample 0 came out in order, sample 1 in reverse.
  const output = outputOf(batch([0.1, 0.5, 0.7], [0.7, 0.5, 0.1]));

  test('in ground-truth order a reversed sequence counts as wrong', () => {
    expect(numbersOf(paperLoss(output, { frames: gt }, config))['total']).toBeCloseTo(
      (0.1 / 3 + (0.6 + 0.7) / 3) / 2,
      6,
    );
  });

  test('the symmetric penalty follows the order that was taken', () => {
    const terms = numbersOf(
      paperLoss(output, { frames: gt }, { ...config, order: 'better', symmetricPenalty: 0.1 }),
    );
    expect(terms['symmetricPenalty']).toBeCloseTo(-(0.7 + 0.6) / 2, 6);
    expect(terms['total']).toBeCloseTo(0.1 / 3 - 0.1 * 0.65, 6);
  });

  test('is the weighted sum of its terms (Eq. 6)', () => {
    const affines = [zeros([2, 2, 3]) as Tensor3D, tensor3d([0, 0, 3, 0, 0, 0, 0, 0, 3, 0, 0, 0], [2, 2, 3])];
    const terms = numbersOf(
      paperLoss(
        outputOf(
          output.frames.map(([frame]) => frame!),
          affines,
        ),
        { frames: gt },
        { ...config, symmetricPenalty: 0.1, transformationConsistency: 0.2 },
      ),
    );
    expect(Object.keys(terms).sort()).toEqual([
      'photometric',
      'symmetricPenalty',
      'total',
      'transformationConsistency',
    ]);
    expect(terms['transformationConsistency']).toBeCloseTo(0.5, 6);
    expect(terms['total']).toBeCloseTo(
      terms['photometric']! + 0.1 * terms['symmetricPenalty']! + 0.2 * 0.5,
      6,
    );
  });

  test('in the better order has the gradient that finite differences find', () => {
    const values = Float32Array.from(
      { length: 3 * 24 },
      (_, index) => 0.3 + 0.3 * Math.sin(5 * index) + (index < 24 ? 0.1 : -0.2),
    );
    const others = batch([0.95, 0.5, 0.02], [0.05, 0.5, 0.97]);
    const loss = (x: Tensor4D) => {
      const frames = [0, 1, 2].map((frame) => x.slice([2 * frame, 0, 0, 0], [2, 2, 2, 3]));
      return paperLoss(
        outputOf(frames),
        { frames: others },
        { ...config, order: 'better', norm: 'log-l1', symmetricPenalty: 0.05 },
      ).total;
    };
    expect(gradientError((x) => loss(x as Tensor4D), [6, 2, 2, 3], values, 5e-4)).toBeLessThan(5e-3);
  });
});
