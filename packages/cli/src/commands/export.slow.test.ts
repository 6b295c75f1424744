import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { openWorkplace, withoutProgress } from '../unblur-command.test-tool.js';

const { folder, write, unblur } = openWorkplace();
const [width, height, frameCount] = [72, 52, 7];

beforeAll(async () => {
  const values = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) =>
      128 +
      100 * Math.sin((Math.floor(i / 3) % width) / 4 + (i % 3)) * Math.cos(Math.floor(i / (3 * width)) / 7),
  );
  write(
    'photo.png',
    await sharp(values, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  );
  expect(
    withoutProgress(unblur(['restore', 'photo.png', '--scale', '1', '--precision', 'float32']).stderr),
  ).toBe('');
  expect(unblur(['export', 'photo', 'model.onnx', '--size', `${height}x${width}`]).stderr).toBe('');
  symlinkSync(
    fileURLToPath(new URL('../../../../node_modules', import.meta.url)),
    join(folder, 'node_modules'),
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function example(language: 'js' | 'python'): string {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  return new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme)![1]!;
}

/** The frames that an example wrote are those of `unblur restore`, but for rounding to a level. */
async function expectFramesOf(program: string): Promise<void> {
  const pixels = (path: string) => sharp(join(folder, path)).removeAlpha().raw().toBuffer();
  const photo = await pixels('photo.png');
  for (let index = 0; index < frameCount; index++) {
    const [actual, expected] = [
      await pixels(`${program}-${index}.png`),
      await pixels(`restored/photo/frame-${index}.png`),
    ];
    const largest = (other: Buffer) =>
      expected.reduce((most, level, i) => Math.max(most, Math.abs(level - other[i]!)), 0);
    expect(largest(actual)).toBeLessThanOrEqual(1);
    expect(largest(photo)).toBeGreaterThan(1);
  }
}

test('the example in Node restores what unblur restore does', async () => {
  const { stderr, status } = spawnSync(process.execPath, [write('example.mjs', example('js'))], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  await expectFramesOf('node');
});

test('the example in Python restores what unblur restore does', async () => {
  const python = ['python3', '/usr/bin/python3'].find(
    (command) => spawnSync(command, ['-c', 'import onnxruntime, numpy, PIL']).status === 0,
  );
  if (python === undefined) {
    return console.log(
      'Python with onnxruntime, numpy and Pillow is not installed: the example in Python is not run.',
    );
  }
  const { stdout, stderr, status } = spawnSync(python, [write('example.py', example('python'))], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  expect(JSON.parse(stdout)).toHaveLength(frameCount);
  await expectFramesOf('python');
});
