import { describe, expect, test } from '@jest/globals';
import { UnblurError } from '@unblur/files';
import sharp from 'sharp';
import { encodeContactSheet } from './contact-sheet.js';
import { drawText, measureText } from './lettering.js';
import { encodeMotionPicture } from './motion-picture.js';

function flat(width: number, height: number, [red, green, blue]: number[]) {
  return {
    width,
    height,
    data: Float32Array.from({ length: width * height * 3 }, (_, i) => [red!, green!, blue!][i % 3]!),
  };
}

async function decode(png: Buffer) {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    at: (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)],
    data,
  };
}

describe('contact sheet', () => {
  test('input first, then the frames in order, row by row', async () => {
    const colors = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7].map((value) => [value, 0.5, 1 - value]);
    const images = colors.map((color) => flat(200, 100, color));
    const sheet = await decode(await encodeContactSheet(images[0]!, images.slice(1)));
    expect(sheet.width).toBe(4 * (200 + 24) + 24);
    images.forEach((_, i) => {
      const center = sheet.at(24 + (i % 4) * 224 + 100, 24 + Math.floor(i / 4) * (100 + 12 + 13 + 24) + 50);
      center.forEach((value, channel) =>
        expect(Math.abs(value - colors[i]![channel]! * 255)).toBeLessThanOrEqual(1),
      );
    });
  });

  test('each label is inked below its picture', async () => {
    const sheet = await decode(
      await encodeContactSheet(flat(200, 100, [0, 0, 0]), [flat(200, 100, [0, 0, 0])]),
    );
    for (const left of [24, 248]) {
      let inked = 0;
      for (let y = 24 + 100 + 8; y < 24 + 100 + 30; y++) {
        for (let x = left; x < left + 100; x++) if (sheet.at(x, y)[0]! < 128) inked++;
      }
      expect(inked).toBeGreaterThan(50);
    }
  });

  test.each([
    [1, 1],
    [4000, 2],
    [2, 4000],
  ])('takes a %dx%d photograph', async (width, height) => {
    const image = flat(width, height, [0.2, 0.4, 0.6]);
    const sheet = await decode(await encodeContactSheet(image, [image, image, image]));
    expect(sheet.width).toBeLessThan(2200);
    expect(sheet.height).toBeLessThan(700);
  });
});

describe('motion picture', () => {
  const field = (dx: number, dy: number) => ({
    width: 4,
    height: 3,
    stridePixels: 16,
    data: Float32Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? dx : dy)),
  });

  test('a motion to the right from first to last frame is red, whatever its length', async () => {
    const picture = await decode(
      await encodeMotionPicture(flat(64, 12, [0.5, 0.5, 0.5]), [field(-2, 0), field(0, 0), field(2, 0)]),
    );
    expect(picture.at(28 + 720 + 28 + 360, 28 + 67)).toEqual([255, 0, 0]);
  });

  test('stillness is white, not amplified noise', async () => {
    const picture = await decode(
      await encodeMotionPicture(flat(64, 12, [0.5, 0.5, 0.5]), [
        field(-0.004, 0),
        field(0, 0),
        field(0.004, 0),
      ]),
    );
    for (const value of picture.at(28 + 720 + 28 + 360, 28 + 67)) expect(value).toBeGreaterThan(250);
  });

  test('arrows point where things went: more ink at their right end, where the head is', async () => {
    const picture = await decode(
      await encodeMotionPicture(flat(64, 12, [1, 1, 1]), [field(-1, 0), field(0, 0), field(1, 0)]),
    );
    // The panel of 720x135 has 18 columns of arrows 40 pixels apart; fold them onto one.
    const inkByColumn = new Array<number>(40).fill(0);
    for (let y = 28; y < 28 + 135; y++) {
      for (let x = 0; x < 720; x++) {
        if (picture.data[(y * picture.width + 28 + x) * 3]! < 100) inkByColumn[x % 40]!++;
      }
    }
    const left = inkByColumn.slice(0, 20).reduce((sum, ink) => sum + ink);
    const right = inkByColumn.slice(20).reduce((sum, ink) => sum + ink);
    expect(right).toBeGreaterThan(1.2 * left);
  });

  test.each([
    [2, 1],
    [300, 2],
  ])('takes a %dx%d photograph', async (width, height) => {
    const one = { width: 1, height: 1, stridePixels: 512, data: new Float32Array([1, 1]) };
    expect(
      (await decode(await encodeMotionPicture(flat(width, height, [0, 0, 0]), [one, one, one]))).width,
    ).toBeGreaterThan(100);
  });
});

describe('lettering', () => {
  test('is as wide as it is measured', async () => {
    const text = 'no motion 0123456789 (×)';
    const width = Math.ceil(measureText(text, 28));
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width + 40}" height="60"><rect width="100%" height="100%" fill="white"/>${drawText(text, 20, 40, { heightPixels: 28, color: '#000' })}</svg>`;
    const { info } = await sharp(Buffer.from(svg))
      .removeAlpha()
      .trim()
      .raw()
      .toBuffer({ resolveWithObject: true });
    // The stroke itself is 3 pixels wide and stands out by half of that on both sides.
    expect(Math.abs(info.width - (width + 3))).toBeLessThanOrEqual(2);
  });

  test('a sign it does not have is an error, not a gap', () => {
    expect(() => measureText('Frame', 10)).toThrow("received 'F'");
  });
});

test('what is no picture, or no motion, is told', async () => {
  for (const [encode, message] of [
    [
      () => encodeContactSheet(undefined as never, [flat(4, 4, [0, 0, 0])]),
      'Expected the blurred photograph as',
    ],
    [
      () => encodeContactSheet(flat(4, 4, [0, 0, 0]), []),
      'Expected a list of at least one frame but received none',
    ],
    [() => encodeMotionPicture({} as never, []), 'Expected the middle frame as { width, height, data }'],
    [() => encodeMotionPicture(flat(4, 4, [0, 0, 0]), []), 'Expected a list of motions, one of each frame'],
    [
      () => encodeMotionPicture(flat(4, 4, [0, 0, 0]), [null as never]),
      'Expected motion 0 as { width, height, stridePixels, data } with width x height x 2 values, such as restore gives, but received null',
    ],
  ] as const) {
    await expect(encode()).rejects.toThrow(UnblurError);
    await expect(encode()).rejects.toThrow(message);
  }
});
