import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type * as common from 'onnxruntime-common';

/** The builds of ONNX Runtime that this package carries. */
export type OnnxRuntimeBuild = 'native' | 'webassembly';

/** What both builds export: sessions, tensors, settings. */
export type OnnxRuntime = Pick<typeof common, 'InferenceSession' | 'Tensor' | 'env'>;

/** Packing puts both builds into a folder of this package; in a clone they are where they come from. */
const sources = {
  native: { packed: 'native/dist/index.js', installed: 'onnxruntime-node' },
  webassembly: { packed: 'webassembly/ort.node.min.mjs', installed: 'onnxruntime-web' },
};

/**
 * Loads a build of ONNX Runtime into this process.
 *
 * @throws if there is none of that name or for this machine, or it does not load here. WebAssembly loads
 * wherever Node does. Where a file is missing, `code` is `ERR_MODULE_NOT_FOUND` and the message says which was
 * looked for.
 */
export async function loadOnnxRuntime(build: OnnxRuntimeBuild): Promise<OnnxRuntime> {
  if (!Object.hasOwn(sources, build)) {
    throw new Error(
      `Expected native or webassembly for the build of ONNX Runtime but received ${String(build)}`,
    );
  }
  const { packed, installed } = sources[build];
  const folder = runtimeFolder();
  const file = folder && new URL(packed, folder);
  try {
    return (await import(folder && existsSync(folder) ? file!.href : installed)) as OnnxRuntime;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    // A bundler may look for the file among its own modules, though it is there.
    if (!missing || (file && existsSync(file) && !message.includes(file.href))) throw cause;
    const place = file ? fileURLToPath(file) : 'runtime/ of @unblur/onnxruntime';
    throw Object.assign(
      new Error(
        `Expected the ${names[build]} build of ONNX Runtime at ${place}, but it cannot be loaded from there (${message.split('\n')[0]}); if this program is bundled, leave @unblur/onnxruntime and all packages with native parts out of the bundle (esbuild: --packages=external; webpack: externals), else install @unblur/onnxruntime again`,
        { cause },
      ),
      { code: 'ERR_MODULE_NOT_FOUND' },
    );
  }
}

const names: Record<OnnxRuntimeBuild, string> = { native: 'native', webassembly: 'WebAssembly' };

/** `undefined` where a bundler has taken away the address of this file. */
function runtimeFolder(): URL | undefined {
  const address: unknown = import.meta.url;
  return typeof address === 'string' ? new URL('../runtime/', address) : undefined;
}
