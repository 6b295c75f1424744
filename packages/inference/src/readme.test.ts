import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWeights } from '@unblur/core-model';
import { expect, test } from '@jest/globals';
import sharp from 'sharp';
import * as inference from './index.js';
import { livelyWeights, tinyConfig } from './tiny-network.test-tool.js';

test('the README example runs and writes the files that it lists', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)![1]!.replace(/^import .*$/gm, '');
  const folder = await mkdtemp(join(tmpdir(), 'unblur-readme-'));
  const before = process.cwd();
  const network = { ...tinyConfig, frames: 3 };
  try {
    process.chdir(folder);
    await writeFile('weights.safetensors', writeWeights(livelyWeights(network), network, { dtype: 'float16' }));
    await sharp({ create: { width: 40, height: 8, channels: 3, background: 'teal' } }).jpeg().toFile('photo.jpg');
    const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (...lines: string[]) => (...api: unknown[]) => Promise<inference.RestoredPhoto>;
    const example = new AsyncFunction('readFile', 'createRestorer', 'restorePhotoToFolder', `${code}\nreturn { files, skipped, milliseconds };`);
    const { files } = await example(readFile, inference.createRestorer, inference.restorePhotoToFolder);
    const written = await readdir('restored');
    expect(files.map(({ path }) => path).sort()).toEqual(written.map((name) => join('restored', name)).sort());
    for (const name of ['frame-0.png', 'frame-2.png', 'animation.webp', 'contact-sheet.png', 'motion.png']) expect(written).toContain(name);
  } finally {
    process.chdir(before);
    await rm(folder, { recursive: true });
  }
});
