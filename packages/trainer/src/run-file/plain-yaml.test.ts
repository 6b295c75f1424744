import { expect, test } from '@jest/globals';
import { parsePlainYaml } from './plain-yaml.js';

test('reads mappings, lists, aliases and numbers', () => {
  expect(parsePlainYaml('a: &a {b: 1.5}\nc: [*a, x, null, true]\n')).toEqual({
    a: { b: 1.5 },
    c: [{ b: 1.5 }, 'x', null, true],
  });
  expect(parsePlainYaml('')).toBeNull();
});

test('a key named __proto__ is a key, and sets nothing', () => {
  const value = parsePlainYaml('__proto__: {polluted: 1}') as object;
  expect(Object.keys(value)).toEqual(['__proto__']);
  expect('polluted' in value).toBe(false);
  expect('polluted' in {}).toBe(false);
});

test.each([
  ['brackets that never end', '['.repeat(40_000), 'nested too deeply'],
  ['deep brackets', '['.repeat(3000) + ']'.repeat(3000), 'nested too deeply'],
  ['lists in lists on one line', '- '.repeat(5000) + 'x', 'nested too deeply'],
  ['keys of keys', '? '.repeat(5000) + 'x', 'nested too deeply'],
  [
    'deep blocks',
    Array.from({ length: 200 }, (_, level) => `${' '.repeat(level)}a:`).join('\n'),
    'nested too deeply',
  ],
  ['a value in itself', 'a: &a [*a]', 'contains itself'],
  [
    'aliases that multiply',
    `a: &a [${'x,'.repeat(9)}x]\nb: &b [${'*a,'.repeat(9)}*a]\nc: &c [${'*b,'.repeat(9)}*b]\nd: [${'*c,'.repeat(9)}*c]`,
    'aliases (*name) repeat too much',
  ],
  ['an alias of nothing', 'a: *b', 'or name something that does not exist'],
  ['a long text', `a: ${'x'.repeat(100_000)}`, 'at most 50000 characters of YAML but received 100003'],
  ['a tag of a program', 'a: !!python/object x', 'Unresolved tag'],
  ['a set', '%YAML 1.1\n---\na: !!set {x, y}', 'received a Set'],
  ['a date', '%YAML 1.1\n---\na: 2001-01-01', 'received a Date'],
  ['a bracket left open', 'a: [1', 'cannot be read: '],
  ['two of one key', 'a: 1\na: 2', 'Map keys must be unique at line 2'],
])('refuses %s in one line', (_, text, message) => {
  const startMilliseconds = performance.now();
  expect(() => parsePlainYaml(text)).toThrow(message);
  expect(performance.now() - startMilliseconds).toBeLessThan(1000);
  expect(() => parsePlainYaml(text)).toThrow(/^Expected [^\n]*\.$/);
});
