import { expect, test } from '@jest/globals';
import { crc32c } from './crc32c.js';

const repeated = (byte: number) => new Uint8Array(32).fill(byte);
const ascending = Uint8Array.from({ length: 32 }, (_, index) => index);
/** An iSCSI read command. */
const command =
  '01c00000 00000000 00000000 00000000 14000000 00000400 00000014 00000018 28000000 00000000 02000000 00000000';

test.each([
  ['32 bytes of zeroes', repeated(0), 0x8a9136aa],
  ['32 bytes of ones', repeated(0xff), 0x62a8ab43],
  ['32 bytes, ascending', ascending, 0x46dd794e],
  ['32 bytes, descending', ascending.toReversed(), 0x113fdb5c],
  ['an iSCSI read command', Buffer.from(command.replaceAll(' ', ''), 'hex'), 0xd9963a56],
])('RFC 3720, B.4: %s', (_, bytes, crc) => {
  expect(crc32c(bytes)).toBe(crc);
});
