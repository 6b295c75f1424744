import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import sharp from 'sharp';
import * as inference from './index.js';
import { tinyWeights } from '../../restoration/src/photo/tiny-network.test-tool.js';
import { movingWaves, tinyVideoFile } from '../../restoration/src/video/tiny-video-network.test-tool.js';
import { toSharp } from './pictures/pixel-image.js';

/** Examples read and write beside them. */
const before = process.cwd();
beforeEach(async () => process.chdir(await mkdtemp(join(tmpdir(), 'unblur-readme-'))));
afterEach(async () => {
  const folder = process.cwd();
  process.chdir(before);
  await rm(folder, { recursive: true });
});

/** Runs the README's example of that number, which knows what it imports, and returns what it names. */
async function runExample<Result>(
  index: number,
  api: Record<string, unknown>,
  result: string,
): Promise<Result> {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const code = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)][index]![1]!.replace(/^import .*$/gm, '');
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
    ...lines: string[]
  ) => (...api: unknown[]) => Promise<Result>;
  return new AsyncFunction(...Object.keys(api), `${code}\nreturn ${result};`)(...Object.values(api));
}

test('the README example of photographs runs and writes the files that it lists', async () => {
  await writeFile('weights.safetensors', tinyWeights());
  await sharp({ create: { width: 40, height: 8, channels: 3, background: 'teal' } })
    .jpeg()
    .toFile('photo.jpg');
  const { createRestorer, restorePhotoToFolder } = inference;
  const { files } = await runExample<inference.RestoredPhoto>(
    0,
    {
      readFile,
      createRestorer,
      restorePhotoToFolder,
      bundledWeights: { photo: { url: 'weights.safetensors' } },
    },
    '{ files, skipped, milliseconds }',
  );
  const written = await readdir('restored');
  expect(files.map(({ path }) => path).sort()).toEqual(written.map((name) => join('restored', name)).sort());
  for (const name of ['frame-0.png', 'frame-6.png', 'animation.webp', 'contact-sheet.png', 'motion.png']) {
    expect(written).toContain(name);
  }
});

test('the README example of videos runs', async () => {
  await writeFile('video.safetensors', tinyVideoFile());
  await mkdir('clip');
  for (const [index, frame] of movingWaves(24, 16, 3).entries()) {
    await toSharp(frame)
      .png()
      .toFile(join('clip', `${index}.png`));
  }
  const { createVideoDeblurrer, deblurVideo } = inference;
  expect(await runExample(1, { readFile, createVideoDeblurrer, deblurVideo }, 'sharp')).toEqual({
    width: 24,
    height: 16,
    frames: 3,
    skipped: 0,
  });
  expect((await readdir('sharp')).sort()).toEqual(['.unblur-video.json', '0.png', '1.png', '2.png']);
});
