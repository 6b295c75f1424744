import { expect, test } from '@jest/globals';
import { findTorch, requireTorch } from './torch-program.js';

test('on Windows there is no torch, and the message says where there is', () => {
  expect(findTorch('win32')).toBeUndefined();
  expect(() => requireTorch('win32')).toThrow(
    /^Expected Linux or macOS .* this is Windows; run unblur in WSL/,
  );
});
