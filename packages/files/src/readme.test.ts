import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import * as files from './index.js';

test('the README example leaves what it says', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  const folder = mkdtempSync(join(tmpdir(), 'files-readme-'));
  const names = Object.keys(files);
  const body = code.replace(/^import .*$/gm, '').replaceAll(/(['`])results/g, `$1${folder}/results`);
  const run = new Function(...names, 'writeFile', `return (async () => { ${body} })();`) as (
    ...api: unknown[]
  ) => Promise<void>;
  await run(...Object.values(files), writeFile);
  expect(readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()).toEqual([
    'results',
    'results/photo',
    'results/photo/frame-0.png',
    'results/photo/frame-1.png',
    'results/scores.json',
  ]);
  rmSync(folder, { recursive: true });
});
