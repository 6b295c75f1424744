import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { digestOfFile } from './file-digest.js';
import { UnblurError } from './file-error.js';

const folder = mkdtempSync(join(tmpdir(), 'unblur-digest-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('is the SHA-256 of the bytes (FIPS 180-2, B.1)', async () => {
  writeFileSync(join(folder, 'abc'), 'abc');
  expect(await digestOfFile(join(folder, 'abc'))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

test('of a file that is not there says so in one line', async () => {
  await expect(digestOfFile(join(folder, 'none'))).rejects.toThrow(UnblurError);
});
