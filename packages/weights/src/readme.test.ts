import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import * as weights from './index.js';
import { defaultVideoWeights } from './video.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test.each([
  ['in Node', 0],
  ['in a browser', 1],
])('the README example reads the default weights %s', async (_, index) => {
  const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)];
  const code = examples[index]![1]!.replace(/^import .*$/gm, '');
  const api = {
    readFile,
    fetch: async (url: URL) => new Response(await readFile(url)),
    ...weights,
    // What is in the file is the matter of other tests.
    photoFamily: {
      readWeights: (bytes: Uint8Array | ArrayBuffer) => ({ config: 'photo', values: bytes.byteLength }),
    },
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
