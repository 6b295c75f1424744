import { readdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { listFrames } from '@unblur/clips';
import { isClip, shellWord, UnblurError } from '@unblur/files';
import { describeType } from '@unblur/files/parsed-value';
import type { RgbImage } from '@unblur/restoration';
import { loadPhoto } from '../pictures/photo.js';

/**
 * The frames of a folder whose names the results will have. @throws UnblurError as `listFrames`, and where
 * two would get one name as PNG.
 */
export function listNamedFrames(folder: string): string[] {
  const frames = listFramesOfOneClip(folder);
  const stems = new Map<string, string>();
  for (const name of frames.map((path) => basename(path))) {
    const other = stems.get(frameStem(name));
    if (other) {
      throw (
        explainClips(folder) ??
        new UnblurError(`${folder} holds ${other} and ${name}; keep one picture of each name`)
      );
    }
    stems.set(frameStem(name), name);
  }
  return frames;
}

function listFramesOfOneClip(folder: string): string[] {
  try {
    return listFrames(folder);
  } catch (cause) {
    throw explainClips(folder) ?? cause;
  }
}

/** What to tell whoever names a folder of clips; undefined where it is none. */
function explainClips(folder: string): UnblurError | undefined {
  let clip: string | undefined;
  try {
    clip = readdirSync(folder).find(isClip);
  } catch {
    return undefined;
  }
  if (clip === undefined) return undefined;
  return new UnblurError(
    `${folder} holds clips, not the frames of one; deblur them one after the other with: ${deblurEach(folder, extname(clip))}`,
  );
}

/** Commands that deblur all clips of a folder; on Windows for PowerShell. */
export function deblurEach(folder: string, extension: string, platform: string = process.platform): string {
  // Results of their own folder are no clips to take, however often this is run.
  return platform === 'win32'
    ? `mkdir -Force sharp; foreach ($clip in Get-ChildItem ${shellWord(`${folder}\\*${extension}`, platform)}) { unblur video $clip.FullName --out "sharp/$($clip.BaseName).mp4" }`
    : `mkdir -p sharp; for clip in ${join(shellWord(folder, platform), `*${extension}`)}; do unblur video "$clip" --out "sharp/$(basename "$clip" ${extension}).mp4"; done`;
}

/** A frame's file name without its extension. */
export function frameStem(path: string): string {
  return basename(path, extname(path));
}

/**
 * Reads frames one after another.
 *
 * @param paths in time order (see `listFrames`).
 * @throws UnblurError when one cannot be read or has another size than the first.
 */
export async function* readFrames(
  paths: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<RgbImage, void, undefined> {
  if (!Array.isArray(paths)) {
    throw new UnblurError(
      `Expected a list of paths of frames, such as listFrames(folder) gives, but received ${describeType(paths)}`,
    );
  }
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
