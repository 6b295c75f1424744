import { expect, test } from '@jest/globals';
import type { Restored, ValidationSample } from '../training-system.js';
import { describeValidation, validate, validationRow } from './validation.js';

const size = 16;
const image = (value: number) => ({
  width: size,
  height: size,
  data: new Float32Array(size * size * 3).fill(value),
});
const levels = [0.2, 0.4, 0.9];

/** A motion of (dx, 4) pixels in half the exposure. */
const motions = (dx: number, cells: number) =>
  [-1, 0, 1].map((time) =>
    Float32Array.from({ length: cells * cells * 2 }, (_, i) => time * (i % 2 === 0 ? dx : 4)),
  );

const sample: ValidationSample = {
  input: image(0.5).data,
  blurred: image(0.5),
  frames: levels.map(image),
  flowsPixels: motions(3, size),
};

/** Restores the frames, brighter by 0.01, and the motion on a grid of 4 pixels. */
const restoring = (restored: Partial<Restored<Float32Array>>) => ({
  restore: async () => ({ frames: levels.map((level) => image(level + 0.01).data), ...restored }),
});

test('the motion error of a validation is that of the motion in the order that was scored', async () => {
  const backwards = {
    frames: levels.map((level) => image(level + 0.01).data).reverse(),
    motionsPixels: motions(1, 4).reverse(),
  };
  for (const learner of [restoring({ motionsPixels: motions(1, 4) }), restoring(backwards)]) {
    const { report } = await validate(learner, [sample, sample]);
    const row = validationRow(report, 3, true);
    expect(row.motion).toEqual({
      found: { first: 2, last: 2, mean: 2 },
      still: { first: 5, last: 5, mean: 5 },
    });
    expect(describeValidation(row)).toMatch(/ {2}motion error 2\.00 px \(still: 5\.00\) {2}best$/);
  }
});

test('there is none where a sample or the network knows no motion', async () => {
  const { flowsPixels: _flows, ...without } = sample;
  const knowing = restoring({ motionsPixels: motions(1, 4) });
  for (const { report } of [
    await validate(knowing, [sample, without]),
    await validate(restoring({}), [sample]),
  ]) {
    const row = validationRow(report, 3, false);
    expect(row).not.toHaveProperty('motion');
    expect(describeValidation(row)).not.toContain('motion');
  }
});
