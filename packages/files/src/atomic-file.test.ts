import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { UnblurError } from './file-error.js';
import { appendWhole, produceAtomically, writeAtomically, writeAtomicallySync } from './atomic-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unblur-atomic-'));
});
afterEach(() => rm(folder, { recursive: true }));

function fileError(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: something deep, open '${path}'`), { code, path });
}

test('the bytes arrive under the final name and nothing else is left', async () => {
  await writeAtomically(join(folder, 'a.png'), Buffer.from('new'));
  expect(await readdir(folder)).toEqual(['a.png']);
  expect(await readFile(join(folder, 'a.png'), 'utf8')).toBe('new');
});

test.each([
  ['ENOSPC', 'the disk is full; free some space or choose another folder'],
  ['EACCES', 'permission denied; choose another folder or change its permissions'],
  ['EROFS', 'this file system is read-only; choose another folder'],
])('%s half way: one clear line, the old file untouched, no temporary', async (code, advice) => {
  const path = join(folder, 'a.png');
  await writeFile(path, 'old');
  const written = produceAtomically(path, async (temporaryPath) => {
    await writeFile(temporaryPath, 'ha');
    throw fileError(code, temporaryPath);
  });
  const failure = (await written.catch((error: unknown) => error)) as UnblurError;
  expect(failure).toBeInstanceOf(UnblurError);
  expect(failure.message).toBe(`Could not write ${path}: ${advice}`);
  expect(await readdir(folder)).toEqual(['a.png']);
  expect(await readFile(path, 'utf8')).toBe('old');
});

test('a full disk for real', async () => {
  // Everything written to /dev/full fails as on a full disk.
  const written = produceAtomically(join(folder, 'a.png'), () => writeFile('/dev/full', 'x'));
  await expect(written).rejects.toThrow('the disk is full');
});

test('a folder that does not exist is named, not the temporary in it', async () => {
  await expect(writeAtomically(join(folder, 'missing', 'a.png'), Buffer.from('x'))).rejects.toThrow(
    /Could not write \S+missing\/a\.png: its folder does not exist/,
  );
});

test('an abort before the rename leaves nothing and is passed on as an abort', async () => {
  const controller = new AbortController();
  const written = produceAtomically(
    join(folder, 'a.png'),
    async (temporaryPath) => {
      await writeFile(temporaryPath, 'whole');
      controller.abort();
    },
    controller.signal,
  );
  await expect(written).rejects.toMatchObject({ name: 'AbortError' });
  expect(await readdir(folder)).toEqual([]);
});

test.each([
  new Error('the client is gone'),
  Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
  'text',
  null,
])("an abort throws the signal's reason, whatever it is: %p", async (reason) => {
  const path = join(folder, 'a.png');
  const aborted = AbortSignal.abort(reason);
  await expect(writeAtomically(path, 'x', aborted)).rejects.toBe(reason);
  const controller = new AbortController();
  const written = writeAtomically(path, Buffer.alloc(2 ** 22), controller.signal);
  setImmediate(() => controller.abort(reason));
  await expect(written).rejects.toBe(reason);
  expect(await readdir(folder)).toEqual([]);
});

test('an error of the code that writes which is none of the file is thrown as it is', async () => {
  const path = join(folder, 'a.png');
  const mistakes = [
    new TypeError('x is undefined'),
    Object.assign(new Error('the store says 503'), { code: 'E503' }),
    fileError('ENOENT', '/nowhere/template.json'),
    null,
  ];
  for (const mistake of mistakes) {
    const before = { ...mistake, message: mistake?.message };
    await expect(produceAtomically(path, () => Promise.reject(mistake))).rejects.toBe(mistake);
    expect({ ...mistake, message: mistake?.message }).toEqual(before);
  }
  expect(await readdir(folder)).toEqual([]);
});

test('code that writes nothing is told so', async () => {
  await expect(produceAtomically(join(folder, 'a.png'), async () => undefined)).rejects.toThrow(
    /^Could not write \S+a\.png: its writer produced no file/,
  );
});

test('at once: the bytes arrive, the old ones stay where writing fails, and nothing else is left', async () => {
  const path = join(folder, 'run.yaml');
  writeAtomicallySync(path, 'first');
  expect(() => writeAtomicallySync(path, { length: 3 } as Uint8Array)).toThrow(`Could not write ${path}`);
  expect(await readdir(folder)).toEqual(['run.yaml']);
  expect(await readFile(path, 'utf8')).toBe('first');
});

test('a symbolic link in the place of the result is replaced, what it leads to is not touched', async () => {
  await writeFile(join(folder, 'precious.txt'), 'precious');
  for (const write of [writeAtomically, writeAtomicallySync]) {
    await symlink(join(folder, 'precious.txt'), join(folder, 'a.png'));
    await write(join(folder, 'a.png'), 'new');
    expect(await readFile(join(folder, 'a.png'), 'utf8')).toBe('new');
    expect(await readFile(join(folder, 'precious.txt'), 'utf8')).toBe('precious');
    await rm(join(folder, 'a.png'));
  }
});

test('a line is added to the end; on a full disk the file is named', async () => {
  const path = join(folder, 'log.jsonl');
  appendWhole(path, 'one\n');
  appendWhole(path, 'two\n');
  expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
  if (!existsSync('/dev/full')) return console.log('skipping the full disk: it needs /dev/full');
  expect(() => appendWhole('/dev/full', 'three\n')).toThrow('Could not write /dev/full: the disk is full');
});

test('a line for which the disk has only half the room is not begun', async () => {
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', folder]).status !== 0) {
    return console.log('skipped: a full disk (mounting a small one needs root)');
  }
  try {
    const path = join(folder, 'log.jsonl');
    const line = `${'x'.repeat(2999)}\n`;
    appendWhole(path, line);
    appendWhole(path, line);
    expect(() => appendWhole(path, line)).toThrow(`Could not write ${path}: the disk is full`);
    expect(await readFile(path, 'utf8')).toBe(line.repeat(2));
  } finally {
    spawnSync('umount', [folder]);
  }
});
