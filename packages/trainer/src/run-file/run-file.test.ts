import { posix, win32 } from 'node:path';
import { expect, test } from '@jest/globals';
import { pathFrom } from './run-file.js';

test('paths that are stored can be read on another system', () => {
  expect(pathFrom('/runs/photo/run.yaml', '/data/train', posix)).toBe('../../data/train');
  expect(pathFrom('C:\\runs\\photo\\run.yaml', 'C:\\data\\train', win32)).toBe('../../data/train');
});
