import { beforeAll, expect, jest, test } from '@jest/globals';
import libheif from 'libheif-js/wasm-bundle.js';
import { decodeHeic } from './heic-decoding.js';
import { phonePhoto, twoPictures } from './phone-photo.test-tool.js';

/** Of the pictures that were decoded. */
const colourSpaces: string[] = [];

/** Of the browser's pictures, what decoding needs. */
class Pixels {
  readonly data: Uint8ClampedArray;
  constructor(
    readonly width: number,
    readonly height: number,
    { colorSpace }: { colorSpace: string },
  ) {
    colourSpaces.push(colorSpace);
    this.data = new Uint8ClampedArray(4 * width * height);
  }
}
class Canvas {
  getContext() {
    let shown: Pixels;
    return {
      putImageData: (pixels: Pixels) => void (shown = pixels),
      getImageData: () => shown,
    };
  }
}
beforeAll(() => void Object.assign(globalThis, { ImageData: Pixels, OffscreenCanvas: Canvas }));

test("leaves nothing of a file in libheif's memory, damaged or not", async () => {
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
  const taken = jest.spyOn(libheif, 'heif_context_alloc');
  const freed = jest.spyOn(libheif, 'heif_context_free');
  expect(await decodeHeic(phonePhoto)).toMatchObject({ width: 64, height: 64 });
  await expect(decodeHeic(phonePhoto.subarray(0, 100))).rejects.toThrow('This HEIC file is damaged');
  expect(taken).toHaveBeenCalledTimes(2);
  expect(freed.mock.calls).toEqual(taken.mock.results.map(({ value }) => [value]));
});

test('of several pictures, takes the one that the file calls its primary, and its colours', async () => {
  const { rgba } = await decodeHeic(twoPictures);
  expect(colourSpaces.at(-1)).toBe('display-p3');
  for (const [channel, level] of [20, 40, 90].entries()) {
    expect(Math.abs(rgba[channel]! - level)).toBeLessThan(4);
  }
});
