import { posix, resolve, win32 } from 'node:path';
import { expect, test } from '@jest/globals';
import type { RunSettings } from './fields.js';
import { pathFrom, resolvePaths } from './run-file.js';

test('paths that are stored can be read on another system', () => {
  expect(pathFrom('/runs/photo/run.yaml', '/data/train', posix)).toBe('../../data/train');
  expect(pathFrom('C:\\runs\\photo\\run.yaml', 'C:\\data\\train', win32)).toBe('../../data/train');
});

test('every path of a run is relative to its file, however deep it lies, and no other text is', () => {
  const run = {
    system: 'photo',
    data: { sources: [{ folder: 'train', videos: ['street'] }] },
    validation: { panoramas: 'val', folder: null },
    initialWeights: { file: '../start.safetensors', parts: ['stem'] },
    initialFlow: 'flow.safetensors',
  };
  expect(resolvePaths(run as unknown as RunSettings, '/runs/a.yaml')).toEqual({
    system: 'photo',
    data: { sources: [{ folder: resolve('/runs/train'), videos: ['street'] }] },
    validation: { panoramas: resolve('/runs/val'), folder: null },
    initialWeights: { file: resolve('/start.safetensors'), parts: ['stem'] },
    initialFlow: resolve('/runs/flow.safetensors'),
  });
});
