import { basename, extname } from 'node:path';

/** File name endings of the pictures that folders are searched for. */
export const pictureExtensions = ['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff'];

/**
 * Whether a file is a picture by its name. Hidden files, such as the `._a.jpg` that macOS leaves beside
 * `a.jpg`, are none.
 */
export function isPicture(path: string): boolean {
  return pictureExtensions.includes(extname(path).toLowerCase()) && !basename(path).startsWith('.');
}
