import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { bin, openWorkplace, untrainedVideoWeights } from '../unblur-command.test-tool.js';

const { folder, write } = openWorkplace();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hasFfmpeg = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;
if (!hasFfmpeg) console.log('ffmpeg is not installed: the memory that clips take is not tested.');

/**
 * The largest memory of `unblur video` on a clip of so many frames, in KiB. When V8 collects garbage differs
 * from run to run, and the peak by up to 8 % with it; it only ever adds, so the least of several runs is what
 * the length of the clip needs.
 */
function peakMemory(frames: number): number {
  const clip = `${frames}.mp4`;
  const made = spawnSync(
    'ffmpeg',
    [
      '-v',
      'error',
      '-y',
      '-f',
      'lavfi',
      '-i',
      `testsrc2=size=320x192:rate=25:duration=${frames / 25}`,
      '-c:v',
      'libx264',
      '-pix_fmt',
      'yuv420p',
      clip,
    ],
    { cwd: folder },
  );
  expect(made.status).toBe(0);
  const watch = 'process.on("exit", () => console.error("peak " + process.resourceUsage().maxRSS))';
  const commandLine = [
    '--import',
    `data:text/javascript,${watch}`,
    bin,
    'video',
    clip,
    '--out',
    `${frames}-sharp.mp4`,
    '--overwrite',
    '--weights',
    'video.safetensors',
    '--threads',
    '1',
  ];
  const { status, stderr } = spawnSync(process.execPath, commandLine, { cwd: folder, encoding: 'utf8' });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return Number(/peak (\d+)/.exec(stderr)![1]);
}

(hasFfmpeg ? describe : describe.skip)('unblur video', () => {
  test('takes the same memory for 300 frames as for 30', () => {
    // It costs little, so that what is kept of frames would show: 270 of them take 50 MB as bytes, more than
    // the peaks differ by.
    write('video.safetensors', untrainedVideoWeights({ alignment: [] }));
    const keptFramesKib = (270 * 320 * 192 * 3) / 1024;
    const limit = Math.min(...Array.from({ length: 3 }, () => peakMemory(30))) + keptFramesKib / 2;
    let least = Infinity;
    for (let run = 0; run < 3 && least >= limit; run++) least = Math.min(least, peakMemory(300));
    expect(least).toBeLessThan(limit);
  }, 1_200_000);
});
