import { mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { describeFailure } from './failure.js';

function failureOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing failed');
}

describe('describeFailure', () => {
  test('says which file is missing', () => {
    expect(describeFailure(failureOf(() => readFileSync('/nowhere/photo.jpg')))).toBe('Could not read /nowhere/photo.jpg: there is no such file; check the path');
  });

  test('says which folder stands where a file was expected', () => {
    const folder = mkdtempSync(join(tmpdir(), 'unblur-failure-'));
    expect(describeFailure(Object.assign(new Error('EISDIR'), { code: 'EISDIR', path: folder }))).toBe(`Could not read ${folder}: this is a folder; name a file in it`);
    rmdirSync(folder);
  });

  test('names the full disk and what to do', () => {
    const failure = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', path: 'out/frame-0.png' });
    expect(describeFailure(failure)).toBe('Could not write out/frame-0.png: the disk is full; free some space or choose another folder');
  });

  test('puts any other message on one line', () => {
    expect(describeFailure(new Error('first\n   second\n'))).toBe('first second');
  });
});
