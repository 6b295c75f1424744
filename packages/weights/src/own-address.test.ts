import { readFileSync } from 'node:fs';
import { transformSync } from '@swc/core';
import { expect, test } from '@jest/globals';
import type { BundledWeights } from './bundled-weights.js';
import * as ownAddress from './own-address.js';

/** What a module exports in a bundle of the format cjs, as esbuild makes it: `import.meta` is empty there. */
function inCjsBundle(module: string): Record<string, unknown> {
  const source = readFileSync(new URL(module, import.meta.url), 'utf8');
  const { code } = transformSync(source.replaceAll('import.meta', '({} as ImportMeta)'), {
    swcrc: false,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
  });
  const exported = {};
  new Function('exports', 'require', code)(exported, () => ownAddress);
  return exported;
}

test.each([
  ['photo', () => (inCjsBundle('./bundled-weights.ts')['bundledWeights'] as { photo: BundledWeights }).photo],
  ['video-small', () => inCjsBundle('./video.ts')['defaultVideoWeights'] as BundledWeights],
])('bundled as cjs, %s can be imported, and its address says what to do', (name, weights) => {
  const imported = weights();
  expect(() => imported.url).toThrow(
    `files/${name}.safetensors is found, but this bundle has none, as the format cjs has not; leave @unblur/weights out of the bundle (esbuild: --external:@unblur/weights`,
  );
});
