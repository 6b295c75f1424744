import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ffmpegVersion } from '@unblur/clips';
import { bundledWeights } from '@unblur/weights';
import { defaultVideoWeights } from '@unblur/weights/video';
import type { Tensor4D } from '@tensorflow/tfjs';
import type { ChosenRuntime } from '@unblur/onnx/node';
import type { FoundTorch } from '@unblur/trainer';
import type { Command } from 'commander';
import { counted } from '@unblur/files';
import { printJson, printLine } from '../terminal.js';
import { readVersion } from '../version.js';

/** Engines beside the built-in one that restore and train where the user has installed them. */
const optionalEngines = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu', 'webgpu'];

interface Diagnosis {
  versions: Record<string, string | null>;
  machine: { processor: string; threads: number; memoryGib: number; freeMemoryGib: number };
  engines: { name: string; version: string | null; available: boolean }[];
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
  const speed = await measureConvolution().then(
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
      tfjs: packageVersion('@tensorflow/tfjs'),
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
      ? `engine   ${name}: not installed`
      : `engine   ${name} ${version}${available ? '' : ': installed but does not run'}`;
  }
  if (onnxRuntime.nativeFailure !== undefined) {
    yield `engine   onnxruntime runs as WebAssembly, about three times slower: ${onnxRuntime.nativeFailure}`;
  }
  yield torch
    ? `training PyTorch ${torch.version}, CUDA devices: ${torch.cudaDevices}`
    : "training PyTorch not found: the engine 'torch' is the fastest to train with (set PYTHON to an interpreter that has torch and numpy)";
  yield convolutionGflops === null
    ? `speed    onnxruntime does not run: ${convolutionFailure}`
    : `speed    ${convolutionGflops} GFLOP/s (3x3 convolution, onnxruntime)`;
  yield ffmpeg === null
    ? 'ffmpeg   not found: photographs get no MP4, and `unblur video` takes folders of frames only'
    : `ffmpeg   ${ffmpeg}`;
  for (const { name, for: purpose, path, found } of weights) {
    yield found
      ? `weights  ${name} (${purpose}): ${path}`
      : `weights  ${name}: missing, expected at ${path}; install @unblur/weights again`;
  }
}

/** The best of a few runs, on all threads. */
async function measureConvolution(): Promise<number> {
  const tf = await import('@tensorflow/tfjs');
  const { trace } = await import('@unblur/onnx');
  const { createSession } = await import('@unblur/onnx/node');
  const sizePixels = 256;
  const channels = 64;
  const operations = 2 * 9 * channels * channels * sizePixels * sizePixels;
  const graph = trace(
    ({ image }) => ({
      feature: tf.conv2d(image as Tensor4D, tf.fill([3, 3, channels, channels], 0.01), 1, 'same'),
    }),
    {
      image: { shape: [1, sizePixels, sizePixels, channels] },
    },
  );
  const session = await createSession(graph);
  const image = new Float32Array(sizePixels * sizePixels * channels).fill(0.5);
  let shortestSeconds = Infinity;
  for (let run = 0; run < 5; run++) {
    const start = performance.now();
    await session.run({ image });
    shortestSeconds = Math.min(shortestSeconds, (performance.now() - start) / 1000);
  }
  await session.release();
  return Math.round(operations / shortestSeconds / 1e9);
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
