import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp, { type Metadata } from 'sharp';
import type { RgbImage } from './raster.js';
import { explainFileError, firstLine, UnblurError } from './unblur-error.js';

export interface Photo extends RgbImage {
  /** 16 when the file holds more than 8 bits per channel; the values keep that precision. */
  readonly bitDepth: 8 | 16;
  /** Whether transparency was laid over white: frames are opaque. */
  readonly hadAlpha: boolean;
  /** How many pages or animation frames the file holds; the first is the photograph. */
  readonly pages: number;
}

export interface LoadPhotoOptions {
  /** Photographs with more pixels are refused before they are decoded. Seven restored frames of this many take 4.2 GB. Default 50 million. */
  maximumPixels?: number;
}

const defaultMaximumPixels = 50_000_000;

/** sharp's names of the formats that hold photographs. */
const photoFormats = new Set(['jpeg', 'png', 'webp', 'tiff', 'gif', 'heif', 'jp2', 'jxl']);

/**
 * Reads a photograph as upright sRGB: EXIF orientation applied, embedded colour profiles (CMYK, Adobe RGB, Display P3 ...) converted to
 * sRGB, grey spread over three channels, transparency laid over white, of several pages the first.
 *
 * @param source a path or a `file:` URL, or the bytes of an image file
 * @throws UnblurError when the file cannot be read, is no photograph, is damaged or cut short, or is larger than `maximumPixels`.
 */
export async function loadPhoto(source: string | URL | Uint8Array, { maximumPixels = defaultMaximumPixels }: LoadPhotoOptions = {}): Promise<Photo> {
  const path = source instanceof URL ? fileURLToPath(source) : source;
  if (typeof path !== 'string' && !(path instanceof Uint8Array)) throw new UnblurError('Expected a path, a file: URL or the bytes of an image file as a Uint8Array, but received something else');
  const name = typeof path === 'string' ? path : 'the image';
  const bytes = typeof path === 'string' ? await readPhotoFile(path) : Buffer.from(path.buffer, path.byteOffset, path.byteLength);
  const header = await readHeader(bytes, name);
  if (header.width * header.height > maximumPixels) {
    const megapixels = (pixels: number) => `${Number((pixels / 1e6).toFixed(1))} megapixels`;
    throw new UnblurError(`${name} is ${header.width}x${header.height} (${megapixels(header.width * header.height)}), more than the limit of ${megapixels(maximumPixels)}; scale it down first`);
  }

  const bitDepth = header.depth === 'uchar' ? 8 : 16;
  const upright = sharp(bytes, { failOn: 'error', limitInputPixels: false, autoOrient: true });
  if (header.hasAlpha) upright.flatten({ background: 'white' });
  try {
    const { data, info } = await upright
      .toColourspace(bitDepth === 16 ? 'rgb16' : 'srgb')
      .raw({ depth: bitDepth === 16 ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const values = bitDepth === 16 ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
    const peak = bitDepth === 16 ? 65535 : 255;
    const rgb = new Float32Array(values.length);
    for (let i = 0; i < rgb.length; i++) rgb[i] = values[i]! / peak;
    return { width: info.width, height: info.height, data: rgb, bitDepth, hadAlpha: header.hasAlpha, pages: header.pages ?? 1 };
  } catch (cause) {
    throw new UnblurError(`${name} is damaged or cut short (${firstLine((cause as Error).message)}); get the whole file`, { cause });
  }
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
    throw new UnblurError(`${name} is damaged or cut short (${firstLine((cause as Error).message)}); get the whole file`, { cause });
  }
  if (!photoFormats.has(header.format)) throw notAPhoto(name);
  return header;
}

function notAPhoto(name: string): UnblurError {
  return new UnblurError(`${name} is not a photograph this program reads, whatever its name says; give it a JPEG, PNG, WebP, AVIF, TIFF or GIF file`);
}
