import type { Picture } from '../picture.js';
import { decodeHeic } from './heic-decoding.js';

export interface DecodeRequest {
  file: Blob;
  /** Browsers decode other kinds themselves. */
  isHeic: boolean;
  /** A longer photograph is made smaller. */
  longestSidePixels: number;
}

export interface DecodedPhoto {
  picture: Picture;
  /** Size in the file, upright. */
  original: { width: number; height: number };
}

/**
 * A photograph as the network takes it: upright, sRGB, transparency over white, fitted to
 * `longestSidePixels`.
 *
 * @throws in one line for people when the file is no picture that the browser reads.
 */
export async function decodePhoto({ file, isHeic, longestSidePixels }: DecodeRequest): Promise<DecodedPhoto> {
  const bitmap = await createImageBitmap(isHeic ? await heicBitmap(file) : file).catch((cause: unknown) => {
    if (isHeic) throw cause;
    throw new Error(
      'not a photograph that the browser can read, or damaged. Choose a JPEG, PNG, WebP, AVIF or HEIC photograph.',
    );
  });
  const original = { width: bitmap.width, height: bitmap.height };
  const scale = Math.min(1, longestSidePixels / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return { picture: { width, height, rgba: data as Uint8ClampedArray<ArrayBuffer> }, original };
}

async function heicBitmap(file: Blob): Promise<ImageData> {
  const { width, height, rgba } = await decodeHeic(new Uint8Array(await file.arrayBuffer()));
  return new ImageData(rgba, width, height);
}
