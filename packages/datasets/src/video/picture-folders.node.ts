import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { chooseFrames } from '@unblur/clips';
import { isPicture } from '@unblur/files';
import { requireThat } from '../option-checks.js';
import { isFolder, namesIn } from '../pictures/picture-listing.node.js';

/** A folder that holds pictures. */
export interface PictureFolder {
  /** The names on the way to it. */
  parts: string[];
  /** Names of its pictures, numbers in them by value. */
  pictures: string[];
}

/**
 * Every folder at or below one that holds pictures, sorted by name, a folder before those in it. Links to
 * folders are followed, but not back to where they lie in.
 *
 * @param isLeftOut files and folders that do not count, by name and the names beside it.
 * @throws UnblurError that names the folder that cannot be read.
 */
export function foldersOfPictures(
  root: string,
  isLeftOut: (name: string, siblings: readonly string[]) => boolean = () => false,
): PictureFolder[] {
  requireThat(typeof root === 'string', 'folder', 'the path of a folder of videos', root);
  const search = (parts: string[], above: readonly string[]): PictureFolder[] => {
    const folder = join(root, ...parts);
    const names = namesIn(folder, 'videos').filter(
      (name, _, siblings) => !name.startsWith('.') && !isLeftOut(name, siblings),
    );
    const way = [...above, realpathSync(folder)];
    const below = names.filter((name) => {
      const path = join(folder, name);
      return !isPicture(name) && isFolder(path) && !way.includes(realpathSync(path));
    });
    const pictures = chooseFrames(names);
    return [
      ...(pictures.length > 0 ? [{ parts, pictures }] : []),
      ...below.flatMap((name) => search([...parts, name], way)),
    ];
  };
  return search([], []);
}
