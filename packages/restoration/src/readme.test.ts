import { readFileSync } from 'node:fs';
import '@tensorflow/tfjs';
import { expect, test } from '@jest/globals';
import ts from 'typescript';
import * as restoration from './index.js';
import { photograph, tinyWeights } from './photo/tiny-network.test-tool.js';

test('the README example restores a photograph', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/
    .exec(readme)![1]!
    .replace(/^import .*$/gm, '')
    .replace('export ', '');
  const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
  const restoreFrames = new Function('createEagerRestorer', `${outputText}; return restoreFrames;`)(
    restoration.createEagerRestorer,
  ) as (weights: Uint8Array, photo: restoration.RgbImage) => Promise<restoration.RestoredSequence>;
  const { frames, motionsPixels } = await restoreFrames(tinyWeights(), photograph(20, 16));
  expect(frames.map(({ width, height }) => [width, height])).toEqual([1, 2, 3].map(() => [20, 16]));
  expect(motionsPixels).toHaveLength(3);
});
