import { expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadRunConfig } from './run-config.js';
import { isVideoRun, loadVideoRunConfig } from './video-deblur/video-run-config.js';

const folder = join(import.meta.dirname, '..', '..', '..', 'training');

test.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))('training/%s can be run', (name) => {
  const file = join(folder, name);
  expect((isVideoRun(file) ? loadVideoRunConfig(file) : loadRunConfig(file)).steps).toBeGreaterThan(0);
});
