import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { writeFolder } from './staging-folder.js';

let parent: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'unblur-staging-'));
});

afterEach(() => rmSync(parent, { recursive: true }));

it('shows no file under its final name before all are written', async () => {
  const destination = join(parent, 'photo');
  const paths = await writeFolder(destination, async (folder) => {
    writeFileSync(join(folder, 'b.png'), 'b');
    expect(existsSync(destination)).toBe(false);
    writeFileSync(join(folder, 'a.png'), 'a');
  });
  expect(paths).toEqual([join(destination, 'a.png'), join(destination, 'b.png')]);
  expect(readdirSync(parent)).toEqual(['photo']);
});

it('replaces files of the same name and leaves others alone', async () => {
  const destination = join(parent, 'photo');
  mkdirSync(destination);
  writeFileSync(join(destination, 'a.png'), 'old');
  writeFileSync(join(destination, 'mine.txt'), 'mine');
  await writeFolder(destination, async (folder) => writeFileSync(join(folder, 'a.png'), 'new'));
  expect(readFileSync(join(destination, 'a.png'), 'utf8')).toBe('new');
  expect(readFileSync(join(destination, 'mine.txt'), 'utf8')).toBe('mine');
});

it('leaves nothing behind when writing fails', async () => {
  const writing = writeFolder(join(parent, 'photo'), async (folder) => {
    writeFileSync(join(folder, 'a.png'), 'half');
    throw new Error('broken');
  });
  await expect(writing).rejects.toThrow('broken');
  expect(readdirSync(parent)).toEqual([]);
});
