import { expect, test } from '@jest/globals';
import { photoFamily } from '@unblur/core-model';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadPhotoRun, loadRun } from './load-run.js';

const folder = join(import.meta.dirname, '..', '..', '..', '..', 'training');

test.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))('training/%s can be run', (name) => {
  expect(loadRun(join(folder, name)).config).toMatchObject({ seed: expect.any(Number) });
});

test('training/photo.yaml starts from the shipped weights, which are of its network', () => {
  const { network, initialWeights } = loadPhotoRun(join(folder, 'photo.yaml'));
  expect(photoFamily.readWeights(readFileSync(initialWeights!.file)).config).toEqual(network);
});

test('training/photo-from-nothing.yaml starts from nothing, in the canonical order', () => {
  const { initialWeights, loss } = loadPhotoRun(join(folder, 'photo-from-nothing.yaml'));
  expect(initialWeights).toBeNull();
  expect(loss.canonicalShare).toBe(0.3);
});
