import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { UnblurError, explainFileError } from '@unblur/files';
import type { RgbImage } from '@unblur/restoration';
import { loadPhoto } from '../pictures/photo.js';

const frameExtensions = ['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff'];

/**
 * The pictures of a folder in the order of their names, numbers in them by value: `frame-2` comes before
 * `frame-10`.
 *
 * @throws UnblurError when the folder cannot be read, holds no picture, or two that would get one name as
 * PNG.
 */
export async function listFrames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw explainFileError('read', folder, cause);
  });
  const inOrder = new Intl.Collator('en', { numeric: true });
  const frames = names
    .filter((name) => frameExtensions.includes(extname(name).toLowerCase()) && !name.startsWith('.'))
    .sort(inOrder.compare);
  if (frames.length === 0) {
    throw new UnblurError(
      `${folder} holds no frames; expected pictures (${frameExtensions.join(', ')}) in the order of their names`,
    );
  }
  const stems = new Map<string, string>();
  for (const name of frames) {
    const other = stems.get(frameStem(name));
    if (other) throw new UnblurError(`${folder} holds ${other} and ${name}; keep one picture of each name`);
    stems.set(frameStem(name), name);
  }
  return frames.map((name) => join(folder, name));
}

/** A frame's file name without its extension. */
export function frameStem(path: string): string {
  return basename(path, extname(path));
}

/**
 * Reads frames one after another.
 *
 * @throws UnblurError when one cannot be read or has another size than the first.
 */
export async function* readFrames(
  paths: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<RgbImage, void, undefined> {
  let first: RgbImage | undefined;
  for (const path of paths) {
    signal?.throwIfAborted();
    const { width, height, data } = await loadPhoto(path);
    first ??= { width, height, data: new Float32Array(0) };
    if (width !== first.width || height !== first.height) {
      throw new UnblurError(
        `Expected frames of one size, ${first.width}x${first.height} like ${basename(paths[0]!)}, but ${path} is ${width}x${height}; scale them to one size first`,
      );
    }
    yield { width, height, data };
  }
}
