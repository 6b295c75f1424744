import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { collectRun } from './results.js';
import { newFolder } from '../new-folder.test-tool.js';

const folder = newFolder();

test('results of a packed run that ended before its first step take no folder', async () => {
  const runFile = join(folder, 'run.yaml');
  writeFileSync(
    runFile,
    'data: { sources: [{ kind: panorama, folder: pictures }] }\nsteps: 3\nvalidation: { panoramas: pictures }\n',
  );
  const [results, out] = [join(folder, 'results'), join(folder, 'run')];
  mkdirSync(results);
  writeFileSync(join(results, 'metrics.jsonl'), '');
  await expect(collectRun(runFile, results, out)).rejects.toThrow(
    `Expected results of at least one step in '${results}' but there are none yet`,
  );
  expect(existsSync(out)).toBe(false);
});
