import { existsSync } from 'node:fs';
import type * as common from 'onnxruntime-common';

/** The builds of ONNX Runtime that this package carries. */
export type OnnxRuntimeBuild = 'native' | 'webassembly';

/** What both builds export: sessions, tensors, settings. */
export type OnnxRuntime = Pick<typeof common, 'InferenceSession' | 'Tensor' | 'env'>;

/** Packing puts both builds into this folder; in a clone they are taken from the packages they come from. */
const runtimeFolder = new URL('../runtime/', import.meta.url);
const sources = {
  native: { packed: new URL('native/dist/index.js', runtimeFolder), installed: 'onnxruntime-node' },
  webassembly: {
    packed: new URL('webassembly/ort.node.min.mjs', runtimeFolder),
    installed: 'onnxruntime-web',
  },
};

/**
 * Loads a build of ONNX Runtime into this process.
 *
 * @throws if there is none for this machine, or it does not load here. WebAssembly loads wherever Node does.
 */
export async function loadOnnxRuntime(build: OnnxRuntimeBuild): Promise<OnnxRuntime> {
  const { packed, installed } = sources[build];
  return (await import(existsSync(runtimeFolder) ? packed.href : installed)) as OnnxRuntime;
}
