/**
 * Jest runs tests in a realm of its own, where arrays made by native modules are not `instanceof
 * Float32Array`, and ONNX Runtime checks that. Tests therefore use Node's own array types.
 */
import { runInThisContext } from 'node:vm';

for (const name of ['Float32Array', 'Int32Array', 'Uint8Array', 'BigInt64Array']) {
  globalThis[name] = runInThisContext(name);
}
