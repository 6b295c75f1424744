import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import ts from 'typescript';
import { loadOnnxRuntime } from './index.js';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'unblur-bundled-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a program says that has this package's code in a file of its own, far from the package. */
function failureOf(code: string): string {
  mkdirSync(join(folder, 'dist'));
  const bundle = join(folder, 'dist', 'bundle.mjs');
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  writeFileSync(
    bundle,
    `${outputText}\nloadOnnxRuntime('native').catch(({ code, message }) => console.log(code, message));`,
  );
  return execFileSync(process.execPath, [bundle], { encoding: 'utf8' }).trim();
}

const source = readFileSync(new URL('./index.ts', import.meta.url), 'utf8');
const advice =
  'if this program is bundled, leave @unblur/onnxruntime and all packages with native parts out of the bundle (esbuild: --packages=external; webpack: externals), else install @unblur/onnxruntime again';

test.each(['without', 'with'])(
  'bundled, %s a folder of that name beside it: what was looked for, where, why it failed and what to do',
  (has) => {
    if (has === 'with') mkdirSync(join(folder, 'runtime'));
    const failure = failureOf(source);
    expect(failure).toContain(
      `ERR_MODULE_NOT_FOUND Expected the native build of ONNX Runtime at ${join(folder, 'runtime/native/dist/index.js')}, but it cannot be loaded from there (Cannot find `,
    );
    expect(failure.endsWith(`; ${advice}`)).toBe(true);
    expect(failure).not.toContain('\n');
  },
);

test('bundled so that imports are looked for among the modules of the bundle: the same', () => {
  mkdirSync(join(folder, 'runtime/native/dist'), { recursive: true });
  writeFileSync(join(folder, 'runtime/native/dist/index.js'), '');
  const failure = failureOf(
    `${source.replace('await import(', 'await fromBundle(')}
    function fromBundle(name: string): Promise<unknown> {
      return Promise.reject(Object.assign(new Error(\`Cannot find module '\${name}'\`), { code: 'MODULE_NOT_FOUND' }));
    }`,
  );
  expect(failure).toContain(
    `ONNX Runtime at ${join(folder, 'runtime/native/dist/index.js')}, but it cannot be loaded`,
  );
  expect(failure).toContain(advice);
});

test('bundled so that a file does not know its address: the same', () => {
  const failure = failureOf(source.replaceAll('import.meta.url', '({} as ImportMeta).url'));
  expect(failure).toContain(
    'Expected the native build of ONNX Runtime at runtime/ of @unblur/onnxruntime, but it cannot be loaded from there',
  );
  expect(failure).toContain(advice);
});

test('a build of another name is refused', async () => {
  await expect(loadOnnxRuntime('wasm' as never)).rejects.toThrow(
    'Expected native or webassembly for the build of ONNX Runtime but received wasm',
  );
});
