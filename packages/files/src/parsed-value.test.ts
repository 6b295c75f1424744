import { expect, test } from '@jest/globals';
import { describeType, excerptOf, excerptOfValue, isMapping, parseMapping } from './parsed-value.js';

test('only mappings are mappings', () => {
  expect([{}, { a: 1 }, [], null, 'text', 1, undefined].map(isMapping)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});

test('a message shows the beginning of a long text', () => {
  expect(excerptOf('a'.repeat(80))).toBe('a'.repeat(80));
  expect(excerptOf('a'.repeat(81))).toBe(`${'a'.repeat(80)}...`);
});

test('a message shows any value that a file may hold', () => {
  expect(excerptOfValue(undefined)).toBe('nothing');
  expect(excerptOfValue({ frames: [1, 'two', null] })).toBe('{"frames":[1,"two",null]}');
  expect([() => 7, Symbol('7'), 7n].map(excerptOfValue)).toEqual([
    'a value of type function',
    'a value of type symbol',
    'a value of type bigint',
  ]);
  expect([NaN, Infinity, -Infinity, null].map(excerptOfValue)).toEqual([
    'NaN',
    'Infinity',
    '-Infinity',
    'null',
  ]);
  expect(excerptOfValue({ range: [0, Infinity], name: 'NaN' })).toBe('{"range":[0,Infinity],"name":"NaN"}');
  const depth = 20_000;
  const nested: unknown = JSON.parse('['.repeat(depth) + ']'.repeat(depth));
  expect(excerptOfValue(nested)).toBe('lists or mappings, nested deeply');
});

test.each([
  ['{"a":[1]}', { a: [1] }],
  ['[1]', undefined],
  ['null', undefined],
  ['{', undefined],
])('the mapping that %s is', (json, mapping) => {
  expect(parseMapping(json)).toEqual(mapping);
});

test.each([
  [null, 'null'],
  [undefined, 'a value of type undefined'],
  ['a.png', 'a value of type string'],
  [{}, 'a value of type object'],
  [JSON.parse('{"constructor": {"name": 7}}'), 'a value of type object'],
  [Object.create(null), 'a value of type object'],
  [[1], 'a list'],
  [new Uint8Array(3), 'an object of type Uint8Array'],
  [new AbortController(), 'an object of type AbortController'],
  [Promise.resolve({}), 'a promise'],
])('the type of %p', (value, type) => {
  expect(describeType(value)).toBe(type);
});
