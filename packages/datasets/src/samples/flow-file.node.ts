import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { explainFileError, readWholeFile, UnblurError, writeAtomically } from '@unblur/files';
import { describeType } from '@unblur/files/parsed-value';
import { maxFramePixels } from '../pictures/picture-file.node.js';

/** Optical flow of a picture: `height * width * 2` values (dx, dy) in pixels, x right, y down. */
export interface FlowField {
  width: number;
  height: number;
  data: Float32Array;
}

/** What a .flo file begins with: it reads "PIEH" as text. */
const magic = 202021.25;

/** The magic number, width and height. */
const headerBytes = 12;
const bytesPerPixel = 8;

/** In Middlebury's files, values above this stand for a motion that is not known. */
const largestKnown = 1e9;

/**
 * Writes a flow as Middlebury's .flo, which OpenCV (`cv2.readOpticalFlow`) and others read: all of it or, after
 * an error, nothing.
 *
 * @throws RangeError unless there are two values for each pixel; UnblurError where the file cannot be written.
 */
export async function writeFlow(path: string, flow: FlowField): Promise<void> {
  await writeAtomically(path, encodeFlow(flow));
}

/** The bytes of a .flo file. @throws RangeError unless there are two values for each pixel. */
export function encodeFlow({ width, height, data }: FlowField): Uint8Array {
  const isSize = [width, height].every((pixels) => Number.isInteger(pixels) && pixels > 0);
  if (!(isSize && data instanceof Float32Array && data.length === 2 * width * height)) {
    const received = data instanceof Float32Array ? `${data.length} values` : describeType(data);
    throw new RangeError(
      `Expected a flow as { width, height, data }, data a Float32Array of width x height x 2 values, but received ${received} for ${width}x${height}.`,
    );
  }
  const bytes = Buffer.alloc(headerBytes + data.byteLength);
  bytes.writeFloatLE(magic, 0);
  bytes.writeInt32LE(width, 4);
  bytes.writeInt32LE(height, 8);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), headerBytes);
  return bytes;
}

/**
 * Reads a flow in Middlebury's .flo format, of at most 50 megapixels.
 *
 * @throws UnblurError that names the file, where it cannot be read, is none, is cut short or damaged, or does not
 * know the motion of every pixel.
 */
export function readFlow(path: string): FlowField {
  const bytes = readWholeFile(path, headerBytes + bytesPerPixel * maxFramePixels);
  const { width, height } = sizeInHeader(path, bytes, bytes.length);
  const data = new Float32Array(Uint8Array.from(bytes.subarray(headerBytes)).buffer);
  const unknown = data.findIndex((value) => !(Math.abs(value) <= largestKnown));
  if (unknown >= 0) {
    const pixel = Math.floor(unknown / 2);
    return refuse(
      path,
      `the motion of column ${pixel % width}, row ${Math.floor(pixel / width)} is not known; it is needed everywhere`,
    );
  }
  return { width, height, data };
}

/** The size of a flow, without reading its values. @throws UnblurError as `readFlow` does, where its header says so. */
export function readFlowSize(path: string): { width: number; height: number } {
  const header = Buffer.alloc(headerBytes);
  try {
    const descriptor = openSync(path, 'r');
    try {
      const length = readSync(descriptor, header);
      return sizeInHeader(path, header.subarray(0, length), fstatSync(descriptor).size);
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    throw explainFileError('read', path, cause);
  }
}

/** @param bytes of the file, its header at least where it is long enough. */
function sizeInHeader(path: string, bytes: Buffer, fileLength: number): { width: number; height: number } {
  if (bytes.length < headerBytes || bytes.readFloatLE(0) !== magic) return refuse(path, 'it is no such file');
  const [width, height] = [bytes.readInt32LE(4), bytes.readInt32LE(8)];
  const wanted = headerBytes + bytesPerPixel * width * height;
  if (width < 1 || height < 1) return refuse(path, `it is damaged: it claims to be ${width}x${height}`);
  if (fileLength === wanted) return { width, height };
  return refuse(
    path,
    `it is ${fileLength < wanted ? 'cut short' : 'damaged'}: it has ${fileLength} bytes, and ${width}x${height} takes ${wanted}`,
  );
}

function refuse(path: string, problem: string): never {
  throw new UnblurError(`Expected an optical flow (.flo) at ${path} but ${problem}`);
}
