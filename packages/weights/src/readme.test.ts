import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import * as weights from './index.js';
import { defaultVideoWeights } from './video.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the README example reads the default weights', async () => {
  const code = /```ts\n([\s\S]*?)```/.exec(readme)![1]!.replace(/^import .*$/gm, '');
  const api = {
    readFile,
    ...weights,
    // What is in the file is the matter of other tests.
    photoFamily: { readWeights: (bytes: Uint8Array) => ({ config: 'photo', values: bytes.byteLength }) },
  };
  const run = new Function(...Object.keys(api), `return (async () => { ${code}; return values; })();`) as (
    ...api: unknown[]
  ) => Promise<number>;
  expect(await run(...Object.values(api))).toBe(statSync(weights.bundledWeights.photo.url).size);
});

test('the README lists all weights, each with its card', () => {
  for (const name of [...weights.bundledWeightsNames, defaultVideoWeights.name]) {
    expect(readme).toContain(`| \`${name}\``);
    expect(readme).toContain(`\`files/${name}.md\``);
  }
});
