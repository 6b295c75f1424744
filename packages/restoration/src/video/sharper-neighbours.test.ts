import { describe, expect, test } from '@jest/globals';
import { noiseTexture } from './noise-texture.test-tool.js';
import { neighbourReach, SharperNeighbours } from './sharper-neighbours.js';

interface Size {
  width: number;
  height: number;
}
/** Frames whose motion is sought at their own size, and at half of it. */
const [small, large] = [
  { width: 96, height: 64 },
  { width: 480, height: 162 },
];
const pixelsPerFrame = 2;

/** Fine detail that moves to the right by some pixels a frame; each frame sees it for so many of its pixels. */
function exposed(frame: number, blurPixels: number, seed = 0, { width, height }: Size = small): Float32Array {
  const values = new Float32Array(width * height * 3);
  const texture = noiseTexture(seed);
  for (let y = 0, place = 0; y < height; y++) {
    for (let x = 0; x < width; x++, place += 3) {
      let sum = 0;
      const steps = 2 * blurPixels + 1;
      for (let step = 0; step < steps; step++) {
        sum += texture(x - pixelsPerFrame * frame + step / 2 - blurPixels / 2, y);
      }
      values.fill(sum / steps, place, place + 3);
    }
  }
  return values;
}

function passedThrough(
  frames: { recorded: Float32Array; sharp: Float32Array }[],
  { width, height }: Size = small,
): Float32Array[] {
  const neighbours = new SharperNeighbours(width, height, false);
  const out = frames.flatMap(({ recorded, sharp }, index) => {
    const finished = neighbours.push(recorded, sharp);
    expect(finished !== undefined).toBe(index >= neighbourReach);
    return finished ? [finished] : [];
  });
  for (let frame = neighbours.pull(); frame; frame = neighbours.pull()) out.push(frame);
  return out.map(({ data }) => data);
}

function meanSquaredError(image: Float32Array, other: Float32Array): number {
  return image.reduce((sum, value, place) => sum + (value - other[place]!) ** 2, 0) / image.length;
}

/** Frames in which a hand shakes: every fourth is sharp, the others are restored to part of their blur. */
const shakenFrames = (count: number, size: Size) =>
  Array.from({ length: count }, (_, frame) => ({
    recorded: exposed(frame, frame % 4 === 0 ? 0 : 6, 0, size),
    sharp: exposed(frame, frame % 4 === 0 ? 0 : 4, 0, size),
  }));
const shaken = shakenFrames(9, small);

describe('SharperNeighbours', () => {
  test.each([
    ['small', 0.45, shaken, small],
    ['large', 0.7, shakenFrames(3, large), large],
  ])('gives blurred frames the detail of sharp ones, at its place: %s', (_, remaining, frames, size) => {
    const finished = passedThrough(frames, size);
    expect(finished).toHaveLength(frames.length);
    finished.forEach((frame, index) => {
      const truth = exposed(index, 0, 0, size);
      const before = meanSquaredError(frames[index]!.sharp, truth);
      if (index % 4 === 0) expect(frame).toEqual(frames[index]!.sharp);
      else expect(meanSquaredError(frame, truth)).toBeLessThan(remaining * before);
    });
  });

  test('reaches the sharp frame five frames away, and none beyond', () => {
    const onlyFirstSharp = Array.from({ length: 8 }, (_, frame) => ({
      recorded: exposed(frame, frame === 0 ? 0 : 6),
      sharp: exposed(frame, frame === 0 ? 0 : 4),
    }));
    const [finished, truths] = [
      passedThrough(onlyFirstSharp),
      onlyFirstSharp.map((_, index) => exposed(index, 0)),
    ];
    const remainingError = (index: number) =>
      meanSquaredError(finished[index]!, truths[index]!) /
      meanSquaredError(onlyFirstSharp[index]!.sharp, truths[index]!);
    expect(remainingError(5)).toBeLessThan(0.8);
    expect(remainingError(6)).toBeGreaterThan(0.95);
  });

  test('takes nothing of what shows something else', () => {
    const others = shaken.map((frame, index) =>
      index % 4 === 0 ? { recorded: exposed(index, 0, 2), sharp: exposed(index, 0, 2) } : frame,
    );
    passedThrough(others).forEach((frame, index) =>
      expect(Math.sqrt(meanSquaredError(frame, others[index]!.sharp))).toBeLessThan(0.01),
    );
  });

  test('leaves frames as they are that restoring has not changed', () => {
    const unchanged = shaken.map(({ recorded }) => ({ recorded, sharp: recorded }));
    passedThrough(unchanged).forEach((frame, index) => expect(frame).toEqual(unchanged[index]!.recorded));
  });

  test('knows nothing of the shot before, and writes over frames where it may', () => {
    const neighbours = new SharperNeighbours(small.width, small.height, true);
    for (const { recorded, sharp } of shaken) neighbours.push(recorded, sharp);
    neighbours.restart();
    expect(neighbours.pull()).toBeUndefined();
    const { recorded, sharp } = shaken[1]!;
    neighbours.push(recorded, sharp);
    neighbours.push(recorded, sharp);
    const first = neighbours.pull()!;
    expect(first.data).toEqual(sharp);
    expect(neighbours.pull()!.data).toBe(first.data);
  });
});
