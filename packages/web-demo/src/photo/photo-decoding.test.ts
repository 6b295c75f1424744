import { expect, test } from '@jest/globals';
import sharp from 'sharp';
import { isCmykJpeg } from './photo-decoding.js';

const picture = () => sharp({ create: { width: 16, height: 8, channels: 3, background: '#a63' } });

test('tells a JPEG of inks from others, behind its profile', async () => {
  const inks = await picture().toColourspace('cmyk').withIccProfile('cmyk').jpeg().toBuffer();
  expect(inks.includes('ICC_PROFILE')).toBe(true);
  expect(isCmykJpeg(inks)).toBe(true);
  const others = [
    await picture().jpeg({ progressive: true }).toBuffer(),
    await picture().grayscale().jpeg().toBuffer(),
    await picture().png().toBuffer(),
    inks.subarray(0, 12),
    Buffer.alloc(0),
  ];
  expect(others.map((bytes) => isCmykJpeg(bytes))).toEqual(others.map(() => false));
});
