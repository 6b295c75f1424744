import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp, { type Metadata } from 'sharp';
import {
  counted,
  expectOptions,
  explainFileError,
  firstLine,
  isClip,
  isPicture,
  type OptionNames,
  shellWord,
  UnblurError,
} from '@unblur/files';
import { describeType, excerptOf, excerptOfValue } from '@unblur/files/parsed-value';
import type { RgbImage } from '@unblur/restoration';
import { decodeBmp, isBmp } from './bmp.js';
import { extractFullSizePreview, isCameraRaw } from './camera-raw.js';
import { decodeHeic, isHeic } from './heic.js';
import { isDisplayEncoding, uprightExif, type PictureMetadata } from './picture-metadata.js';
import { extractTiffExif } from './tiff-exif.js';
import { encodeUncompressedTiff } from './uncompressed-tiff.js';
import { describingXmp } from './xmp.js';

export interface Photo extends RgbImage, PictureMetadata {
  /** 16 when the file holds more than 8 bits per channel; the values keep that precision. */
  readonly bitDepth: 8 | 16;
  /** Whether there was transparency, which was laid over white: frames are opaque. */
  readonly hadAlpha: boolean;
  /** How many pages or animation frames the file holds. */
  readonly pages: number;
  /** Which of them the photograph is, from 0. */
  readonly page: number;
}

export interface LoadPhotoOptions {
  /**
   * `srgb` (default): whatever the file holds. `own`: values of RGB profiles such as Display P3 and Adobe RGB
   * stay as they are, and the photo's `profile` says what they mean; nothing is clipped.
   */
  colors?: 'srgb' | 'own' | undefined;
  /**
   * Photographs with more pixels are refused before they are decoded: to restore one takes about 60 bytes a
   * pixel beside the memory budget of the restorer. Default 50 million.
   */
  maximumPixels?: number | undefined;
  /** What messages call it. Default: its path, or `the image`. */
  name?: string | undefined;
}

const photoOptions: OptionNames<LoadPhotoOptions> = { colors: true, maximumPixels: true, name: true };

const defaultMaximumPixels = 50_000_000;
/** What a photograph and its frames, while they are put together and written, take beside the memory budget; measured. */
export const restoringBytesPerPixel = 60;

/** sharp's names of the formats that hold photographs. */
const photoFormats = new Set(['jpeg', 'png', 'webp', 'tiff', 'gif', 'heif', 'jp2', 'jxl']);

/**
 * Reads a photograph as upright sRGB: EXIF orientation applied, embedded colour profiles (CMYK, Adobe RGB,
 * Display P3 ...) converted to sRGB unless `colors` says otherwise, grey spread over three channels,
 * transparency laid over white; of several pages the first, in a TIFF file the first of the largest ones; of
 * a camera RAW file the preview, where that is as large as the photograph.
 *
 * @param source a path or a `file:` URL, or the bytes of an image file
 * @throws UnblurError when the file cannot be read, is no photograph, is damaged or cut short, or is larger
 * than `maximumPixels`; when an option makes no sense.
 */
export async function loadPhoto(
  source: string | URL | Uint8Array | ArrayBuffer,
  options: LoadPhotoOptions = {},
): Promise<Photo> {
  expectOptions(options, photoOptions, "loadPhoto('photo.jpg', { colors: 'own' })");
  const { maximumPixels = defaultMaximumPixels, name: givenName, colors = 'srgb' } = options;
  if (colors !== 'srgb' && colors !== 'own') {
    throw new UnblurError(`Expected srgb or own for colors but received ${String(colors)}`);
  }
  if (!(typeof maximumPixels === 'number' && maximumPixels > 0)) {
    throw new UnblurError(
      `Expected a number above 0 for maximumPixels but received ${excerptOfValue(maximumPixels)}`,
    );
  }
  const given = source instanceof ArrayBuffer ? new Uint8Array(source) : source;
  if (given instanceof URL && given.protocol !== 'file:') {
    throw new UnblurError(
      `Expected a file: URL but received ${excerptOf(given.href)}; fetch it and give its bytes`,
    );
  }
  const path = given instanceof URL ? fileURLToPath(given) : given;
  if (typeof path !== 'string' && !(path instanceof Uint8Array)) {
    throw new UnblurError(
      `Expected a path, a file: URL or the bytes of an image file as a Uint8Array or an ArrayBuffer, but received ${describeType(source)}`,
    );
  }
  const name = givenName ?? (typeof path === 'string' ? path : 'the image');
  const expectSize = ({ width, height }: { width: number; height: number }) => {
    if (width * height <= maximumPixels) return;
    const megapixels = (pixels: number) => counted(Number((pixels / 1e6).toFixed(1)), 'megapixel');
    throw new UnblurError(
      `${name} is ${width}x${height} (${megapixels(width * height)}), more than the limit of ${megapixels(maximumPixels)}; scale it down first, or allow it with a maximumPixels of ${Math.ceil((width * height) / 1e6)} million, for about ${Math.ceil(1 + (width * height * restoringBytesPerPixel) / 1e9)} GB of memory`,
    );
  };
  const { bytes, orientation, exif, xmp } = await toKnownFormat(
    typeof path === 'string'
      ? await readPhotoFile(path)
      : Buffer.from(path.buffer, path.byteOffset, path.byteLength),
    name,
    expectSize,
  );
  const firstPage = await readHeader(bytes, name);
  const { page, header } =
    firstPage.format === 'tiff' && (firstPage.pages ?? 1) > 1
      ? await findLargestPage(bytes, firstPage)
      : { page: 0, header: firstPage };
  expectSize(header);

  const bitDepth = header.depth === 'uchar' ? 8 : 16;
  const isRgb = header.space === 'srgb' || header.space === 'rgb16';
  const profile =
    colors === 'own' && isRgb && header.icc && (await isDisplayEncoding(header.icc)) ? header.icc : undefined;
  // By itself sharp makes 16-bit values Display P3, whatever is asked for.
  const convertsAtEnd = header.space === 'rgb16' && header.icc !== undefined && !profile;
  const upright = sharp(bytes, {
    failOn: 'error',
    limitInputPixels: false,
    autoOrient: orientation === undefined,
    ignoreIcc: profile !== undefined || convertsAtEnd,
    page,
  });
  if (convertsAtEnd) upright.withIccProfile('srgb', { attach: false });
  if (orientation !== undefined) upright.rotate(anglesOfOrientation[orientation] ?? 0);
  if (header.hasAlpha) upright.flatten({ background: 'white' });
  try {
    const { data, info } = await upright
      .toColourspace(bitDepth === 16 ? 'rgb16' : 'srgb')
      .raw({ depth: bitDepth === 16 ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const values =
      bitDepth === 16 ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
    const peak = bitDepth === 16 ? 65535 : 255;
    const rgb = new Float32Array(values.length);
    for (let i = 0; i < rgb.length; i++) rgb[i] = values[i]! / peak;
    return {
      width: info.width,
      height: info.height,
      data: rgb,
      bitDepth,
      hadAlpha: header.hasAlpha && (await isTransparent(bytes, page)),
      pages: firstPage.pages ?? 1,
      page,
      profile,
      exif: await uprightExif(
        exif ?? header.exif ?? (header.format === 'tiff' ? extractTiffExif(bytes) : undefined),
      ),
      xmp: describingXmp(xmp ?? header.xmp),
    };
  } catch (cause) {
    throw damaged(name, cause);
  }
}

/** Whether anything is: many programs write an alpha channel for opaque pictures too. */
async function isTransparent(bytes: Buffer, page: number): Promise<boolean> {
  const alpha = await sharp(bytes, { limitInputPixels: false, page })
    .extractChannel('alpha')
    .raw({ depth: 'uchar' })
    .toBuffer();
  return alpha.some((value) => value < 255);
}

/**
 * How many degrees clockwise a photograph is to be turned, by its EXIF orientation; cameras mirror nothing.
 */
const anglesOfOrientation: Record<number, number> = { 3: 180, 6: 90, 8: 270 };

/**
 * Formats that sharp does not read, as one that it does; others as they are.
 *
 * @returns an orientation, EXIF and XMP, where others count than those that the bytes themselves tell.
 */
async function toKnownFormat(
  bytes: Buffer,
  name: string,
  expectSize: (size: { width: number; height: number }) => void,
): Promise<{
  bytes: Buffer;
  orientation?: number;
  exif?: Uint8Array | undefined;
  xmp?: Uint8Array | undefined;
}> {
  try {
    if (isHeic(bytes)) {
      const { exif, xmp, ...pixels } = await decodeHeic(bytes, name, expectSize);
      return { bytes: encodeUncompressedTiff(pixels), exif, xmp };
    }
    if (isBmp(bytes)) return { bytes: encodeUncompressedTiff(await decodeBmp(bytes, expectSize)) };
    if (!isCameraRaw(bytes)) return { bytes };
    const { jpeg, orientation } = await extractFullSizePreview(bytes, name);
    return { bytes: jpeg, orientation, exif: extractTiffExif(bytes) };
  } catch (cause) {
    throw cause instanceof UnblurError ? cause : damaged(name, cause);
  }
}

/** Of pages that are as large the first. */
async function findLargestPage(
  bytes: Buffer,
  firstPage: Metadata,
): Promise<{ page: number; header: Metadata }> {
  let largest = { page: 0, header: firstPage };
  for (let page = 1; page < firstPage.pages!; page++) {
    const header = await sharp(bytes, { limitInputPixels: false, page })
      .metadata()
      .catch(() => undefined);
    if (header && header.width * header.height > largest.header.width * largest.header.height) {
      largest = { page, header };
    }
  }
  return largest;
}

async function readPhotoFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw explainFileError('read', path, cause);
  }
}

async function readHeader(bytes: Buffer, name: string): Promise<Metadata> {
  if (bytes.length === 0) throw new UnblurError(`${name} is empty; get the whole file`);
  let header: Metadata;
  try {
    header = await sharp(bytes, { failOn: 'error', limitInputPixels: false }).metadata();
  } catch (cause) {
    if (/unsupported image format/.test((cause as Error).message)) throw notAPhoto(name);
    throw damaged(name, cause);
  }
  if (!photoFormats.has(header.format)) throw notAPhoto(name);
  return header;
}

function damaged(name: string, cause: unknown): UnblurError {
  return new UnblurError(
    `${name} is damaged or cut short (${firstLine((cause as Error).message)}); get the whole file`,
    { cause },
  );
}

function notAPhoto(name: string): UnblurError {
  if (isClip(name)) {
    return new UnblurError(
      `${name} is not a photograph; if it is a clip, deblur it with: deblurVideo(${shellWord(name)}, sharp.mp4)`,
    );
  }
  return new UnblurError(
    `${name} is not a photograph this program can read${isPicture(name) ? ', whatever its name says' : ''}; give it a JPEG, PNG, WebP, AVIF, HEIC, TIFF, BMP or GIF file`,
  );
}
