import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { loadOnnxRuntime } from './index.js';

test('the README example loads a build of ONNX Runtime', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)![1]!.replace(/^import .*$/gm, '');
  const run = new Function(
    'loadOnnxRuntime',
    `return (async () => { ${code}; return InferenceSession; })();`,
  ) as (load: typeof loadOnnxRuntime) => Promise<unknown>;
  expect(await run(loadOnnxRuntime)).toHaveProperty('create');
});
