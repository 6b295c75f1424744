import { expect, test } from '@jest/globals';
import { isClip, isPicture } from './picture-name.js';

test('takes pictures by their names, whatever the case', () => {
  expect(['a.png', 'holiday/b.JPG', 'c.tiff', 'd.x.webp'].every(isPicture)).toBe(true);
  expect(['a.txt', 'png', 'b.jpg.partial', 'folder.png/c'].some(isPicture)).toBe(false);
});

test('takes no hidden file', () => {
  expect(isPicture('._a.jpg')).toBe(false);
  expect(isPicture('holiday/.a.jpg')).toBe(false);
  expect(isPicture('.holiday/a.jpg')).toBe(true);
});

test('takes clips by their names', () => {
  expect(['a.mp4', 'trip/IMG_1.MOV', 'b.m2ts'].every(isClip)).toBe(true);
  expect(['a.png', 'mp4', '._a.mov', 'clip.mp4/a'].some(isClip)).toBe(false);
});
