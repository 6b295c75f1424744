import { readdirSync, type Dirent } from 'node:fs';
import { explainFileError, UnblurError } from '@unblur/files';

/**
 * What lies in a folder.
 *
 * @param what plural, for messages.
 * @throws UnblurError that says why it cannot be read.
 */
export function folderEntries(folder: string, what: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    const reason = explainFileError('read', folder, cause).message.replace(`Could not read ${folder}: `, '');
    throw new UnblurError(`Expected a folder of ${what} at ${folder} but could not read it: ${reason}.`, {
      cause,
    });
  }
}
