import type { EngineName } from './engine-names.js';
import asyncifyModule from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import asyncifyWasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import jspiModule from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url';
import jspiWasm from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url';
import processorModule from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import processorWasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';

/** Every build of ONNX Runtime Web has the same functions. */
export type Ort = typeof import('onnxruntime-common');

interface RuntimeBuild {
  load: () => Promise<Ort>;
  moduleUrl: string;
  wasmUrl: string;
  wasmBytes: number;
}

/** Builds of ONNX Runtime Web, each with the processor's engine. */
export const runtimeBuilds = {
  processor: {
    load: () => import('onnxruntime-web/wasm') as Promise<Ort>,
    moduleUrl: processorModule,
    wasmUrl: processorWasm,
    wasmBytes: __fileBytes__.processorWasm,
  },
  /** WebGPU too, in browsers whose WebAssembly can wait for it. */
  suspending: {
    load: () => import('onnxruntime-web/jspi') as Promise<Ort>,
    moduleUrl: jspiModule,
    wasmUrl: jspiWasm,
    wasmBytes: __fileBytes__.suspendingWasm,
  },
  /** WebGPU too, in others: twice the download. */
  unwinding: {
    load: () => import('onnxruntime-web/webgpu') as Promise<Ort>,
    moduleUrl: asyncifyModule,
    wasmUrl: asyncifyWasm,
    wasmBytes: __fileBytes__.unwindingWasm,
  },
} satisfies Record<string, RuntimeBuild>;
export type RuntimeBuildName = keyof typeof runtimeBuilds;

/**
 * The build to download for an engine; the processor's where there is no graphics device.
 */
export async function chooseBuild(engine: EngineName): Promise<RuntimeBuildName> {
  if (engine === 'wasm') return 'processor';
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<object | null> } };
  if (!(await gpu?.requestAdapter().catch(() => null))) return 'processor';
  return 'Suspending' in WebAssembly ? 'suspending' : 'unwinding';
}
