import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { heicFile } from './heic-file.test-tool.js';
import { tiffFile } from './tiff-file.test-tool.js';
import { loadPhoto, UnblurError, type Photo } from '../index.js';

/** The colour of the middle of a quarter of a photograph, 0 to 255. */
function colourOf({ width, height, data }: Photo, column: 0 | 1, row: 0 | 1): number[] {
  const at = 3 * (Math.floor(((row + 0.5) * height) / 2) * width + Math.floor(((column + 0.5) * width) / 2));
  return [...data.subarray(at, at + 3)].map((value) => Math.round(value * 2550) / 10);
}

function expectNear(values: readonly number[], expected: readonly number[], tolerance: number): void {
  values.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(tolerance));
}

async function failure(source: Uint8Array): Promise<string> {
  const error = await loadPhoto(source).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(UnblurError);
  expect((error as UnblurError).message).not.toContain('\n');
  return (error as UnblurError).message;
}

describe('HEIC', () => {
  test.each([
    [8, 8],
    [10, 16],
  ] as const)('%d bits: its colours, as a photograph of %d bits', async (bits, bitDepth) => {
    const photo = await loadPhoto(heicFile({ bits }));
    expect(photo).toMatchObject({ width: 64, height: 64, bitDepth, hadAlpha: false });
    expectNear(colourOf(photo, 0, 0), [200, 60, 40], 2);
    expectNear(colourOf(photo, 1, 0), [40, 80, 180], 2);
    expectNear(colourOf(photo, 0, 1), [100, 30, 20], 2);
  });

  test('as an ArrayBuffer, as `fetch` gives it', async () => {
    const bytes = Uint8Array.from(heicFile({}));
    expect(await loadPhoto(bytes.buffer)).toEqual(await loadPhoto(bytes));
  });

  test('is turned as it says', async () => {
    const photo = await loadPhoto(heicFile({ quarterTurns: 1 }));
    expectNear(colourOf(photo, 0, 0), [40, 80, 180], 2);
    expectNear(colourOf(photo, 0, 1), [200, 60, 40], 2);
  });

  test('Display P3 becomes sRGB, told by a profile or by numbers', async () => {
    const p3 = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'black' } })
      .withIccProfile('p3')
      .png()
      .toBuffer();
    const profile = (await sharp(p3).metadata()).icc!;
    const [byProfile, byNumbers] = [
      await loadPhoto(heicFile({ colour: profile })),
      await loadPhoto(heicFile({ colour: [12, 13, 1] })),
    ];
    // (40, 80, 180) of Display P3: a colour that sRGB holds.
    expectNear(colourOf(byProfile, 1, 0), [22, 81, 187], 3);
    expectNear(colourOf(byNumbers, 1, 0), colourOf(byProfile, 1, 0), 1);
  });

  test.each([
    [16, 'PQ'],
    [18, 'HLG'],
  ])('of high dynamic range is refused with what to do', async (transfer, name) => {
    expect(await failure(heicFile({ bits: 10, colour: [9, transfer, 9] }))).toBe(
      `the image is a photograph of high dynamic range (${name}), which this program does not read; export it as JPEG or TIFF first`,
    );
  });

  test('cut short, or larger than the limit: one line', async () => {
    const file = heicFile();
    expect(await failure(file.subarray(0, file.length - 20))).toMatch(
      /damaged or cut short \(.+\); get the whole file/,
    );
    await expect(loadPhoto(file, { maximumPixels: 4000 })).rejects.toThrow('the image is 64x64');
  });
});

describe('BMP', () => {
  /**
   * Four pixels, the upper left red, the upper right green, the lower left blue, the lower right white; rows
   * from the bottom.
   */
  function bmp(bitsPerPixel: number, rows: number[][], palette: number[] = [], sizeBytes?: number): Buffer {
    const pixels = Buffer.from(rows.flat());
    const file = Buffer.alloc(54 + palette.length + pixels.length);
    file.write('BM');
    file.writeUInt32LE(sizeBytes ?? file.length, 2);
    file.writeUInt32LE(54 + palette.length, 10);
    file.writeUInt32LE(40, 14);
    file.writeInt32LE(2, 18);
    file.writeInt32LE(2, 22);
    file.writeUInt16LE(1, 26);
    file.writeUInt16LE(bitsPerPixel, 28);
    file.writeUInt32LE(palette.length / 4, 46);
    file.set(palette, 54);
    file.set(pixels, 54 + palette.length);
    return file;
  }
  const inColours = bmp(24, [
    [255, 0, 0, 255, 255, 255, 0, 0],
    [0, 0, 255, 0, 255, 0, 0, 0],
  ]);
  const inPalette = bmp(
    8,
    [
      [2, 3, 0, 0],
      [0, 1, 0, 0],
    ],
    [0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0, 255, 255, 255, 0],
  );

  test.each([
    ['24 bits', inColours],
    ['a palette', inPalette],
  ])('with %s', async (_, file) => {
    const photo = await loadPhoto(file);
    expect(photo).toMatchObject({ width: 2, height: 2, bitDepth: 8, hadAlpha: false });
    expect([...photo.data]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1]);
  });

  test('cut short, or with an absurd size: one line', async () => {
    expect(await failure(inColours.subarray(0, 60))).toMatch(/damaged or cut short/);
    const huge = Buffer.from(inColours);
    huge.writeInt32LE(30_000, 18);
    huge.writeInt32LE(-30_000, 22);
    expect(await failure(huge)).toMatch(/is 30000x30000 \(900 megapixels\)/);
  });
});

test('of a TIFF file with several pages the first of the largest ones', async () => {
  // What every third-party reader of RAW files is first shown: a thumbnail, then the photograph.
  const file = tiffFile([
    { side: 4, value: 200 },
    { side: 16, value: 100 },
    { side: 16, value: 50 },
  ]);
  const photo = await loadPhoto(file);
  expect(photo).toMatchObject({ width: 16, height: 16, pages: 3, page: 1 });
  expect(photo.data[0]).toBeCloseTo(100 / 255, 5);
});

describe('camera RAW', () => {
  const jpeg = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: { r: 200, g: 30, b: 30 } } })
      .jpeg()
      .toBuffer();

  test('gives the preview that is as large as the photograph, turned as the file says', async () => {
    const file = tiffFile([
      { side: 4, value: 0, orientation: 6 },
      { jpeg: await jpeg(32, 16) },
      { jpeg: await jpeg(300, 200) },
      { sensor: [304, 204] },
    ]);
    const photo = await loadPhoto(file);
    expect([photo.width, photo.height]).toEqual([200, 300]);
    expect(photo.data[0]! * 255).toBeCloseTo(200, -1);
  });

  test('with nothing but thumbnails is refused with what to do', async () => {
    expect(
      await failure(
        tiffFile([{ side: 4, value: 0 }, { jpeg: await jpeg(160, 120) }, { sensor: [304, 204] }]),
      ),
    ).toBe(
      "the image is a camera RAW file whose preview is only 160x120; develop it first, such as with darktable or the camera's own program, and give the JPEG or TIFF",
    );
    expect(await failure(Buffer.from('FUJIFILMCCD-RAW 0201FF129502'))).toMatch(
      /camera RAW file without a preview that this program reads; develop it first/,
    );
    expect(await failure(Buffer.from('\0\0\0\x18ftypcrx \0\0\0\x01crx isom'))).toMatch(
      /camera RAW file without a preview/,
    );
  });

  test('with directories that go round in circles or lie outside the file ends all the same', async () => {
    const file = tiffFile([{ side: 4, value: 0 }, { sensor: [304, 204] }]);
    const circling = Buffer.from(file);
    circling.writeUInt32LE(circling.readUInt32LE(4), circling.length - 4);
    for (const damaged of [circling, file.subarray(0, file.length - 8), file.subarray(0, 12)]) {
      await failure(damaged);
    }
  });
});
