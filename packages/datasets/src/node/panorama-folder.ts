import { buildPanorama, type Panorama } from '../panorama.js';
import { listPictures, readImageFile } from './image-file.js';

/** Paths of the panoramas in a folder, sorted by name; throws as `listPictures` does. */
export function listPanoramas(folder: string): string[] {
  return listPictures(folder, 'panoramas');
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
