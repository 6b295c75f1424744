import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { collectRun } from './results.js';

const folder = mkdtempSync(join(tmpdir(), 'unblur-results-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

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
