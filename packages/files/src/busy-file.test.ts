import { describe, expect, test } from '@jest/globals';
import { retryWhileBusy, retryWhileBusySync } from './busy-file.js';

/** An access that fails so often before it succeeds. */
function failing(times: number, code: string): { access: () => string; attempts: () => number } {
  let attempts = 0;
  return {
    access: () => {
      attempts += 1;
      if (attempts <= times) throw Object.assign(new Error(code), { code });
      return 'done';
    },
    attempts: () => attempts,
  };
}

const kinds: [string, (access: () => string, platform: string) => Promise<string>][] = [
  ['in turn', (access, platform) => retryWhileBusy(async () => access(), platform)],
  ['at once', async (access, platform) => retryWhileBusySync(access, platform)],
];

describe.each(kinds)('%s', (_kind, retry) => {
  test.each(['EPERM', 'EACCES', 'EBUSY', 'ENOTEMPTY'])(
    'waits on Windows until nobody holds a file any more: %s',
    async (code) => {
      expect(await retry(failing(3, code).access, 'win32')).toBe('done');
    },
  );

  test('gives up where it is held for long', async () => {
    const held = failing(Infinity, 'EBUSY');
    await expect(retry(held.access, 'win32')).rejects.toMatchObject({ code: 'EBUSY' });
    expect(held.attempts()).toBe(8);
  });

  test.each([
    ['another failure', 'ENOSPC', 'win32'],
    ['another system', 'EPERM', 'linux'],
  ])('%s is told at the first attempt', async (_which, code, platform) => {
    const failed = failing(1, code);
    await expect(retry(failed.access, platform)).rejects.toMatchObject({ code });
    expect(failed.attempts()).toBe(1);
  });
});
