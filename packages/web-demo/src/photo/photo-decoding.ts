import { fitWithin } from '@unblur/restoration';
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
  /** Whether the browser has turned inks into light, which each does in its own way. */
  isCmyk: boolean;
  /** Whether it lies over white since parts of it are transparent. */
  hadAlpha: boolean;
  /** How many pictures the file holds, of which this is the first; 1 where the browser does not tell. */
  pictures: number;
}

/** Metadata and colour profiles stand before what tells the channels of a JPEG. */
const mostHeaderBytes = 2 ** 21;

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
  const { width, height } = fitWithin(bitmap, longestSidePixels);
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  let { data } = context.getImageData(0, 0, width, height);
  const hadAlpha = isTransparent(data);
  if (hadAlpha) {
    context.globalCompositeOperation = 'destination-over';
    context.fillStyle = 'white';
    context.fillRect(0, 0, width, height);
    ({ data } = context.getImageData(0, 0, width, height));
  }
  const head = new Uint8Array(await file.slice(0, mostHeaderBytes).arrayBuffer());
  return {
    picture: { width, height, rgba: data as Uint8ClampedArray<ArrayBuffer> },
    original,
    isCmyk: isCmykJpeg(head),
    hadAlpha,
    pictures: await countPictures(file, head),
  };
}

function isTransparent(rgba: Uint8ClampedArray): boolean {
  for (let alpha = 3; alpha < rgba.length; alpha += 4) if (rgba[alpha] !== 255) return true;
  return false;
}

/** Of files that may be animated, where the browser has a decoder for their pictures. */
async function countPictures(file: Blob, head: Uint8Array): Promise<number> {
  const text = String.fromCharCode(...head.subarray(0, 12));
  const type = text.startsWith('GIF8') ? 'image/gif' : text.endsWith('WEBP') ? 'image/webp' : undefined;
  if (!type || !('ImageDecoder' in self)) return 1;
  const decoder = new ImageDecoder({ data: file.stream(), type });
  try {
    await decoder.completed;
    return decoder.tracks.selectedTrack?.frameCount ?? 1;
  } catch {
    return 1;
  } finally {
    decoder.close();
  }
}

/** @param head the beginning of a file of any kind. */
export function isCmykJpeg(head: Uint8Array): boolean {
  if (head[0] !== 0xff || head[1] !== 0xd8) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  for (let at = 2; at + 10 <= head.length && head[at] === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = head[at + 1]!;
    // C0 to CF begin a frame, except for three that hold tables.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return head[at + 9] === 4;
  }
  return false;
}

async function heicBitmap(file: Blob): Promise<ImageData> {
  const { width, height, rgba } = await decodeHeic(new Uint8Array(await file.arrayBuffer()));
  return new ImageData(rgba, width, height);
}
