import { execFileSync, spawn } from 'node:child_process';
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
    `Could not read ${path}: it has 5368709120 bytes, more than the limit of 2147483647`,
  );
  expect(() => readWholeFile(path, 10)).toThrow('more than the limit of 10');
});

const onUnix = process.platform === 'win32' ? test.skip : test;

onUnix('reads what comes out of a pipe, in however many pieces', () => {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  spawn('sh', ['-c', 'printf abc >"$0"; ', path]);
  expect(readWholeFile(path, 3).toString()).toBe('abc');
  spawn('sh', ['-c', '{ printf abc; sleep 0.1; head -c 3000000 /dev/zero; } >"$0"', path]);
  expect(readWholeFile(path)).toHaveLength(3_000_003);
});

onUnix('refuses what has no size and does not end, after no more than makes sense', () => {
  for (const bytes of [10, 3_000_000]) {
    expect(() => readWholeFile('/dev/zero', bytes)).toThrow(
      `Could not read /dev/zero: it has more bytes than the limit of ${bytes}`,
    );
  }
  expect(readWholeFile('/dev/null', 3)).toHaveLength(0);
});

test('says why a file cannot be read', () => {
  expect(() => readWholeFile(folder)).toThrow(
    `Could not read ${folder}: this is a folder; name a file in it`,
  );
  expect(() => readWholeFile(join(folder, 'none'))).toThrow('there is no such file; check the path');
});
