import { expect, test } from '@jest/globals';
import sharp from 'sharp';
import { animateWebp } from './animated-webp.js';

test('puts stills together to an animation that others read', async () => {
  const colours = ['#ff0000', '#00ff00', '#0000ff'];
  const stills = await Promise.all(
    colours.map((background) =>
      sharp({ create: { width: 17, height: 9, channels: 3, background } })
        .webp({ quality: 90 })
        .toBuffer(),
    ),
  );
  const film = Buffer.from(
    animateWebp(stills, [0, 1, 2, 1], { width: 17, height: 9, frameMilliseconds: 40 }),
  );
  const { pages, width, pageHeight, delay, loop } = await sharp(film, { pages: -1 }).metadata();
  expect({ pages, width, pageHeight, delay, loop }).toEqual({
    pages: 4,
    width: 17,
    pageHeight: 9,
    delay: [40, 40, 40, 40],
    loop: 0,
  });
  const third = await sharp(film, { page: 2 }).raw().toBuffer();
  expect([...third.subarray(0, 3)].map((value) => Math.round(value / 255))).toEqual([0, 0, 1]);
});
