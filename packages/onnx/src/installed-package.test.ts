import { afterAll, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { importInstalled } from './installed-package.js';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'unblur-installed-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const askedFrom = pathToFileURL(join(folder, 'asks.js')).href;

for (const [name, code] of [
  ['second', 'export const made = 2;'],
  ['third', 'export const made = 3;'],
  ['broken', 'throw new Error("no such library\\nat all");'],
] as const) {
  mkdirSync(join(folder, 'node_modules', name), { recursive: true });
  writeFileSync(join(folder, 'node_modules', name, 'package.json'), '{ "type": "module", "main": "it.js" }');
  writeFileSync(join(folder, 'node_modules', name, 'it.js'), code);
}
const load = (...packages: string[]) => importInstalled<{ made: number }>('one', packages, askedFrom);

test('the first that is installed is loaded', async () => {
  expect((await load('first', 'second', 'third')).made).toBe(2);
});

test('what is wrong is said in one line', async () => {
  await expect(load('first', 'other')).rejects.toThrow(
    /^Expected the package 'first' or 'other' for the engine 'one' but it is not installed; npm install other$/,
  );
  await expect(load('broken', 'second')).rejects.toThrow(
    /^Expected the package 'broken' to work for the engine 'one' but it cannot be loaded \(no such library\); install it again, or use the engine 'onnxruntime'$/,
  );
});
