import { basename, extname } from 'node:path';

/** File name endings of the pictures that folders are searched for. */
export const pictureExtensions = ['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff'];

const clipExtensions = new Set(
  '.mp4 .m4v .mov .mkv .webm .ts .mts .m2ts .avi .mpg .mpeg .3gp .wmv'.split(' '),
);

/** Whether a file is a clip by its name; hidden files are none. */
export function isClip(path: string): boolean {
  return clipExtensions.has(extname(path).toLowerCase()) && !basename(path).startsWith('.');
}

/**
 * Whether a file is a picture by its name. Hidden files, such as the `._a.jpg` that macOS leaves beside
 * `a.jpg`, are none.
 */
export function isPicture(path: string): boolean {
  return pictureExtensions.includes(extname(path).toLowerCase()) && !basename(path).startsWith('.');
}
