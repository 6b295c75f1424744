import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { buildPanorama, type Panorama } from '../panorama.js';
import { imageExtensions, readImageFile } from './image-file.js';

/**
 * Paths of the pictures in a folder, sorted by name.
 * @throws Error where the folder cannot be read or holds no picture.
 */
export function listPanoramas(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    throw new Error(`Expected a folder of panoramas at ${folder} but could not read it: ${(cause as Error).message}`, { cause });
  }
  // By code unit, not by locale: the order decides which panorama a sample gets.
  const paths = names.filter((name) => imageExtensions.includes(extname(name).toLowerCase())).sort().map((name) => join(folder, name));
  if (paths.length === 0) throw new Error(`Expected panoramas (${imageExtensions.join(', ')}) in ${folder} but found none.`);
  return paths;
}

/**
 * Reads one equirectangular panorama.
 * @throws Error that names the file, where it cannot be decoded or is not 2:1.
 */
export async function loadPanorama(path: string): Promise<Panorama> {
  const { width, height, rgb } = await readImageFile(path);
  try {
    return buildPanorama(width, height, rgb);
  } catch (cause) {
    throw new RangeError(`${path}: ${(cause as Error).message}`, { cause });
  }
}
