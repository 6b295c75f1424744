import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { transformSync } from '@swc/core';
import * as tf from '@tensorflow/tfjs';
import { createSession } from './node.js';
import { trace } from './trace.js';

test('the README example prints what its comment says', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  const [, claim] = /console\.log\(.*\); \/\/ (.*)/.exec(example)!;
  const { code } = transformSync(example.replace(/^import .*$/gm, ''), {
    swcrc: false,
    isModule: true,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  });
  const printed: unknown[] = [];
  const parameters = {
    tf,
    trace,
    createSession,
    console: { log: (...values: unknown[]) => printed.push(...values) },
  };
  const run = new Function(...Object.keys(parameters), `return (async () => { ${code} })();`) as (
    ...values: unknown[]
  ) => Promise<void>;
  await run(...Object.values(parameters));
  expect(printed).toEqual(claim!.split(' ').map(Number));
});
