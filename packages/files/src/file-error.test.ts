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

test.each([
  ['https://example.com/clip.mp4', 'https://example.com/clip.mp4', 'ENOENT'],
  ['file:///clips/clip.mp4', 'file:///clips/clip.mp4', 'ENOENT'],
  [`data:image/png;base64,${'A'.repeat(1e5)}`, `data:image/png;base64,${'A'.repeat(58)}...`, 'ENAMETOOLONG'],
])('an address is no path: %#', (address, told, code) => {
  const cause = Object.assign(new Error(code), { code });
  expect(explainFileError('read', address, cause).message).toBe(
    `Could not read ${told}: this is an address; give the path of a file on this computer`,
  );
});
