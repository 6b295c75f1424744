import { rmSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import { escapeControlCharacters, escapeJson } from './control-characters.js';
import { expectOneLine, openWorkplace } from './unblur-command.test-tool.js';

const { folder, unblur } = openWorkplace();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('what a terminal would obey is shown', () => {
  expect(escapeControlCharacters('a\u001b[31mred\u0007\r\n\u009b2J\u202egpj.exe\u2028 b')).toBe(
    'a\\x1b[31mred\\x07\\x0d\\x0a\\x9b2J\\u202egpj.exe\\u2028 b',
  );
});

test('all other text stays', () => {
  const text = 'Grüße, 写真 👩‍👧 ~ {"a": 1}';
  expect(escapeControlCharacters(text)).toBe(text);
});

test('JSON stays the same value', () => {
  const value = { name: 'a\u009b2J\u202e\n\u007f' };
  const json = escapeJson(JSON.stringify(value, null, 2));
  expect(JSON.parse(json)).toEqual(value);
  expect(json).toBe('{\n  "name": "a\\u009b2J\\u202e\\n\\u007f"\n}');
});

test('a name on the command line cannot colour the terminal, nor add a line', () => {
  expectOneLine(unblur(['restore', 'a\u001b[31mred.jpg']), /a\\x1b\[31mred\.jpg/);
  expectOneLine(unblur(['restore', 'a.jpg', '--\u009b2J']), /'--\\x9b2J'/, 2);
});
