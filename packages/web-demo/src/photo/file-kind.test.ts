import { expect, test } from '@jest/globals';
import { fileKind } from './file-kind.js';

const bytesOf = (text: string) =>
  Uint8Array.from(text.padEnd(64, '\0'), (character) => character.charCodeAt(0));
const kindOf = (text: string, name: string, type = '') =>
  fileKind(bytesOf(text), { name, type, size: text.length });

test.each([
  ['\xff\xd8\xff\xe0', 'a.jpg', 'photo'],
  ['\0\0\0\x20ftypavif', 'a.avif', 'photo'],
  ['\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'a.heic', 'heic'],
  ['\0\0\0\x18ftypmif1\0\0\0\0mif1avif', 'a.avif', 'photo'],
  ['\0\0\0\x18ftypisom\0\0\0\0isomavc1', 'a.mp4', 'video'],
  ['\0\0\0\x14ftypqt  \0\0\0\0qt  ', 'a.mov', 'video'],
  ['\x1aE\xdf\xa3', 'a.webm', 'video'],
  [`G${' '.repeat(187)}G`, 'a.ts', 'video'],
  [`time${`G${' '.repeat(187)}`.repeat(2)}`, 'a.m2ts', 'video'],
] as const)('takes %j, %s, as %s', (text, name, kind) => expect(kindOf(text, name)).toBe(kind));

test.each([
  ['<?xml version="1.0"?><svg xmlns="', 'logo.svg', '', /drawing \(SVG\)/],
  ['Dear all', 'letter.txt', 'text/plain', /is a text file/],
  ['%PDF-1.7', 'scan.pdf', 'application/pdf', /PDF document/],
  ['ID3', 'song.mp3', 'audio/mpeg', /is an audio file/],
  ['II*\0', 'DSC_1.NEF', '', /camera raw file/],
  ['', 'nothing.jpg', 'image/jpeg', /is empty/],
])('says of %j what it is', (text, name, type, sentence) =>
  expect(() => kindOf(text, name, type)).toThrow(sentence),
);
