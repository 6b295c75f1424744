import { backend, engine, env, getBackend, ready, setBackend } from '@tensorflow/tfjs-core';
import type { EngineName } from './engine-names.js';

export interface ActiveEngine {
  name: EngineName;
  /** For people: `WebAssembly, 2 threads`. */
  description: string;
  /** Rejects with an EngineLostError when the graphics device goes away; otherwise waits for ever. */
  lost: Promise<never>;
}

/** The engine went away while it worked; another one may still do the work. */
export class EngineLostError extends Error {
  override readonly name = 'EngineLostError';
}

/**
 * Makes the first engine of the list that works here the active TensorFlow.js backend.
 *
 * @param allowSoftware also takes graphics devices that a program on the processor stands in for, which
 * WebAssembly outruns.
 * @throws when none works.
 */
export async function activateEngine(
  names: readonly EngineName[],
  { allowSoftware }: { allowSoftware: boolean },
): Promise<ActiveEngine> {
  const failures: string[] = [];
  for (const name of names) {
    try {
      return await activators[name](allowSoftware);
    } catch (cause) {
      failures.push(`${name}: ${(cause as Error).message}`);
    }
  }
  throw new Error(
    `This browser offers nothing to compute on (${failures.join('; ')}). Try a current Chrome, Edge, Firefox or Safari.`,
  );
}

/**
 * All processors where there are few; of more, which are often two to a core or small ones beside large ones,
 * half. The backend has workers for 8.
 */
function threadsFor(processors: number): number {
  return Math.min(8, Math.max(Math.min(4, processors), Math.floor(processors / 2)));
}

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

const activators: Record<EngineName, (allowSoftware: boolean) => Promise<ActiveEngine>> = {
  async webgpu(allowSoftware) {
    const { gpu } = navigator as unknown as {
      gpu?: {
        requestAdapter(): Promise<{
          isFallbackAdapter?: boolean;
          info: { isFallbackAdapter?: boolean; vendor: string; architecture: string };
        } | null>;
      };
    };
    const adapter = await gpu?.requestAdapter();
    if (!adapter) throw new Error('not available');
    const isSoftware =
      adapter.info.isFallbackAdapter ??
      adapter.isFallbackAdapter ??
      /swiftshader/i.test(adapter.info.architecture);
    if (isSoftware && !allowSoftware) throw new Error('only in software');
    await import('@tensorflow/tfjs-backend-webgpu');
    await activate('webgpu');
    const { device } = backend() as unknown as { device: { lost: Promise<{ message: string }> } };
    return {
      name: 'webgpu',
      description: 'WebGPU',
      lost: device.lost.then(({ message }) =>
        Promise.reject(new EngineLostError(message || 'WebGPU device lost')),
      ),
    };
  },

  async webgl(allowSoftware) {
    const renderer = describeRenderer();
    if (!renderer) throw new Error('not available');
    if (/swiftshader|llvmpipe|software|basic render/i.test(renderer) && !allowSoftware)
      throw new Error('only in software');
    await import('@tensorflow/tfjs-backend-webgl');
    await activate('webgl');
    if (!env().getBool('WEBGL_RENDER_FLOAT32_CAPABLE')) throw new Error('no 32-bit floating point');
    const { canvas } = (backend() as unknown as { gpgpu: { gl: { canvas: EventTarget } } }).gpgpu.gl;
    const lost = new Promise<never>((_, reject) =>
      canvas.addEventListener('webglcontextlost', () => reject(new EngineLostError('WebGL context lost'))),
    );
    return { name: 'webgl', description: 'WebGL', lost };
  },

  async wasm() {
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
    await withReportedCores(2 * wantedThreads, () => activate('wasm'));
    const threads = env().getBool('WASM_HAS_MULTITHREAD_SUPPORT') ? getThreadsCount() : 1;
    return {
      name: 'wasm',
      description: threads > 1 ? `WebAssembly, ${threads} threads` : 'WebAssembly, 1 thread',
      lost: new Promise(() => undefined),
    };
  },
};

async function activate(name: EngineName): Promise<void> {
  const isActive = await setBackend(name);
  await ready();
  if (!isActive || getBackend() !== name) {
    engine().removeBackend(name);
    throw new Error('could not be started');
  }
}

function describeRenderer(): string | undefined {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!gl) return undefined;
  const details = gl.getExtension('WEBGL_debug_renderer_info');
  return String(gl.getParameter(details ? details.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}
