import type { DecodedPixels } from './uncompressed-tiff.js';

export const isBmp = (bytes: Buffer): boolean =>
  bytes.toString('latin1', 0, 2) === 'BM' && bytes.length >= 26;

/**
 * Decodes a Windows bitmap, which sharp does not, with NetSurf's decoder as WebAssembly, loaded when the
 * first such file comes: 1 to 32 bits a pixel, with palette and run lengths too.
 *
 * @param expectSize called with the size before anything is decoded.
 * @throws where the file is damaged or cut short.
 */
export async function decodeBmp(
  bytes: Buffer,
  expectSize: (size: { width: number; height: number }) => void,
): Promise<DecodedPixels> {
  const isOldHeader = bytes.readUInt32LE(14) === 12;
  expectSize(
    isOldHeader
      ? { width: bytes.readUInt16LE(18), height: bytes.readUInt16LE(20) }
      : { width: Math.abs(bytes.readInt32LE(18)), height: Math.abs(bytes.readInt32LE(22)) },
  );
  const { decode } = (await import('@cwasm/nsbmp')).default;
  const { width, height, data } = decode(bytes);
  let isOpaque = true;
  for (let alpha = 3; alpha < data.length; alpha += 4) isOpaque &&= data[alpha] === 255;
  if (!isOpaque) {
    return {
      width,
      height,
      channels: 4,
      data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    };
  }
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from++) if (from % 4 !== 3) rgb[to++] = data[from]!;
  return { width, height, channels: 3, data: rgb };
}
