import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { makeTemporaryFolder, removeTemporary } from '@unblur/files';

/** Videos as folders of pictures. */
export interface VideoSource {
  folder: string;
  /** Removes what was made for it. */
  close(): Promise<void>;
}

/**
 * A folder is taken as it is; a video file is taken apart by ffmpeg into a temporary folder named after it.
 * @throws Error where there is nothing at the path, or ffmpeg cannot read it; the signal's reason when aborted.
 */
export async function openVideoSource(path: string, signal: AbortSignal): Promise<VideoSource> {
  const isFile = (await stat(path).catch(() => undefined))?.isFile() ?? false;
  if (!isFile) return { folder: path, close: async () => {} };
  const folder = makeTemporaryFolder(tmpdir());
  const close = (): Promise<void> => removeTemporary(folder);
  try {
    const { extractVideoFrames } = await import('@unblur/datasets');
    await extractVideoFrames(path, join(folder, basename(path, extname(path))), signal);
    return { folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}
