/**
 * Puts what this package carries of ONNX Runtime into `runtime/`, as npm starts to pack it, and takes it away
 * afterwards: of `onnxruntime-node` the builds for processors and WebGPU, without its install script and the
 * CUDA libraries that it downloads; of `onnxruntime-web` the plain WebAssembly build.
 *
 * node collect-runtime.js [--remove | another folder to put it into]
 */
import { cpSync, linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const [option] = process.argv.slice(2);
const remove = option === '--remove';
const runtime = option === undefined || remove ? join(folder, 'runtime') : option;
const require = createRequire(import.meta.url);

/** What our sessions never load: DirectML, and the macOS library under its second name. */
const unneeded = /^DirectML\.dll$|^libonnxruntime\.\d+\.\d+\.\d+\.dylib$/;

rmSync(runtime, { recursive: true, force: true });
if (!remove) {
  collectNative();
  collectWebAssembly();
}

function collectNative() {
  const from = dirname(dirname(require.resolve('onnxruntime-node')));
  const to = join(runtime, 'native');
  const binaries = readdirSync(join(from, 'bin'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !unneeded.test(entry.name) && !/_providers_/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(from.length + 1));
  const scripts = readdirSync(join(from, 'dist'))
    .filter((name) => name.endsWith('.js'))
    .map((name) => join('dist', name));
  for (const path of [...scripts, ...binaries]) place(join(from, path), join(to, path));
  writeFileSync(join(to, 'package.json'), '{ "type": "commonjs" }\n');
}

function collectWebAssembly() {
  const from = dirname(require.resolve('onnxruntime-web'));
  for (const name of ['ort.node.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm']) {
    place(join(from, name), join(runtime, 'webassembly', name));
  }
}

/** A second name for the same file where the disk can do that, as there are hundreds of megabytes. */
function place(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  try {
    linkSync(from, to);
  } catch {
    cpSync(from, to);
  }
}
