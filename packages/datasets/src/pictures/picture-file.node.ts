import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { firstLine } from '@unblur/files';
import type { RgbImage } from '@unblur/metrics';
import sharp from 'sharp';
import type { FileDecoder } from './file-cache.node.js';
import { displayBytes, displayValues, type RgbBytes } from './picture-bytes.js';

/** Of a panorama of 16384x8192. */
const maxPicturePixels = 2 ** 27;

/** Of pictures whose values are held as floats, twelve bytes a pixel. */
export const maxFramePixels = 50_000_000;

/**
 * Reads any picture that sharp reads as 8-bit sRGB without alpha.
 * @param maximumPixels pictures with more are refused before they are decoded.
 * @throws Error that names the file, where it is missing, damaged, no picture, or too large.
 */
export async function readImageFile(path: string, maximumPixels = maxPicturePixels): Promise<RgbBytes> {
  try {
    const { data, info } = await sharp(path, { failOn: 'error', limitInputPixels: maximumPixels })
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, rgb: info.channels === 1 ? greyToRgb(data) : data };
  } catch (cause) {
    const message = firstLine((cause as Error).message);
    if (/exceeds pixel limit/.test(message)) {
      throw new Error(
        `Expected a picture of at most ${Math.floor(maximumPixels / 1e6)} megapixels but ${path} has more; scale it down first.`,
        { cause },
      );
    }
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): Error {
  const message = firstLine((cause as Error).message);
  return new Error(`Expected a readable picture but could not decode ${path}: ${message}`, { cause });
}

/**
 * The size of a picture, from the beginning of its file.
 * @throws Error that names the file, where it is missing or no picture.
 */
export async function readPictureSize(path: string): Promise<{ width: number; height: number }> {
  try {
    const { width, height } = await sharp(path).metadata();
    return { width, height };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Pictures as they are read most often. */
export const pictureDecoder: FileDecoder<RgbBytes> = {
  name: 'picture',
  decode: readImageFile,
  bytesOf: ({ rgb }) => rgb.byteLength,
};

/** @throws Error that names the first picture of another size than the one before all. */
export function requireOneSize(
  pictures: ReadonlyArray<{ width: number; height: number }>,
  paths: readonly string[],
): void {
  const [first] = pictures;
  for (const [index, { width, height }] of pictures.entries()) {
    if (width === first!.width && height === first!.height) continue;
    throw new Error(
      `Expected ${paths[index]} to be ${first!.width}x${first!.height}, like ${basename(paths[0]!)}, but it is ${width}x${height}.`,
    );
  }
}

/** An image grown to `width` x `height` by mirroring it at its edges, itself in the middle. */
export async function mirrorAtEdges(image: RgbBytes, width: number, height: number): Promise<RgbBytes> {
  const [across, down] = [width - image.width, height - image.height];
  if (across === 0 && down === 0) return image;
  const [left, top] = [Math.floor(across / 2), Math.floor(down / 2)];
  const { width: ownWidth, height: ownHeight } = image;
  const grown = sharp(image.rgb, { raw: { width: ownWidth, height: ownHeight, channels: 3 } }).extend({
    left,
    top,
    right: across - left,
    bottom: down - top,
    extendWith: 'mirror',
  });
  return { width, height, rgb: await grown.raw().toBuffer() };
}

/** Reads a picture of at most 50 megapixels as display values in [0, 1]; throws as `readImageFile` does. */
export async function readRgbImage(path: string): Promise<RgbImage> {
  const { width, height, rgb } = await readImageFile(path, maxFramePixels);
  return { width, height, data: displayValues([rgb]) };
}

/** Writes display values, clamped to [0, 1], as 8 bit. */
export async function writePng(path: string, { width, height, data }: RgbImage): Promise<void> {
  const image = sharp(displayBytes([data]), { raw: { width, height, channels: 3 } });
  await writeFile(path, await image.png().toBuffer());
}

function greyToRgb(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let i = 0; i < grey.length; i++) rgb.fill(grey[i]!, i * 3, i * 3 + 3);
  return rgb;
}
