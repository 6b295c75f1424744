import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { readWholeFile } from './whole-file.js';

const folder = mkdtempSync(join(tmpdir(), 'unblur-whole-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('reads a file', () => {
  writeFileSync(join(folder, 'a'), 'abc');
  expect(readWholeFile(join(folder, 'a'), 3).toString()).toBe('abc');
});

test('refuses a larger one without reading it', () => {
  const path = join(folder, 'large');
  writeFileSync(path, '');
  truncateSync(path, 5 * 2 ** 30);
  expect(() => readWholeFile(path)).toThrow(
    `Could not read ${path}: it has 5368709120 bytes, more than the 2147483647 that make sense here`,
  );
  expect(() => readWholeFile(path, 10)).toThrow('more than the 10 that make sense here');
});

test('says why a file cannot be read', () => {
  expect(() => readWholeFile(folder)).toThrow(
    `Could not read ${folder}: this is a folder; name a file in it`,
  );
  expect(() => readWholeFile(join(folder, 'none'))).toThrow('there is no such file; check the path');
});
