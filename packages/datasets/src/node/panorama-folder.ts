import { buildPanorama, type Panorama } from '../panorama.js';
import { buildPartialPanorama } from '../partial-panorama.js';
import { listPictures, readImageFile } from './image-file.js';

/** Paths of the panoramas in a folder, sorted by name; throws as `listPictures` does. */
export function listPanoramas(folder: string): string[] {
  return listPictures(folder, 'panoramas');
}

/**
 * Reads one equirectangular panorama.
 *
 * @param coverageDegrees how much of the horizon it shows, where it is only a part of the sphere (see
 * `buildPartialPanorama`).
 * @throws Error that names the file, where it cannot be decoded, is not 2:1, or is no such part.
 */
export async function loadPanorama(path: string, coverageDegrees: number | null = null): Promise<Panorama> {
  const { width, height, rgb } = await readImageFile(path);
  try {
    return coverageDegrees === null
      ? buildPanorama(width, height, rgb)
      : buildPartialPanorama(width, height, rgb, coverageDegrees);
  } catch (cause) {
    throw new RangeError(`${path}: ${(cause as Error).message}`, { cause });
  }
}
