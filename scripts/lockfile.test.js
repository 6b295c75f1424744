import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { workspaceRoot } from './run-command.js';

const { packages } = JSON.parse(readFileSync(join(workspaceRoot, 'package-lock.json'), 'utf8'));

/**
 * Binaries of other platforms are optional dependencies. An install that cannot see them leaves them out of
 * the lock file, and `npm ci` then refuses it with "Missing: ... from lock file".
 */
test('lists every optional dependency that has a fixed version, those of other platforms too', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(
        ([name, version]) =>
          /^\d/.test(version) &&
          !packages[`${path}/node_modules/${name}`] &&
          !packages[`node_modules/${name}`],
      )
      .map(([name, version]) => `${name}@${version}`),
  );
  expect(missing).toEqual([]);
});
