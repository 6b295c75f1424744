import { describe, expect, test } from '@jest/globals';
import { UnblurError } from '@unblur/files';
import sharp from 'sharp';
import { photograph } from '../../../restoration/src/photo/tiny-network.test-tool.js';
import { encodeFrame, expectFrameEncoding, type FrameEncoding } from './frame-encoder.js';
import { frameFormats } from '../result-names.js';

const frame = photograph(48, 32);

describe.each(frameFormats)('a frame as %s', (format) => {
  test('is read as what it was, of its format, in sRGB', async () => {
    const bytes = await encodeFrame(frame, { format }, { bitDepth: 8 });
    const { format: read, space, icc, width, height } = await sharp(bytes).metadata();
    expect({ read, space, width, height }).toEqual({
      read: format === 'avif' ? 'heif' : format,
      space: 'srgb',
      width: 48,
      height: 32,
    });
    expect(icc !== undefined).toBe(format !== 'png');
    const values = await sharp(bytes).raw().toBuffer();
    const error = frame.data.reduce((sum, value, i) => sum + Math.abs(255 * value - values[i]!), 0);
    expect(error / values.length).toBeLessThan(2);
  });

  test('is smaller where less quality is asked for, or has no quality', async () => {
    if (format === 'png') {
      return expect(() => expectFrameEncoding({ format, quality: 50 })).toThrow('which is lossless');
    }
    const sizes = [20, undefined].map(
      async (quality) => (await encodeFrame(frame, { format, quality }, { bitDepth: 8 })).length,
    );
    const [small, usual] = await Promise.all(sizes);
    expect(small!).toBeLessThan(usual!);
  });
});

test('PNG alone keeps 16 bits: by itself where the source has them, and where they are asked for', async () => {
  const depthOf = async (encoding: FrameEncoding, bitDepth: 8 | 16) =>
    (await sharp(await encodeFrame(frame, encoding, { bitDepth })).metadata()).depth;
  expect(await depthOf({}, 16)).toBe('ushort');
  expect(await depthOf({}, 8)).toBe('uchar');
  expect(await depthOf({ bitDepth: 16 }, 8)).toBe('ushort');
  expect(await depthOf({ bitDepth: 8 }, 16)).toBe('uchar');
  expect(await depthOf({ format: 'webp' }, 16)).toBe('uchar');
});

test.each([
  [{ format: 'gif' as never }, 'Expected png, webp, avif, jpeg for format but received gif'],
  [
    { format: 'webp' as const, bitDepth: 16 as const },
    'Expected a bit depth of 8 for webp but received 16; png has 16',
  ],
  [
    { format: 'jpeg' as const, quality: 0 },
    'Expected a whole number from 1 to 100 for quality but received 0',
  ],
  [
    { format: 'jpeg' as const, quality: '90' as never },
    'Expected a whole number from 1 to 100 for quality but received "90"',
  ],
  [{ bitDepth: '16' as never }, 'Expected a bit depth of 8 or 16 for png but received "16"'],
])('refuses %j', (encoding, message) => {
  expect(() => expectFrameEncoding(encoding)).toThrow(message);
});

test('says what is no frame, and that the photograph is missing', async () => {
  for (const [wrong, received] of [
    [undefined, 'a value of type undefined'],
    [{}, 'a value of type object'],
    [{ ...frame, width: 47 }, '47x32 and 4608 values'],
  ] as const) {
    await expect(encodeFrame(wrong as never, {}, { bitDepth: 8 })).rejects.toThrow(
      new UnblurError(
        `Expected the frame as { width, height, data } with width x height x 3 RGB values, such as restore gives, but received ${received}`,
      ),
    );
  }
  await expect(encodeFrame(frame, {}, undefined as never)).rejects.toThrow(UnblurError);
  await expect(encodeFrame(frame, null as never, { bitDepth: 8 })).rejects.toThrow(UnblurError);
  await expect(encodeFrame(frame, {}, { bitDepth: 8, exif: { Make: 'camera' } as never })).rejects.toThrow(
    new UnblurError(
      'Expected the profile, exif and xmp of the photograph as bytes, such as loadPhoto gives, but received something else',
    ),
  );
  await expect(encodeFrame(frame, { depth: 16 } as never, { bitDepth: 8 })).rejects.toThrow(
    /^Expected options among format, bitDepth, quality in .* but received 'depth'$/,
  );
  await expect(encodeFrame(frame, { format: 'gif' as never }, { bitDepth: 8 })).rejects.toThrow(UnblurError);
});
