import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeFolderAtomically } from './atomic-folder.js';

let parent: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'unblur-staging-'));
});

afterEach(() => rmSync(parent, { recursive: true }));

test('shows no file under its final name before all are written', async () => {
  const destination = join(parent, 'photo');
  const paths = await writeFolderAtomically(destination, async (folder) => {
    writeFileSync(join(folder, 'b.png'), 'b');
    expect(existsSync(destination)).toBe(false);
    writeFileSync(join(folder, 'a.png'), 'a');
  });
  expect(paths).toEqual([join(destination, 'a.png'), join(destination, 'b.png')]);
  expect(readdirSync(parent)).toEqual(['photo']);
});

test('replaces files of the same name and leaves others alone', async () => {
  const destination = join(parent, 'photo');
  mkdirSync(destination);
  writeFileSync(join(destination, 'a.png'), 'old');
  writeFileSync(join(destination, 'mine.txt'), 'mine');
  await writeFolderAtomically(destination, async (folder) => writeFileSync(join(folder, 'a.png'), 'new'));
  expect(readFileSync(join(destination, 'a.png'), 'utf8')).toBe('new');
  expect(readFileSync(join(destination, 'mine.txt'), 'utf8')).toBe('mine');
});

test('leaves nothing behind when writing fails', async () => {
  const writing = writeFolderAtomically(join(parent, 'photo'), async (folder) => {
    writeFileSync(join(folder, 'a.png'), 'half');
    throw new Error('broken');
  });
  await expect(writing).rejects.toThrow('broken');
  expect(readdirSync(parent)).toEqual([]);
});

test('stands there at once, with all its files, where it is new', async () => {
  const destination = join(parent, 'sets', 'sample');
  await writeFolderAtomically(destination, async (folder) => {
    writeFileSync(join(folder, 'blur.png'), 'b');
    expect(readdirSync(join(parent, 'sets')).filter((name) => !name.startsWith('.'))).toEqual([]);
  });
  expect(readdirSync(destination)).toEqual(['blur.png']);
  expect(readdirSync(join(parent, 'sets'))).toEqual(['sample']);
});

test('a failure speaks of the folder that was wanted', async () => {
  const destination = join(parent, 'photo');
  const writing = writeFolderAtomically(destination, async (folder) => {
    throw new Error(`no room for ${join(folder, 'a.png')}`);
  });
  await expect(writing).rejects.toThrow(`no room for ${join(destination, 'a.png')}`);
});
