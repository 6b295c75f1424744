import { loadOnnxRuntime, type OnnxRuntime, type OnnxRuntimeBuild } from '@unblur/onnxruntime';
import { usableProcessors } from './operation-threads.js';

/** The build of ONNX Runtime that sessions use in this process. */
export interface ChosenRuntime {
  build: OnnxRuntimeBuild;
  version: string;
  /** Why sessions use WebAssembly, several times slower, and what helps; undefined for the native build. */
  nativeFailure?: string;
}

/** Builds that are loaded already: a process has room for one of each. */
const loaded = new Map<OnnxRuntimeBuild, Promise<OnnxRuntime>>();

let chosen: Promise<ChosenRuntime> | undefined;

/**
 * The native build of ONNX Runtime, or WebAssembly where that does not load.
 *
 * @throws where neither loads: why not, and what helps.
 */
export function chooseRuntime(): Promise<ChosenRuntime> {
  return (chosen ??= load('native').then(
    (runtime) => ({ build: 'native', version: runtime.env.versions.common }),
    async (error: NodeJS.ErrnoException) => {
      const runtime = await load('webassembly').catch((cause: NodeJS.ErrnoException) => {
        throw new Error(explainBothFailures(error, cause, process), { cause });
      });
      return {
        build: 'webassembly',
        version: runtime.env.versions.common,
        nativeFailure: explainNativeFailure(error, process),
      };
    },
  ));
}

/** A build of ONNX Runtime, set up for this machine; the one of `chooseRuntime` if none is named. */
export async function openRuntime(build?: OnnxRuntimeBuild): Promise<OnnxRuntime> {
  return load(build ?? (await chooseRuntime()).build);
}

function load(build: OnnxRuntimeBuild): Promise<OnnxRuntime> {
  let runtime = loaded.get(build);
  if (!runtime) {
    runtime = loadOnnxRuntime(build).then((opened) => {
      // WebAssembly has one pool of threads for all sessions, as large as it is when the first one is made.
      if (build === 'webassembly') opened.env.wasm.numThreads = usableProcessors();
      return opened;
    });
    loaded.set(build, runtime);
  }
  return runtime;
}

const nativePlatforms = ['linux/x64', 'linux/arm64', 'darwin/arm64', 'win32/x64', 'win32/arm64'];

/**
 * One sentence without its full stop: why the native build does not load, and what helps.
 *
 * @param machine where it does not load
 */
export function explainNativeFailure(
  { code, message }: NodeJS.ErrnoException,
  { platform, arch }: { platform: string; arch: string },
): string {
  if (!nativePlatforms.includes(`${platform}/${arch}`)) {
    return `ONNX Runtime has no native build for ${platform}/${arch}, only for ${nativePlatforms.join(', ')}`;
  }
  if (isMissing(code)) {
    return 'the native build of ONNX Runtime is missing; install @unblur/onnxruntime again, or leave it out of the bundle where this program is bundled';
  }
  const remedies: Record<string, string> = {
    linux: 'it needs a Linux with glibc 2.28 or newer',
    win32: 'install the Microsoft Visual C++ Redistributable',
  };
  return [
    `the native build of ONNX Runtime does not load (${message.split('\n')[0]})`,
    ...(remedies[platform] ? [remedies[platform]] : []),
  ].join('; ');
}

/** The same where WebAssembly does not load either: nothing can run. */
export function explainBothFailures(
  native: NodeJS.ErrnoException,
  webAssembly: NodeJS.ErrnoException,
  machine: { platform: string; arch: string },
): string {
  // What is missing is so for one reason, of which the message of one says all.
  if (isMissing(native.code) && isMissing(webAssembly.code)) return native.message;
  return `ONNX Runtime does not load: ${explainNativeFailure(native, machine)}. Its WebAssembly build, which would take its place, does not load either: ${webAssembly.message.split('\n')[0]}`;
}

const isMissing = (code: string | undefined) =>
  code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND';
