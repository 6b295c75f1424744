import { describe, expect, test } from '@jest/globals';
import { ChangeShares } from './change-shares.js';

const [width, height] = [96, 40];
const grey = new Float32Array(width * height * 3).fill(0.5);

/** Grey, and somewhere brighter by `change`. */
const changed = (change: number, isChanged: (x: number) => boolean = () => true) =>
  grey.map((value, i) => value + (isChanged(Math.floor(i / 3) % width) ? change : 0));

const average = (...images: Float32Array[]) =>
  new ChangeShares(width, height, images.length).average(
    grey,
    images.map((image) => image.slice()),
  );

function expectEverywhere(image: Float32Array, value: number, digits = 5): void {
  expect(Math.min(...image)).toBeCloseTo(value, digits);
  expect(Math.max(...image)).toBeCloseTo(value, digits);
}

describe('the average of a frame that was restored in several ways', () => {
  test('is the mean of equal changes', () => {
    expectEverywhere(average(changed(0.1), changed(0.1)), 0.6);
    expectEverywhere(average(changed(-0.3), changed(-0.3), changed(-0.3)), 0.2);
    expectEverywhere(average(grey, grey), 0.5);
  });

  test('is nearer to what changes more, by the energies of the changes', () => {
    // 0.2 has four times the energy of 0.1.
    const expected = 0.5 + (4 * 0.2 + 0.1) / 5;
    expectEverywhere(average(changed(0.2), changed(0.1)), expected, 3);
    expectEverywhere(average(changed(0.1), changed(0.2)), expected, 3);
    expectEverywhere(average(changed(0.1), changed(0.2), changed(0.2)), 0.5 + (0.1 + 8 * 0.2) / 9, 3);
  });

  test('takes no account of what leaves the frame as it is, nor of what the first does not confirm', () => {
    expectEverywhere(average(changed(0.2), grey), 0.7);
    expectEverywhere(average(grey, changed(0.2)), 0.5);
    expectEverywhere(average(changed(0.1), changed(-0.1)), 0.6);
    // Half of this change is along the first one, with half of its energy.
    const partly = changed(0.2, (x) => x % 2 === 0);
    const image = average(changed(0.1), partly);
    expect(image[0]).toBeCloseTo(0.5 + (0.1 + 0.2) / 2, 3);
    expect(image[3]).toBeCloseTo(0.5 + (0.1 + 0) / 2, 3);
  });

  test('in every part of the frame by itself, without a step between them', () => {
    const image = average(
      changed(0.2),
      changed(0.2, (x) => x >= width / 2),
    );
    const row = Array.from({ length: width }, (_, x) => image[(7 * width + x) * 3]!);
    expect(row[0]).toBeCloseTo(0.7, 4);
    expect(row.at(-1)).toBeCloseTo(0.7, 4);
    // How far the second image, which leaves the left as it is, counts there.
    const shares = row.slice(0, width / 2).map((value) => (0.7 - value) / 0.2);
    expect(shares.at(-1)).toBeGreaterThan(0.1);
    shares.slice(1).forEach((share, x) => expect(Math.abs(share - shares[x]!)).toBeLessThan(0.03));
  });

  test('of sizes that squares do not divide', () => {
    const [frame, brighter] = [0, 0.5].map((value) => new Float32Array(5 * 3 * 3).fill(value));
    const average = new ChangeShares(5, 3, 2).average(frame!, [brighter!.slice(), brighter!]);
    expectEverywhere(average, 0.5);
  });
});
