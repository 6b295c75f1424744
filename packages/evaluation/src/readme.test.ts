import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { photoFamily } from '@unblur/core-model';
import * as inference from '@unblur/inference';
import sharp from 'sharp';
import { tinyNetwork } from '../../trainer/src/systems/photo/tiny-network.test-tool.js';
import * as evaluation from './index.js';

test('the README example says how much better the middle frame is', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  const folder = mkdtempSync(join(tmpdir(), 'evaluation-readme-'));
  const sample = join(folder, 'one');
  mkdirSync(sample);
  for (const name of ['blur', 'frame-0', 'frame-1', 'frame-2']) {
    await sharp({
      create: { width: 32, height: 32, channels: 3, background: name === 'blur' ? '#777' : '#787878' },
    })
      .png()
      .toFile(join(sample, `${name}.png`));
  }
  const weights = join(folder, 'weights.safetensors');
  writeFileSync(
    weights,
    // Untrained, it gives the photograph back.
    photoFamily.writeWeights(photoFamily.initialWeights(tinyNetwork, 1), tinyNetwork, { dtype: 'float32' }),
  );
  const lines: string[] = [];
  const scope = {
    ...inference,
    ...evaluation,
    readFile,
    console: { log: (line: string) => lines.push(line) },
  };
  const body = code
    .replace(/^import .*$/gm, '')
    .replace("'samples'", JSON.stringify(folder))
    .replace("'weights.safetensors'", JSON.stringify(weights));
  const run = new Function(...Object.keys(scope), `return (async () => { ${body} })();`) as (
    ...api: unknown[]
  ) => Promise<void>;
  await run(...Object.values(scope));
  expect(lines).toEqual([expect.stringMatching(/^1 samples, middle frame -?0\.0 dB better$/)]);
  rmSync(folder, { recursive: true });
});
