import { describe, expect, test } from '@jest/globals';
import { restoreWithMirrorImage } from './mirror-averaging.js';
import type { MotionField } from '../motion-field.js';
import type { RestoredSequence, RgbImage } from '../raster.js';

const [width, height] = [6, 4];
const image: RgbImage = {
  width,
  height,
  data: Float32Array.from({ length: width * height * 3 }, (_, i) => ((i * 7) % 11) / 11),
};

const shifted = ({ data, ...size }: RgbImage, by: number): RgbImage => ({
  ...size,
  data: Float32Array.from(data, (_, i) => {
    const [row, x, channel] = [Math.floor(i / (3 * width)), Math.floor(i / 3) % width, i % 3];
    return data[(row * width + Math.min(width - 1, Math.max(0, x + by))) * 3 + channel]!;
  }),
});
const motion = (dx: number, dy: number): MotionField => ({
  width: width / 2,
  height: height / 2,
  stridePixels: 2,
  data: Float32Array.from({ length: (width * height) / 2 }, (_, i) => (i % 2 === 0 ? dx : dy)),
});
/** Moves an image to the left or right by a pixel before and after its middle frame. */
const moving =
  (step: number) =>
  (seen: RgbImage): RestoredSequence => ({
    frames: [shifted(seen, -step), seen, shifted(seen, step)],
    motionsPixels: [motion(-step, 0.5), motion(0, 0), motion(step, -0.5)],
  });

describe('restoreWithMirrorImage', () => {
  test('what commutes with mirroring is left as it is', async () => {
    const turning = (seen: RgbImage): RestoredSequence => ({
      frames: [seen, seen, seen],
      motionsPixels: [motion(0, 1), motion(0, 0), motion(0, -1)],
    });
    const { frames, motionsPixels } = await restoreWithMirrorImage(image, async (seen) => turning(seen));
    expect(frames.map(({ data }) => data)).toEqual([image.data, image.data, image.data]);
    expect(motionsPixels).toEqual([motion(0, 1), motion(0, 0), motion(0, -1)]);
  });

  test('a mirror image told backwards is turned: always to the right, which mirrored is to the left', async () => {
    const expected = moving(1)(image);
    const { frames, motionsPixels } = await restoreWithMirrorImage(image, async (seen) => moving(1)(seen));
    frames.forEach(({ data }, i) => expect(data).toEqual(expected.frames[i]!.data));
    // Turned, the mirror image's (1, 0.5) of the last frame becomes (1, 0.5) of the first mirrored: dx
    // agrees, dy does not.
    expect(Array.from(motionsPixels[2]!.data.slice(0, 2))).toEqual([1, 0]);
  });

  test('a mirror image that tells the same story forwards is not turned', async () => {
    let calls = 0;
    const expected = moving(1)(image);
    const { frames, motionsPixels } = await restoreWithMirrorImage(image, async (seen) =>
      moving(calls++ === 0 ? 1 : -1)(seen),
    );
    frames.forEach(({ data }, i) => expect(data).toEqual(expected.frames[i]!.data));
    expect(Array.from(motionsPixels[2]!.data.slice(0, 2))).toEqual([1, -0.5]);
  });

  test('is the mean of both, value by value', async () => {
    let calls = 0;
    const grey = (value: number): RestoredSequence => ({
      frames: [0, 1, 2].map((time) => ({
        width,
        height,
        data: new Float32Array(width * height * 3).fill(value + time / 8),
      })),
      motionsPixels: [motion(value, 0)],
    });
    const { frames, motionsPixels } = await restoreWithMirrorImage(image, async () =>
      grey(calls++ === 0 ? 0.25 : 0.5),
    );
    expect(frames.map(({ data }) => data[0])).toEqual([0.375, 0.5, 0.625]);
    expect(motionsPixels[0]!.data[0]).toBe(-0.125);
  });
});
