import { expect, test } from '@jest/globals';
import { flowColor } from './flow-color.js';

const wheel = 55;
const direction = (position: number, length = 1): [number, number] => {
  const angle = (2 * Math.PI * position) / wheel;
  return [length * Math.cos(angle), length * Math.sin(angle)];
};

test('no motion is white', () => {
  expect(flowColor(0, 0)).toEqual([255, 255, 255]);
});

test.each([
  ['red, to the right', 0, [255, 0, 0]],
  ['yellow', 15, [255, 255, 0]],
  ['green', 21, [0, 255, 0]],
  ['cyan', 25, [0, 255, 255]],
  ['blue', 36, [0, 0, 255]],
  ['magenta', 49, [255, 0, 255]],
])('%s after %d of the 55 steps of Baker et al., clockwise on the screen', (_, position, color) => {
  flowColor(...direction(position)).forEach((value, channel) =>
    expect(value).toBeCloseTo(color[channel]!, 6),
  );
});

test('half the length is half the saturation; beyond the rim nothing changes', () => {
  flowColor(...direction(0, 0.5)).forEach((value, channel) =>
    expect(value).toBeCloseTo([255, 127.5, 127.5][channel]!, 6),
  );
  expect(flowColor(3, 0)).toEqual(flowColor(1, 0));
});

test('the wheel closes without a jump', () => {
  const before = flowColor(...direction(wheel - 1e-6));
  flowColor(...direction(0)).forEach((value, channel) =>
    expect(Math.abs(value - before[channel]!)).toBeLessThan(1e-3),
  );
});

test.each([
  [NaN, 0, 'NaN and 0'],
  [0, undefined as never, '0 and nothing'],
])('what is no motion is told: %p, %p', (dx, dy, received) => {
  expect(() => flowColor(dx, dy)).toThrow(`Expected two numbers as a motion but received ${received}`);
});
