import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openVideoSource } from './video-source.js';

const hasFfmpeg = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;
if (!hasFfmpeg) console.log('ffmpeg is not installed: taking clips apart is not tested.');

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'unblur-apart-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Folders of pictures that this process has not finished. */
const temporaryFolders = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('.unblur-') && name.includes(`-${process.pid}-`));
const holdsPictures = (name: string): boolean =>
  readdirSync(join(tmpdir(), name), { recursive: true }).some((path) => String(path).endsWith('.png'));

(hasFfmpeg ? test : test.skip)('leaves nothing where it is stopped while a clip is taken apart', async () => {
  const clip = join(folder, 'long.mp4');
  const pictures = ['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30:duration=20'];
  const { status } = spawnSync('ffmpeg', ['-v', 'error', ...pictures, '-preset', 'ultrafast', clip]);
  expect(status).toBe(0);
  const stop = new AbortController();
  const outcome = openVideoSource(clip, stop.signal).then(
    () => 'taken apart',
    (error: Error) => error.message,
  );
  while (!temporaryFolders().some(holdsPictures)) await wait(10);
  stop.abort(new Error('enough'));
  expect(await outcome).toBe('enough');
  expect(temporaryFolders()).toEqual([]);
});
