import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deflateSync, crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { shellWord } from '@unblur/files';
import { loadPhoto, UnblurError } from '../index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unblur-photo-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Three pixels in a row: red, green, blue. */
const redGreenBlue = {
  data: Buffer.from([255, 0, 0, 0, 255, 0, 0, 0, 255]),
  raw: { width: 3, height: 1, channels: 3 as const },
};

function pixel(photo: { width: number; data: Float32Array }, x: number, y: number): number[] {
  return [...photo.data.subarray((y * photo.width + x) * 3, (y * photo.width + x) * 3 + 3)];
}

test('an 8-bit PNG: its values over 255, exactly', async () => {
  const values = Buffer.from(Array.from({ length: 4 * 5 * 3 }, (_, i) => (i * 37) % 256));
  const png = await sharp(values, { raw: { width: 4, height: 5, channels: 3 } })
    .png()
    .toBuffer();
  const photo = await loadPhoto(png);
  expect(photo).toMatchObject({ width: 4, height: 5, bitDepth: 8, hadAlpha: false, pages: 1 });
  expect([...photo.data]).toEqual([...values].map((value) => Math.fround(value / 255)));
});

test('a 16-bit PNG keeps its precision', async () => {
  const values = Uint16Array.from({ length: 4 * 2 * 3 }, (_, i) => 1000 + i * 257 + 3);
  const png = await sharp(values, { raw: { width: 4, height: 2, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  const photo = await loadPhoto(png);
  expect(photo.bitDepth).toBe(16);
  expect([...photo.data]).toEqual([...values].map((value) => Math.fround(value / 65535)));
});

test.each([
  [1, 3, 1, [1, 0, 0]],
  [2, 3, 1, [0, 0, 1]],
  [6, 1, 3, [1, 0, 0]],
  [8, 1, 3, [0, 0, 1]],
])(
  'EXIF orientation %d: upright %dx%d, the first pixel in its place',
  async (orientation, width, height, first) => {
    const png = await sharp(redGreenBlue.data, redGreenBlue).withMetadata({ orientation }).png().toBuffer();
    const photo = await loadPhoto(png);
    expect([photo.width, photo.height]).toEqual([width, height]);
    expect(pixel(photo, 0, 0)).toEqual(first);
  },
);

test.each([8, 16])('a grey %d-bit image has three equal channels', async (bits) => {
  const grey = bits === 8 ? Buffer.from([51, 204]) : Uint16Array.from([0.2 * 65535, 0.8 * 65535]);
  const raw = sharp(grey, { raw: { width: 2, height: 1, channels: 1 } });
  const png = await raw
    .toColourspace(bits === 8 ? 'b-w' : 'grey16')
    .png()
    .toBuffer();
  expect((await sharp(png).metadata()).channels).toBe(1);
  const photo = await loadPhoto(png);
  expect(photo.bitDepth).toBe(bits);
  [0.2, 0.2, 0.2, 0.8, 0.8, 0.8].forEach((value, i) => expect(photo.data[i]).toBeCloseTo(value, 5));
});

test('transparency lies over white, and the photo says so', async () => {
  const rgba = Buffer.from([255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 51]);
  const png = await sharp(rgba, { raw: { width: 3, height: 1, channels: 4 } })
    .png()
    .toBuffer();
  const photo = await loadPhoto(png);
  expect(photo.hadAlpha).toBe(true);
  expect(pixel(photo, 0, 0)).toEqual([1, 0, 0]);
  expect(pixel(photo, 1, 0)).toEqual([1, 1, 1]);
  expect(pixel(photo, 2, 0)[0]).toBeCloseTo(0.8, 2);
});

test.each([
  ['Display P3', 2, (patch: sharp.Sharp) => patch.withIccProfile('p3').png()],
  // The way through printing inks and back is itself a few steps off.
  ['CMYK', 8, (patch: sharp.Sharp) => patch.toColourspace('cmyk').tiff({ compression: 'lzw' })],
])('%s becomes sRGB', async (_, tolerance, encode) => {
  const patch = sharp({
    create: { width: 8, height: 8, channels: 3, background: { r: 150, g: 110, b: 90 } },
  });
  const photo = await loadPhoto(await encode(patch).toBuffer());
  [150, 110, 90].forEach((value, channel) =>
    expect(Math.abs(photo.data[channel]! * 255 - value)).toBeLessThanOrEqual(tolerance),
  );
});

test.each(['p3', 'srgb'])('16 bits in the profile %s become sRGB', async (profile) => {
  // Sharp takes 16-bit values that say nothing of themselves for Display P3.
  const p3 = sharp(
    Uint16Array.from([150, 110, 90], (level) => level * 257),
    { raw: { width: 1, height: 1, channels: 3 } },
  );
  const png = await p3.toColourspace('rgb16').withIccProfile(profile).png().toBuffer();
  const photo = await loadPhoto(png);
  expect(photo.bitDepth).toBe(16);
  // As other programs convert it.
  [157, 108, 87].forEach((level, channel) =>
    expect(Math.abs(photo.data[channel]! * 255 - level)).toBeLessThanOrEqual(1),
  );
});

test('of an animation the first picture', async () => {
  const stacked = Buffer.concat([Buffer.alloc(12, 255), Buffer.alloc(12, 0)]);
  const gif = await sharp(stacked, { raw: { width: 2, height: 4, channels: 3, pageHeight: 2 } })
    .gif()
    .toBuffer();
  const photo = await loadPhoto(gif);
  expect(photo).toMatchObject({ width: 2, height: 2, pages: 2 });
  expect(pixel(photo, 0, 0)).toEqual([1, 1, 1]);
});

test('one pixel is a photograph', async () => {
  const png = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'blue' } })
    .png()
    .toBuffer();
  expect(pixel(await loadPhoto(png), 0, 0)).toEqual([0, 0, 1]);
});

test('a file: URL is as good as its path', async () => {
  const png = join(folder, 'by url.png');
  await sharp(Buffer.from([10, 20, 30]), { raw: { width: 1, height: 1, channels: 3 } })
    .png()
    .toFile(png);
  expect(await loadPhoto(pathToFileURL(png))).toEqual(await loadPhoto(png));
  await expect(loadPhoto([1, 2, 3] as unknown as Uint8Array)).rejects.toThrow(
    'Expected a path, a file: URL or the bytes of an image file',
  );
});

describe('bad input: one line that says what was wrong and what would be right', () => {
  async function failure(source: string | Uint8Array): Promise<string> {
    const error = await loadPhoto(source).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(UnblurError);
    const { message } = error as UnblurError;
    expect(message).not.toContain('\n');
    return message;
  }

  test('a truncated JPEG', async () => {
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * i) % 251));
    const jpeg = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer();
    const path = join(folder, 'cut.jpg');
    await writeFile(path, jpeg.subarray(0, jpeg.length / 2));
    expect(await failure(path)).toMatch(/cut\.jpg is damaged or cut short \(.+\); get the whole file/);
    expect(await failure(jpeg.subarray(0, 30))).toMatch(/damaged or cut short/);
  });

  test('what its name calls a clip', async () => {
    const path = join(folder, 'IMG_1.MOV');
    await writeFile(path, 'moov');
    expect(await failure(path)).toMatch(
      /IMG_1\.MOV is not a photograph; if it is a clip, deblur it with: deblurVideo\(.+IMG_1\.MOV, sharp\.mp4\)$/,
    );
    const spaced = join(folder, 'IMG 1.MOV');
    await writeFile(spaced, 'moov');
    expect(await failure(spaced)).toContain(`deblurVideo(${shellWord(spaced)}, sharp.mp4)`);
  });

  test('text named .png', async () => {
    const path = join(folder, 'notes.png');
    await writeFile(path, 'Dear diary,\n');
    expect(await failure(path)).toMatch(
      /notes\.png is not a photograph this program can read, whatever its name says; give it a JPEG/,
    );
    expect(await failure(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>'))).toBe(
      'the image is not a photograph this program can read; give it a JPEG, PNG, WebP, AVIF, HEIC, TIFF, BMP or GIF file',
    );
  });

  test('a 30,000x30,000 header is refused before decoding', async () => {
    expect(await failure(hugePng(30_000, 30_000))).toBe(
      'the image is 30000x30000 (900 megapixels), more than the limit of 50 megapixels; scale it down first, or allow it with a maximumPixels of 900 million, for about 55 GB of memory',
    );
  });

  test.each([
    [
      { maxPixels: 1 },
      "Expected options among colors, maximumPixels, name in a call such as loadPhoto('photo.jpg', { colors: 'own' }) but received 'maxPixels'",
    ],
    [null, "Expected options, such as loadPhoto('photo.jpg', { colors: 'own' }), but received null"],
    [{ colors: 'p3' }, 'Expected srgb or own for colors but received p3'],
    [{ maximumPixels: NaN }, 'Expected a number above 0 for maximumPixels but received NaN'],
    [{ maximumPixels: '9' }, 'Expected a number above 0 for maximumPixels but received "9"'],
  ])('the options %j', async (options, message) => {
    await expect(loadPhoto(hugePng(4, 4), options as never)).rejects.toThrow(new UnblurError(message));
  });

  test.each([
    [Promise.resolve(hugePng(4, 4)), 'a promise'],
    [new Blob([]), 'an object of type Blob'],
  ])('what holds no bytes yet: %s', async (source, told) => {
    await expect(loadPhoto(source as never)).rejects.toThrow(
      new UnblurError(
        `Expected a path, a file: URL or the bytes of an image file as a Uint8Array or an ArrayBuffer, but received ${told}`,
      ),
    );
  });

  test.each([
    ['https://a.example/photo.jpg', 'https://a.example/photo.jpg'],
    [`data:image/png;base64,${'A'.repeat(1e5)}`, `data:image/png;base64,${'A'.repeat(58)}...`],
  ])('an address of the web', async (address, told) => {
    await expect(loadPhoto(new URL(address))).rejects.toThrow(
      new UnblurError(`Expected a file: URL but received ${told}; fetch it and give its bytes`),
    );
  });

  test('an empty file, a missing file, a folder', async () => {
    const empty = join(folder, 'empty.jpg');
    await writeFile(empty, '');
    expect(await failure(empty)).toMatch(/empty\.jpg is empty/);
    expect(await failure(join(folder, 'missing.jpg'))).toMatch(
      /Could not read .*missing\.jpg: there is no such file/,
    );
    expect(await failure(folder)).toMatch(/Could not read .*: this is a folder/);
  });

  /** A PNG whose header claims a size, with one row's worth of data. */
  function hugePng(width: number, height: number): Buffer {
    const chunk = (type: string, body: Buffer) => {
      const typed = Buffer.concat([Buffer.from(type), body]);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(body.length);
      const check = Buffer.alloc(4);
      check.writeUInt32BE(crc32(typed));
      return Buffer.concat([length, typed, check]);
    };
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([8, 2, 0, 0, 0], 8);
    return Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(Buffer.alloc(width * 3 + 1))),
      chunk('IEND', Buffer.alloc(0)),
    ]);
  }
});
