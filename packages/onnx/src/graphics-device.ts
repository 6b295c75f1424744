import { add } from '@tensorflow/tfjs-core';
import { createSession } from './create-session.js';
import { chooseRuntime } from './runtime.js';
import { trace } from './trace.js';

let found: Promise<string | undefined> | undefined;

/**
 * Why ONNX Runtime has no graphics device to compute on here, in one sentence without its full stop; undefined
 * where it has one. Found out once.
 */
export function graphicsFailure(): Promise<string | undefined> {
  return (found ??= tryGraphics());
}

async function tryGraphics(): Promise<string | undefined> {
  const { build, nativeFailure } = await chooseRuntime();
  if (build !== 'native') return nativeFailure;
  const graph = trace(({ x }) => ({ sum: add(x!, 1) }), { x: { shape: [1] } });
  try {
    // Stays open: ONNX Runtime gives the device up with the last session on it.
    const session = await createSession(graph, { device: 'webgpu' });
    await session.run({ x: new Float32Array(1) });
    return undefined;
  } catch (cause) {
    return explainGraphicsFailure((cause as Error).message);
  }
}

/** ONNX Runtime's message without the places in its own sources where it was raised. */
export function explainGraphicsFailure(message: string): string {
  if (/backend not found/.test(message)) {
    return `the build of ONNX Runtime for ${process.platform}/${process.arch} cannot use graphics devices`;
  }
  const reason = message.trim().split('\n')[0]!.split(' was false. ').at(-1)!;
  return `WebGPU finds no graphics device (${reason}); it needs a driver for Vulkan, Direct3D 12 or Metal`;
}
