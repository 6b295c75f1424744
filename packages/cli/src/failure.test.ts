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
    expect(describeFailure(failureOf(() => readFileSync('/nowhere/photo.jpg')))).toBe(
      'Could not read /nowhere/photo.jpg: there is no such file; check the path',
    );
  });

  test('says which folder stands where a file was expected', () => {
    const folder = mkdtempSync(join(tmpdir(), 'unblur-failure-'));
    expect(describeFailure(Object.assign(new Error('EISDIR'), { code: 'EISDIR', path: folder }))).toBe(
      `Could not read ${folder}: this is a folder; name a file in it`,
    );
    rmdirSync(folder);
  });

  test('names the full disk and what to do', () => {
    const failure = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      path: 'out/frame-0.png',
    });
    expect(describeFailure(failure)).toBe(
      'Could not write out/frame-0.png: the disk is full; free some space or choose another folder',
    );
  });

  test('keeps what the JavaScript engine says to itself', () => {
    const nothing = undefined as unknown as { frames: number[] };
    const inner = [
      () => nothing.frames,
      () => (nothing as unknown as () => void)(),
      () => JSON.parse('{'),
      () => 'x'.repeat(2 ** 30),
    ];
    for (const action of inner) {
      expect(describeFailure(failureOf(action))).toMatch(
        /^An unexpected error occurred, which is a bug in this program; run it again with --debug/,
      );
    }
  });

  test('says that memory is short, whoever finds it out', () => {
    for (const message of [
      'std::bad_alloc',
      'Array buffer allocation failed',
      'Non-zero status code returned while running Conv node. Failed to allocate memory for requested buffer of size 34359738368',
    ]) {
      expect(describeFailure(new Error(message))).toMatch(
        /^There is not enough memory for this; use smaller pictures/,
      );
    }
    expect(describeFailure(failureOf(() => new Float32Array(2 ** 53 - 1)))).toMatch(
      /^There is not enough memory/,
    );
  });

  test('puts any other message on one line', () => {
    expect(describeFailure(new Error('first\n   second\n'))).toBe('first second');
  });
});
