import { expect, test } from '@jest/globals';
import { clipPart } from './numbers.js';

test.each([
  ['5s', 0, 5],
  ['5', 0, 5],
  ['2.5', 0, 2.5],
  ['0:10-0:15', 10, 15],
  ['90-95.5s', 90, 95.5],
  ['1:02:03-1:02:04', 3723, 3724],
])('a part of a clip is read from %s', (text, fromSeconds, toSeconds) => {
  expect(clipPart(text)).toEqual({ fromSeconds, toSeconds });
});

test.each(['', '0', '5-5', '10-5', '-5', '5-', '5m', '1:2:3:4', '1-2-3', 'NaN', '1e3', '0x10'])(
  'a part of a clip is not read from "%s"',
  (text) => expect(() => clipPart(text)).toThrow('Expected a length such as 5s or a part such as 0:10-0:15.'),
);
