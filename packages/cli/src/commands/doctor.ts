import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ffmpegVersion } from '@unblur/clips';
import { bundledWeights } from '@unblur/weights';
import { defaultVideoWeights } from '@unblur/weights/video';
import type { ChosenRuntime } from '@unblur/onnx/node';
import type { FoundTorch } from '@unblur/trainer';
import type { Command } from 'commander';
import { counted } from '@unblur/files';
import type { GraphicsProbe } from '../graphics-probe.js';
import { printJson, printLine } from '../terminal.js';
import { readVersion } from '../version.js';

/** Engines beside the built-in one that restore and train where the user has installed them. */
const optionalEngines = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu', 'webgpu'];

interface Diagnosis {
  versions: Record<string, string | null>;
  machine: { processor: string; threads: number; memoryGib: number; freeMemoryGib: number };
  engines: { name: string; version: string | null; available: boolean }[];
  /** ONNX Runtime on a graphics device, through WebGPU. */
  graphics: GraphicsProbe;
  /** The build of ONNX Runtime, the built-in engine; where it is WebAssembly, why. */
  onnxRuntime: Pick<ChosenRuntime, 'build' | 'nativeFailure'>;
  /** What training with the engine `torch` would use; null where there is none. */
  torch: FoundTorch | null;
  /**
   * A 3x3 convolution of 64 to 64 channels at 256x256, in billions of floating-point operations per second;
   * null where it failed.
   */
  convolutionGflops: number | null;
  convolutionFailure?: string;
  ffmpeg: string | null;
  weights: { name: string; for: string; path: string; found: boolean }[];
}

/** `unblur doctor`: what this machine offers. */
export function defineDoctor(program: Command): void {
  program
    .command('doctor')
    .description('show which engines are installed, how fast they are, and what is missing')
    .option('--json', 'print JSON for programs')
    .action(async (options: { json?: boolean }) => {
      const diagnosis = await diagnose();
      if (options.json) printJson(diagnosis);
      else for (const line of describeDiagnosis(diagnosis)) printLine(line);
      if (diagnosis.convolutionGflops === null || diagnosis.weights.some(({ found }) => !found)) {
        process.exitCode = 1;
      }
    });
}

async function diagnose(): Promise<Diagnosis> {
  const { findTorch } = await import('@unblur/trainer');
  const { measureConvolution } = await import('../convolution-speed.js');
  const speed = await measureConvolution('cpu').then(
    (gflops) => ({ convolutionGflops: gflops }),
    (error: Error) => ({ convolutionGflops: null, convolutionFailure: error.message }),
  );
  const { chooseRuntime, usableProcessors } = await import('@unblur/onnx/node');
  const { version: onnxRuntimeVersion, ...onnxRuntime } = await chooseRuntime();
  return {
    versions: {
      unblur: readVersion(),
      node: process.versions.node,
      onnxruntime: onnxRuntimeVersion,
      tfjs: packageVersion('@tensorflow/tfjs-core'),
      sharp: packageVersion('sharp'),
    },
    machine: {
      processor: cpus()[0]?.model ?? 'unknown',
      threads: usableProcessors(),
      memoryGib: gib(totalmem()),
      freeMemoryGib: gib(freemem()),
    },
    engines: [
      {
        name: 'onnxruntime',
        version: onnxRuntimeVersion,
        available: speed.convolutionGflops !== null,
      },
      ...optionalEngines.map((name) => {
        const version = packageVersion(name);
        return { name, version, available: version !== null };
      }),
    ],
    graphics: await probeGraphics(),
    onnxRuntime,
    torch: findTorch() ?? null,
    ...speed,
    ffmpeg: (await ffmpegVersion()) ?? null,
    weights: [
      ...Object.entries(bundledWeights).map(([name, { url }]) => ({ name, for: 'photographs', url })),
      { name: defaultVideoWeights.name, for: 'videos', url: defaultVideoWeights.url },
    ].map(({ url, ...known }) => ({ ...known, path: fileURLToPath(url), found: existsSync(url) })),
  };
}

function* describeDiagnosis({
  versions,
  machine,
  engines,
  graphics,
  onnxRuntime,
  torch,
  convolutionGflops,
  convolutionFailure,
  ffmpeg,
  weights,
}: Diagnosis): Generator<string> {
  yield `unblur ${versions.unblur} on Node ${versions.node}: ${machine.processor}, ${counted(machine.threads, 'thread')}, ${machine.memoryGib} GiB memory (${machine.freeMemoryGib} free)`;
  for (const { name, version, available } of engines) {
    yield version === null
      ? `engine   ${name}: not installed (optional)`
      : `engine   ${name} ${version}${available ? '' : ': installed but does not run'}`;
  }
  if (onnxRuntime.nativeFailure !== undefined) {
    yield `engine   onnxruntime runs as WebAssembly, about three times slower: ${onnxRuntime.nativeFailure}`;
  }
  yield 'failure' in graphics
    ? `engine   onnxruntime-webgpu does not run: ${graphics.failure}`
    : `engine   onnxruntime-webgpu ${versions.onnxruntime}: a graphics device, in float32`;
  yield torch
    ? `training PyTorch ${torch.version}, CUDA devices: ${torch.cudaDevices}`
    : process.platform === 'win32'
      ? "training PyTorch is not used on Windows: for the engine 'torch', the fastest to train with, run unblur in WSL"
      : "training PyTorch not found: the engine 'torch' is the fastest to train with (set PYTHON to an interpreter that has torch and numpy)";
  yield convolutionGflops === null
    ? `speed    onnxruntime does not run: ${convolutionFailure}`
    : `speed    ${convolutionGflops} GFLOP/s (3x3 convolution, onnxruntime)`;
  if ('convolutionGflops' in graphics) {
    yield `speed    ${graphics.convolutionGflops} GFLOP/s (the same, onnxruntime-webgpu)`;
  }
  yield ffmpeg === null
    ? 'ffmpeg   not found: photographs get no MP4, and `unblur video` takes folders of frames only'
    : `ffmpeg   ${ffmpeg}`;
  for (const { name, for: purpose, path, found } of weights) {
    yield found
      ? `weights  ${name} (${purpose}): ${path}`
      : `weights  ${name}: missing, expected at ${path}; install @unblur/weights again`;
  }
}

/** No driver takes longer unless it hangs. */
const graphicsPatienceSeconds = 60;

/** In a process of its own: a driver may crash, and print what it likes. */
async function probeGraphics(): Promise<GraphicsProbe> {
  const probe = fork(fileURLToPath(new URL('../graphics-probe.js', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    timeout: 1000 * graphicsPatienceSeconds,
    killSignal: 'SIGKILL',
  });
  let found: GraphicsProbe | undefined;
  probe.once('message', (message) => (found = message as GraphicsProbe));
  const [code, signal] = await once(probe, 'close');
  if (code === 0 && found) return found;
  if (signal === 'SIGKILL') return { failure: `it did not answer within ${graphicsPatienceSeconds} s` };
  return { failure: `trying it ended with ${signal ?? `code ${code}`}` };
}

/** The version of an installed package; null where it is not installed. */
function packageVersion(name: string): string | null {
  const ownRequire = createRequire(import.meta.url);
  try {
    for (const folder of ownRequire.resolve.paths(name) ?? []) {
      const manifest = join(folder, name, 'package.json');
      if (existsSync(manifest)) {
        return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
      }
    }
  } catch {
    return null;
  }
  return null;
}

function gib(bytes: number): number {
  return Math.round((bytes / 2 ** 30) * 10) / 10;
}
