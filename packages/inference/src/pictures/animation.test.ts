import { describe, expect, test } from '@jest/globals';
import { UnblurError } from '@unblur/files';
import sharp from 'sharp';
import { encodeAnimation, orderPlayback } from './animation.js';

function flat(width: number, height: number, value: number) {
  return { width, height, data: new Float32Array(width * height * 3).fill(value) };
}

test('ping-pong shows both ends once per round', () => {
  expect(orderPlayback([0, 1, 2, 3, 4], {})).toEqual([0, 1, 2, 3, 4, 3, 2, 1]);
  expect(orderPlayback([0, 1, 2], { pingPong: false })).toEqual([0, 1, 2]);
  expect(orderPlayback([0], {})).toEqual([0]);
});

test.each([0, 2.5, -40, NaN, 65536])('frames cannot show for %d ms', async (frameMilliseconds) => {
  await expect(encodeAnimation([flat(8, 8, 0.5)], 'webp', { frameMilliseconds })).rejects.toThrow(
    `Expected a whole number from 1 to 65535 for frameMilliseconds but received ${frameMilliseconds}`,
  );
});

describe.each(['webp', 'gif'] as const)('%s', (format) => {
  test('plays the frames to and fro, 100 ms each, for ever', async () => {
    const bytes = await encodeAnimation([flat(20, 10, 0.1), flat(20, 10, 0.5), flat(20, 10, 0.9)], format);
    expect(await sharp(bytes, { pages: -1 }).metadata()).toMatchObject({
      format,
      width: 20,
      pageHeight: 10,
      pages: 4,
      loop: 0,
      delay: [100, 100, 100, 100],
    });
    const pages = await Promise.all(
      [0, 1, 2, 3].map((page) => sharp(bytes, { page }).toColourspace('b-w').raw().toBuffer()),
    );
    pages.forEach((pixels, i) =>
      expect(Math.abs(pixels[0]! / 255 - [0.1, 0.5, 0.9, 0.5][i]!)).toBeLessThan(0.02),
    );
  });

  test('one frame, one pixel', async () => {
    const bytes = await encodeAnimation([flat(1, 1, 0.5)], format);
    expect(await sharp(bytes).metadata()).toMatchObject({ format, width: 1, height: 1 });
  });
});

test.each([
  ['webp', 1280],
  ['gif', 640],
] as const)('a long side is scaled down: %s to %d pixels', async (format, width) => {
  const bytes = await encodeAnimation([flat(2560, 8, 0.1), flat(2560, 8, 0.5), flat(2560, 8, 0.9)], format, {
    frameMilliseconds: 40,
    pingPong: false,
  });
  expect(await sharp(bytes, { pages: -1 }).metadata()).toMatchObject({
    width,
    pageHeight: (8 * width) / 2560,
    pages: 3,
    delay: [40, 40, 40],
  });
});

test.each([
  [undefined, 'webp', 'Expected a list of at least one frame but received a value of type undefined'],
  [[], 'webp', 'Expected a list of at least one frame but received none'],
  [[flat(4, 4, 0.5), 'a.png'], 'gif', /^Expected frame 1 as .* but received a value of type string$/],
  [[flat(4, 4, 0.5)], 'png', 'Expected an animation as webp or gif but received png'],
])('%p as %s: what was wanted', async (frames, format, message) => {
  const encoding = encodeAnimation(frames as never, format as never);
  await expect(encoding).rejects.toThrow(UnblurError);
  await expect(encoding).rejects.toThrow(message);
});

test.each([{ loop: true }, null])('playback %j: what there is', async (playback) => {
  const encoding = encodeAnimation([flat(4, 4, 0.5)], 'gif', playback as never);
  await expect(encoding).rejects.toThrow(UnblurError);
  await expect(encoding).rejects.toThrow(/^Expected options.* encodeAnimation\(frames, 'webp', /);
});
