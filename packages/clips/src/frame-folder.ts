import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { explainFileError, isPicture, pictureExtensions, UnblurError } from '@unblur/files';

const inOrder = new Intl.Collator('en', { numeric: true });

/**
 * Paths of a video's frames, kept as pictures in one folder.
 *
 * @throws UnblurError when the folder cannot be read or holds no picture.
 */
export function listFrames(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    throw explainFileError('read', folder, cause);
  }
  const frames = chooseFrames(names);
  if (frames.length === 0) {
    throw new UnblurError(
      `Expected frames (${pictureExtensions.join(', ')}) in ${folder}, in the order of their names, but received none`,
    );
  }
  return frames.map((name) => join(folder, name));
}

/**
 * Which of some files are frames: pictures that are not hidden, in the order of their names, numbers in them
 * by value: `frame-2` comes before `frame-10`.
 */
export function chooseFrames(paths: readonly string[]): string[] {
  return (
    paths
      .filter(isPicture)
      // By code unit where numbers are equal, such as 1 and 01.
      .sort()
      .sort((one, other) => inOrder.compare(basename(one), basename(other)))
  );
}
