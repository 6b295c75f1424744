import { expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadRun } from './systems.js';

const folder = join(import.meta.dirname, '..', '..', '..', 'training');

test.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))('training/%s can be run', (name) => {
  expect(loadRun(join(folder, name)).config).toMatchObject({ steps: expect.any(Number) });
});
