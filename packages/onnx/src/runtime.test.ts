import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { createSession, type Session } from './node.js';
import { chooseRuntime, explainBothFailures, explainNativeFailure } from './runtime.js';
import { trace } from './trace.js';

const builds = ['native', 'webassembly'] as const;
let sessions: Session[];

beforeAll(async () => {
  await tf.setBackend('cpu');
  const graph = trace(
    ({ image, kernel }) => ({
      feature: tf.relu(tf.conv2d(image as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'same')),
    }),
    { image: { shape: [1, 12, 10, 4] }, kernel: { shape: [3, 3, 4, 8] } },
  );
  sessions = await Promise.all(builds.map((build) => createSession(graph, { build, outputSets: 1 })));
});

afterAll(() => Promise.all(sessions.map((session) => session.release())));

/** Numbers from -1 to 1 that repeat late. */
const numbers = (count: number, step: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(step * i));

test('both builds of ONNX Runtime compute what TensorFlow.js computes', async () => {
  const image = numbers(12 * 10 * 4, 0.7);
  const kernel = numbers(3 * 3 * 4 * 8, 1.3);
  const expected = tf
    .relu(tf.conv2d(tf.tensor4d(image, [1, 12, 10, 4]), tf.tensor4d(kernel, [3, 3, 4, 8]), 1, 'same'))
    .dataSync();
  for (const session of sessions) {
    const { feature } = await session.run({ image, kernel });
    expect(feature).toHaveLength(expected.length);
    for (const [i, value] of expected.entries()) expect(feature![i]).toBeCloseTo(value, 4);
  }
});

test('with WebAssembly too an output set is used again', async () => {
  const [, session] = sessions;
  const feeds = (step: number) => ({ image: numbers(480, step), kernel: numbers(288, step) });
  const { feature: first } = await session!.run(feeds(0.2));
  const before = [...first!];
  const { feature: second } = await session!.run(feeds(0.9));
  expect(second).toBe(first);
  expect([...second!]).not.toEqual(before);
});

test('the native build is taken where it loads', async () => {
  expect(await chooseRuntime()).toEqual({
    build: 'native',
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
  });
});

test.each([
  {
    title: 'a machine without a native build',
    failure: { code: 'MODULE_NOT_FOUND', message: "Cannot find module '../bin/x'" },
    machine: { platform: 'darwin', arch: 'x64' },
    reason:
      'ONNX Runtime has no native build for darwin/x64, only for linux/x64, linux/arm64, darwin/arm64, win32/x64, win32/arm64',
  },
  {
    title: 'an installation without its files',
    failure: { code: 'MODULE_NOT_FOUND', message: "Cannot find module '../bin/x'" },
    machine: { platform: 'linux', arch: 'x64' },
    reason:
      'the native build of ONNX Runtime is missing; install @unblur/onnxruntime again, or leave it out of the bundle where this program is bundled',
  },
  {
    title: 'a Linux with another C library',
    failure: {
      code: 'ERR_DLOPEN_FAILED',
      message: 'Error loading shared library ld-linux-x86-64.so.2\nat x',
    },
    machine: { platform: 'linux', arch: 'x64' },
    reason:
      'the native build of ONNX Runtime does not load (Error loading shared library ld-linux-x86-64.so.2); it needs a Linux with glibc 2.28 or newer',
  },
  {
    title: 'a Windows without the C++ libraries',
    failure: { code: 'ERR_DLOPEN_FAILED', message: 'The specified module could not be found.' },
    machine: { platform: 'win32', arch: 'arm64' },
    reason:
      'the native build of ONNX Runtime does not load (The specified module could not be found.); install the Microsoft Visual C++ Redistributable',
  },
])('$title: why, and what helps', ({ failure, machine, reason }) => {
  const error = Object.assign(new Error(failure.message), failure);
  expect(explainNativeFailure(error, machine)).toBe(reason);
});

test('where no build loads, the reason of the native one is not lost', () => {
  const machine = { platform: 'linux', arch: 'x64' };
  const missing = (place: string) =>
    Object.assign(new Error(`Expected ONNX Runtime at ${place}`), { code: 'ERR_MODULE_NOT_FOUND' });
  const unlinked = Object.assign(new Error('libc.musl: not found\nmore'), { code: 'ERR_DLOPEN_FAILED' });
  expect(explainBothFailures(missing('/native'), missing('/wasm'), machine)).toBe(
    'Expected ONNX Runtime at /native',
  );
  expect(explainBothFailures(unlinked, missing('/wasm'), machine)).toBe(
    'ONNX Runtime does not load: the native build of ONNX Runtime does not load (libc.musl: not found); it needs a Linux with glibc 2.28 or newer. Its WebAssembly build, which would take its place, does not load either: Expected ONNX Runtime at /wasm',
  );
});
