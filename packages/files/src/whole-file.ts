import { readFileSync, statSync } from 'node:fs';
import { explainFileError, UnblurError } from './file-error.js';

/** Node reads no more at once. */
const maxBytes = 2 ** 31 - 1;

/**
 * The bytes of a file.
 *
 * @param maximumBytes a larger file is refused before it is read.
 * @throws UnblurError that says why it cannot be read, or how large it is and may be.
 */
export function readWholeFile(path: string, maximumBytes = maxBytes): Buffer {
  try {
    const { size } = statSync(path);
    if (size > maximumBytes) {
      throw new UnblurError(
        `Could not read ${path}: it has ${size} bytes, more than the ${maximumBytes} that make sense here`,
      );
    }
    return readFileSync(path);
  } catch (cause) {
    throw explainFileError('read', path, cause);
  }
}
