import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import * as metrics from './index.js';

test('the README example gives what its comments say', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  const body = code.replace(/^import .*$/m, '').replace('(value: number)', '(value)');
  const claims = [...body.matchAll(/^((?:psnr|ssim|scoreSequence)\(.*); \/\/ (\S+)/gm)];
  expect(claims).toHaveLength(4);
  const setup = body.slice(0, claims[0]!.index);
  for (const [, expression, claim] of claims) {
    const evaluate = new Function('psnr', 'ssim', 'scoreSequence', `${setup}; return ${expression};`) as (
      ...api: unknown[]
    ) => unknown;
    const value = evaluate(metrics.psnr, metrics.ssim, metrics.scoreSequence);
    if (typeof value === 'number') expect(value).toBeCloseTo(Number(claim), 2);
    else expect(String(value)).toBe(claim);
  }
});
