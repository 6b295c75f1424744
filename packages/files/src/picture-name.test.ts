import { expect, test } from '@jest/globals';
import { isPicture } from './picture-name.js';

test('takes pictures by their names, whatever the case', () => {
  expect(['a.png', 'holiday/b.JPG', 'c.tiff', 'd.x.webp'].every(isPicture)).toBe(true);
  expect(['a.txt', 'png', 'b.jpg.partial', 'folder.png/c'].some(isPicture)).toBe(false);
});

test('takes no hidden file', () => {
  expect(isPicture('._a.jpg')).toBe(false);
  expect(isPicture('holiday/.a.jpg')).toBe(false);
  expect(isPicture('.holiday/a.jpg')).toBe(true);
});
