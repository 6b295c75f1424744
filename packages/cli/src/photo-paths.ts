import { readdir, stat } from 'node:fs/promises';
import { basename, extname, isAbsolute, join } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';

const photoExtensions = ['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.avif', '.gif'];

/**
 * The photographs that a command line names: files as they are, the photographs directly in a folder, and those that a glob
 * pattern matches. Files that do not exist stay in the list, so that each gets its own message.
 *
 * @throws when a folder or pattern holds no photograph
 */
export async function findPhotos(places: string[]): Promise<string[]> {
  const found: string[] = [];
  for (const place of places) {
    const entry = await stat(place).catch(() => undefined);
    if (entry?.isDirectory()) found.push(...(await listPhotos(place)));
    else if (!entry && isDynamicPattern(place)) found.push(...(await matchPhotos(place)));
    else found.push(place);
  }
  return [...new Set(found)];
}

async function listPhotos(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter(isPhotoName).sort();
  if (names.length === 0) throw new Error(`The folder ${folder} holds no photograph (${photoExtensions.join(', ')}).`);
  return names.map((name) => join(folder, name));
}

async function matchPhotos(pattern: string): Promise<string[]> {
  const paths = (await glob(pattern, { expandDirectories: false, absolute: isAbsolute(pattern) })).filter(isPhotoName).sort();
  if (paths.length === 0) throw new Error(`No photograph matches ${pattern}.`);
  return paths;
}

function isPhotoName(name: string): boolean {
  // Hidden files are not photographs: macOS leaves a `._photo.jpg` beside each on other systems' disks.
  return photoExtensions.includes(extname(name).toLowerCase()) && !basename(name).startsWith('.');
}

/**
 * A name for the results of every photograph: its own without the extension, with a number where two would be the same.
 *
 * @returns names in the order of `paths`
 */
export function nameResults(paths: string[]): string[] {
  const taken = new Set<string>();
  return paths.map((path) => {
    const stem = basename(path, extname(path));
    // `.` and `..`, of photographs called `..jpg` and `...jpg`, would lead out of the folder of results.
    const name = /^\.*$/.test(stem) ? 'photo' : stem;
    let unique = name;
    for (let number = 2; taken.has(unique); number++) unique = `${name}-${number}`;
    taken.add(unique);
    return unique;
  });
}
