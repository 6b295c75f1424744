import { afterAll, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { listFrames } from './frame-folder.js';
import { openClipFolder } from './clip-passes.test-tool.js';

const { place, remove } = openClipFolder();
afterAll(remove);

test('frames are in the order of their numbers, and no hidden files', () => {
  expect(() => listFrames(place('.'))).toThrow('in the order of their names, but received none');
  for (const name of [
    'frame-10.png',
    'frame-9.png',
    '._frame-9.png',
    'frame-09.png',
    'frame-11.JPG',
    'notes.txt',
  ]) {
    writeFileSync(place(name), '');
  }
  expect(listFrames(place('.'))).toEqual(
    ['frame-09.png', 'frame-9.png', 'frame-10.png', 'frame-11.JPG'].map(place),
  );
  expect(() => listFrames(place('nowhere'))).toThrow('nowhere: there is no such file');
});
