import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { transformSync } from '@swc/core';
import * as tf from '@tensorflow/tfjs';
import * as coreModel from './index.js';

test('the README example prints what its comments say', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  const claims = [...code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, claim]) => claim);
  const imported = /import \{ (.*) \} from '@unblur\/core-model'/
    .exec(code)![1]!
    .split(', ')
    .filter((name) => !name.startsWith('type '));
  const { code: body } = transformSync(code.replace(/^import .*$/gm, ''), {
    swcrc: false,
    isModule: true,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  });
  const printed: string[] = [];
  const print = (...values: unknown[]) =>
    printed.push(values.map((value) => JSON.stringify(value)).join(' '));
  new Function('tf', ...imported, 'console', body)(
    tf,
    ...imported.map((name) => coreModel[name as keyof typeof coreModel]),
    { log: print },
  );
  expect(claims).toHaveLength(4);
  expect(printed).toEqual(claims);
});
