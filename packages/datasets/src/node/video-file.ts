import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Takes a video file apart with ffmpeg: every frame as it was recorded, none doubled or dropped, as `000001.png` and so on in a new
 * folder, for `listFrames`. The folder appears once it is whole.
 *
 * @returns the number of frames.
 * @throws Error where ffmpeg is missing, the video cannot be decoded, or `out` exists.
 */
export async function extractVideoFrames(video: string, out: string): Promise<number> {
  if (!existsSync(video)) throw new Error(`Expected a video at ${video} but there is no such file.`);
  if (existsSync(out)) throw new Error(`Expected a new folder for the frames but ${out} exists.`);
  const staging = `${out}.partial`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  try {
    await runFfmpeg(['-v', 'error', '-xerror', '-nostdin', '-i', video, '-map', '0:v:0', '-vsync', 'passthrough', join(staging, '%06d.png')], video);
    const { length } = await readdir(staging);
    if (length === 0) throw new Error(`Expected a video at ${video} but it has no frame.`);
    await rename(staging, out);
    return length;
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
}

function runFfmpeg(commandLine: string[], video: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const ffmpeg = spawn('ffmpeg', commandLine, { stdio: ['ignore', 'ignore', 'pipe'] });
    let messages = '';
    ffmpeg.stderr.on('data', (text) => (messages += text));
    ffmpeg.on('error', () => reject(new Error('Expected ffmpeg on the PATH to read a video file but could not start it; install ffmpeg, or give a folder of frames.')));
    ffmpeg.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`Expected a video that ffmpeg can decode but could not read ${video}: ${messages.trim().split('\n').at(-1) ?? `exit code ${code}`}`));
    });
  });
}
