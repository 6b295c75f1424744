import { mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
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
  it('says which file is missing', () => {
    expect(describeFailure(failureOf(() => readFileSync('/nowhere/photo.jpg')))).toBe('/nowhere/photo.jpg does not exist.');
  });

  it('says which folder stands where a file was expected', () => {
    const folder = mkdtempSync(join(tmpdir(), 'unblur-failure-'));
    expect(describeFailure(Object.assign(new Error('EISDIR'), { code: 'EISDIR', path: folder }))).toBe(`A file was expected, but ${folder} is a folder.`);
    rmdirSync(folder);
  });

  it('names the full disk and what to do', () => {
    const failure = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', path: 'out/frame-0.png' });
    expect(describeFailure(failure)).toBe('The disk is full (writing out/frame-0.png): free some space or choose another place with --out.');
  });

  it('puts any other message on one line', () => {
    expect(describeFailure(new Error('first\n   second\n'))).toBe('first second');
  });
});
