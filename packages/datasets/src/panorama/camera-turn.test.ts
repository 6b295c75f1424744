import { describe, expect, test } from '@jest/globals';
import { type Augmentation, rearrangePixels, rearrangeVectors } from '../augmentation.js';
import { centredCamera, cropCamera, focalPixelsOf, type PinholeCamera } from './camera.js';
import { flowOfTurn, motionOfTurn, rearrangeTurn, turnBetween } from './camera-turn.js';
import { type Orientation, orientationOfAngles, rotationAbout } from './rotation.js';

const camera = centredCamera(65, 65, focalPixelsOf(60, 65));
const facing = orientationOfAngles(20, -5, 3);
const at = (motion: Float32Array, x: number, y: number) => [
  motion[2 * (65 * y + x)]!,
  motion[2 * (65 * y + x) + 1]!,
];

const motionBetween = (of: PinholeCamera, first: Orientation, last: Orientation) =>
  motionOfTurn(turnBetween(of, first, last), of);

describe('motionOfTurn', () => {
  test('is f tan(angle / 2) to the left in the middle when the camera turns right', () => {
    const motion = motionBetween(camera, facing, facing.mul(rotationAbout([0, 1, 0], 8)));
    const [dx, dy] = at(motion, 32, 32);
    expect(dx).toBeCloseTo(-camera.focalPixels * Math.tan((4 * Math.PI) / 180), 4);
    expect(dy).toBeCloseTo(0, 5);
  });

  test('turns about the principal point when the camera rolls', () => {
    const motion = motionBetween(camera, facing, facing.mul(rotationAbout([0, 0, 1], 10)));
    const [dx, dy] = at(motion, 52, 32);
    // Half of the chord between -5 and +5 degrees.
    expect(Math.hypot(dx!, dy!)).toBeCloseTo(20 * Math.sin((5 * Math.PI) / 180), 4);
    expect(dx).toBeCloseTo(0, 4);
    expect(dy).toBeLessThan(0);
  });

  test('points to where things leave the picture, however far the camera turns', () => {
    const wide = centredCamera(65, 65, focalPixelsOf(110, 65));
    const motion = motionBetween(wide, facing, facing.mul(rotationAbout([0, 1, 0], 90)));
    for (let x = 0; x < 65; x++) {
      const [dx, dy] = at(motion, x, 32);
      expect(dx).toBeLessThan(-wide.focalPixels * Math.tan(Math.PI / 5));
      expect(dx).toBeGreaterThan(-10 * wide.focalPixels);
      expect(dy).toBeCloseTo(0, 4);
    }
  });

  test('is the opposite the other way round', () => {
    const last = facing.mul(rotationAbout([0.5, 0.7, 0.1], 6));
    const there = motionBetween(camera, facing, last);
    const back = motionBetween(camera, last, facing);
    const sums = there.map((value, index) => Math.abs(value + back[index]!));
    expect(Math.max(...sums)).toBeLessThan(1e-5);
  });
});

test('flowOfTurn leads to where the same ray is seen, at any time, and nowhere at the middle', () => {
  const turn = turnBetween(camera, facing, facing.mul(rotationAbout([0, 1, 0], 8)));
  const degreesRight = (x: number) => (Math.atan((x - 32) / camera.focalPixels) * 180) / Math.PI;
  for (const time of [-1, -0.5, 0, 0.25, 1]) {
    const [dx, dy] = at(flowOfTurn(turn, camera, time), 40, 32);
    expect(degreesRight(40) - degreesRight(40 + dx!)).toBeCloseTo(4 * time, 4);
    expect(dy).toBeCloseTo(0, 5);
  }
});

describe('rearrangeTurn', () => {
  const offCentre = cropCamera(centredCamera(200, 200, 150), 20, 90, 65);
  const turn = turnBetween(offCentre, facing, facing.mul(rotationAbout([0.5, 0.7, 0.3], 9)));
  test.each([
    [false, false, true],
    [true, false, false],
    [false, true, false],
    [true, true, false],
    [true, false, true],
    [false, true, true],
  ])('moves as the picture does: mirrorX %p, mirrorY %p, transpose %p', (mirrorX, mirrorY, transpose) => {
    const augmentation = { mirrorX, mirrorY, transpose, reverseTime: false } as Augmentation;
    for (const time of [-1, 0.5]) {
      const expected = rearrangeVectors(flowOfTurn(turn, offCentre, time), 65, augmentation);
      const flow = flowOfTurn(rearrangeTurn(turn, 65, augmentation), offCentre, time);
      expect(Math.max(...flow.map((value, index) => Math.abs(value - expected[index]!)))).toBeLessThan(1e-4);
      const reversed = rearrangeTurn(turn, 65, { ...augmentation, reverseTime: true });
      expect(flowOfTurn(reversed, offCentre, -time)).toEqual(flow);
    }
  });
});

describe('rearrangeVectors', () => {
  // A picture of its own source coordinates: the vector of a linear picture is the difference of two of its
  // pixels.
  test.each([
    [false, false, true],
    [true, false, false],
    [true, true, false],
    [true, false, true],
    [false, true, true],
  ])('moves as the picture does: mirrorX %p, mirrorY %p, transpose %p', (mirrorX, mirrorY, transpose) => {
    const size = 9;
    const augmentation = { mirrorX, mirrorY, transpose } as Augmentation;
    const coordinates = new Float32Array(size * size * 3);
    for (let i = 0; i < size * size; i++) coordinates.set([i % size, Math.floor(i / size), 0], 3 * i);
    const rearranged = rearrangePixels(coordinates, size, augmentation);
    const vectors = new Float32Array(size * size * 2);
    for (let i = 0; i < size * size; i++) vectors.set([1, 2], 2 * i);
    const [dx, dy] = rearrangeVectors(vectors, size, augmentation);
    const from = 4 * size + 4;
    const to = from + dy! * size + dx!;
    expect([
      rearranged[3 * to]! - rearranged[3 * from]!,
      rearranged[3 * to + 1]! - rearranged[3 * from + 1]!,
    ]).toEqual([1, 2]);
  });
});
