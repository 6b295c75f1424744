import { describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFrames } from '@unblur/clips';
import { readRgbImage } from '../pictures/picture-file.node.js';
import { newFolder } from '../pictures/picture-folder.test-tool.js';
import { extractVideoFrames } from './video-folders.node.js';

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
if (!hasFfmpeg) console.log('skipping the tests of video files: they need ffmpeg');

(hasFfmpeg ? describe : describe.skip)('extractVideoFrames', () => {
  test('gives every frame once, in order', async () => {
    const folder = newFolder();
    const video = join(folder, 'video.mkv');
    // Frame i is grey of level 20 i; lossless.
    execFileSync('ffmpeg', [
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      'color=black:s=32x16:r=50:d=0.2,format=gbrp,geq=r=20*N:g=20*N:b=20*N',
      '-c:v',
      'ffv1',
      video,
    ]);
    const out = join(folder, 'frames');
    expect(await extractVideoFrames(video, out)).toBe(10);
    for (const [index, path] of listFrames(out).entries()) {
      const { width, height, data } = await readRgbImage(path);
      expect([width, height, Math.round(data[100]! * 255)]).toEqual([32, 16, 20 * index]);
    }
    await expect(extractVideoFrames(video, out)).rejects.toThrow(
      /new folder for the frames but .*frames exists/,
    );
  });

  test('names what is no video, and leaves nothing behind', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'text.mp4'), 'no video');
    await expect(extractVideoFrames(join(folder, 'text.mp4'), join(folder, 'frames'))).rejects.toThrow(
      /text\.mp4 is not a video that ffmpeg reads/,
    );
    await expect(extractVideoFrames(join(folder, 'none.mp4'), join(folder, 'frames'))).rejects.toThrow(
      'there is no such file',
    );
    expect(readdirSync(folder)).toEqual(['text.mp4']);
  });
});
