import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { expectOneLine, openWorkplace } from '../unblur-command.test-tool.js';

const { folder, write, unblur } = openWorkplace();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('replaces a file only where it is told to, and refuses before it reads the checkpoint', () => {
  const kept = 'of another';
  write('weights.safetensors', kept);
  for (const commandLine of [['weights.pt'], ['none.pt', '--out', 'weights.safetensors']]) {
    expectOneLine(
      unblur(['import', 'cdvd-tsp', ...commandLine]),
      /^unblur: weights\.safetensors exists; choose another name, or replace it with --overwrite$/m,
    );
  }
  expectOneLine(
    unblur(['import', 'cdvd-tsp', 'weights.pt', '--overwrite']),
    /Could not read weights\.pt: there is no such file/,
  );
  expect(readFileSync(join(folder, 'weights.safetensors'), 'utf8')).toBe(kept);
});
