import { expect, test } from '@jest/globals';
import { explainFileError } from './file-error.js';

test.each([
  ['read', 'EBUSY', 'another program has it open for itself; close it there'],
  ['write', 'EBUSY', 'another program is using it; close it there, or choose another path'],
  [
    'write',
    'EPERM',
    'permission denied; choose another folder or change its permissions, or close it where another program has it open',
  ],
] as const)('what Windows says of a file that is open elsewhere: %s, %s', (action, code, advice) => {
  const cause = Object.assign(new Error(`${code}: something deep`), { code });
  expect(explainFileError(action, 'clip.mp4', cause).message).toBe(`Could not ${action} clip.mp4: ${advice}`);
});
