import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { UnblurError } from './file-error.js';
import { makeFolder } from './make-folder.js';

let parent: string;
beforeEach(() => void (parent = mkdtempSync(join(tmpdir(), 'files-'))));
afterEach(() => rmSync(parent, { recursive: true }));

test('makes a folder and those above it, and says which is the uppermost that it made', async () => {
  mkdirSync(join(parent, 'a'));
  expect(await makeFolder(join(parent, 'a', 'b', 'c'))).toBe(join(parent, 'a', 'b'));
  expect(existsSync(join(parent, 'a', 'b', 'c'))).toBe(true);
  expect(await makeFolder(join(parent, 'a', 'b', 'c'))).toBeUndefined();
  expect(await makeFolder(relative('.', join(parent, 'd')))).toBe(join(parent, 'd'));
  expect(await makeFolder('/')).toBeUndefined();
});

test('takes a link to a folder for one', async () => {
  mkdirSync(join(parent, 'a'));
  symlinkSync('a', join(parent, 'link'));
  expect(await makeFolder(join(parent, 'link'))).toBeUndefined();
  expect(await makeFolder(join(parent, 'link', 'b'))).toBe(join(parent, 'link', 'b'));
  expect(readdirSync(join(parent, 'a'))).toEqual(['b']);
});

test('says what is in the way, and leaves nothing', async () => {
  writeFileSync(join(parent, 'file'), '');
  const names = readdirSync(parent);
  const inTheWay: [path: string, message: string][] = [
    ['file', 'there is a file of this name'],
    ['file/b/c', 'a part of the path is a file'],
    [`a/b/${'c'.repeat(300)}/d`, 'the name is too long'],
  ];
  for (const [path, message] of inTheWay) {
    const failing = makeFolder(join(parent, path));
    await expect(failing).rejects.toThrow(UnblurError);
    await expect(failing).rejects.toThrow(`Could not write ${join(parent, path)}: ${message}`);
  }
  expect(readdirSync(parent)).toEqual(names);
});

(existsSync('/proc/self') ? test : test.skip)('ends where the file system makes no folders', async () => {
  await expect(makeFolder('/proc/unblur/results')).rejects.toThrow(
    'Could not write /proc/unblur/results: no folder can be made there; choose another path',
  );
});
