import { engine, env, getBackend, ready, setBackend } from '@tensorflow/tfjs-core';
import { threadsFor } from '../engine/engine.js';

/**
 * The WebAssembly backend takes at most half as many threads as the browser reports processors: it must see
 * twice what is wanted while it starts.
 */
async function withReportedCores(processors: number, start: () => Promise<void>): Promise<void> {
  Object.defineProperty(navigator, 'hardwareConcurrency', { value: processors, configurable: true });
  try {
    await start();
  } finally {
    delete (navigator as { hardwareConcurrency?: number }).hardwareConcurrency;
  }
}

/**
 * Makes WebAssembly the active backend of TensorFlow.js, with as many threads as the page's own engine.
 *
 * @returns what it is, for people.
 */
export async function activateTfjsWasm(): Promise<string> {
  const [{ getThreadsCount, setThreadsCount, setWasmPaths }, simd, threaded, plain] = await Promise.all([
    import('@tensorflow/tfjs-backend-wasm'),
    import('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url'),
    import('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm?url'),
    import('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url'),
  ]);
  setWasmPaths({
    'tfjs-backend-wasm.wasm': new URL(plain.default, self.location.href).href,
    'tfjs-backend-wasm-simd.wasm': new URL(simd.default, self.location.href).href,
    'tfjs-backend-wasm-threaded-simd.wasm': new URL(threaded.default, self.location.href).href,
  });
  const wantedThreads = threadsFor(navigator.hardwareConcurrency);
  setThreadsCount(wantedThreads);
  await withReportedCores(2 * wantedThreads, async () => {
    const isActive = await setBackend('wasm');
    await ready();
    if (!isActive || getBackend() !== 'wasm') {
      engine().removeBackend('wasm');
      throw new Error('WebAssembly could not be started.');
    }
  });
  const threads = env().getBool('WASM_HAS_MULTITHREAD_SUPPORT') ? getThreadsCount() : 1;
  return threads > 1 ? `WebAssembly, ${threads} threads` : 'WebAssembly, 1 thread';
}
