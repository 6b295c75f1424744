import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { explainFileError, UnblurError } from './file-error.js';

/** Node reads no more at once. */
const maxBytes = 2 ** 31 - 1;

/** How much of a file without a size is read at a time. */
const pieceBytes = 2 ** 20;

/**
 * The bytes of a file, or of all that comes out of a pipe or a device.
 *
 * @param maximumBytes a larger file is refused before it is read, and more than that is read of none.
 * @throws UnblurError that says why it cannot be read, or how large it is and may be.
 */
export function readWholeFile(path: string, maximumBytes = maxBytes): Buffer {
  try {
    const descriptor = openSync(path, 'r');
    try {
      const { size } = fstatSync(descriptor);
      if (size > maximumBytes) {
        throw new UnblurError(
          `Could not read ${path}: it has ${size} bytes, more than the limit of ${maximumBytes}`,
        );
      }
      const bytes = size > 0 ? readFileSync(descriptor) : readPieces(descriptor, maximumBytes);
      if (bytes !== undefined) return bytes;
      throw new UnblurError(`Could not read ${path}: it has more bytes than the limit of ${maximumBytes}`);
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    throw explainFileError('read', path, cause);
  }
}

/** For what tells no size: pipes, devices, files of /proc. @returns `undefined` where it is more than that. */
function readPieces(descriptor: number, maximumBytes: number): Buffer | undefined {
  const pieces: Buffer[] = [];
  let total = 0;
  while (total <= maximumBytes) {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, maximumBytes + 1 - total));
    const filled = fill(piece, descriptor);
    pieces.push(piece.subarray(0, filled));
    if (filled < piece.length) return Buffer.concat(pieces);
    total += filled;
  }
  return undefined;
}

/** A pipe gives fewer bytes at a time than are asked for. @returns how many there were until its end. */
function fill(piece: Buffer, descriptor: number): number {
  let filled = 0;
  while (filled < piece.length) {
    const read = readSync(descriptor, piece, filled, piece.length - filled, null);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}
