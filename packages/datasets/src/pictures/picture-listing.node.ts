import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { explainFileError, isPicture, pictureExtensions, UnblurError } from '@unblur/files';

/**
 * Paths of the pictures in a folder, sorted by name; hidden ones, such as the `._a.jpg` of macOS, are none.
 *
 * @param what plural, for messages.
 * @throws Error where the folder cannot be read or holds no picture.
 */
export function listPictures(folder: string, what: string): string[] {
  const pictures = namesIn(folder, what).filter(isPicture);
  if (pictures.length === 0) {
    throw new Error(`Expected ${what} (${pictureExtensions.join(', ')}) in ${folder} but received none.`);
  }
  return pictures.map((name) => join(folder, name));
}

/**
 * The names of what lies in a folder, sorted by code unit, not by locale: the order decides which picture a
 * sample gets.
 *
 * @param what plural, for messages.
 * @throws UnblurError that says why it cannot be read.
 */
export function namesIn(folder: string, what: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (cause) {
    const reason = explainFileError('read', folder, cause).message.replace(`Could not read ${folder}: `, '');
    throw new UnblurError(`Expected a folder of ${what} at ${folder} but could not read it: ${reason}.`, {
      cause,
    });
  }
}

/** Also for a link to a folder; not for a link to nothing. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
