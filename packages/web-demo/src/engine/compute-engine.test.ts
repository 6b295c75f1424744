import type { ComputedFunction, ComputeEngine } from '@unblur/restoration';
import { expect, test } from '@jest/globals';
import { withProcessorAtHand } from './compute-engine.js';

const fn: ComputedFunction = {
  compute: (inputs) => inputs,
  inputShapes: { x: [1] },
  weights: { values: {} },
};

/** Doubles, and says where; on call `failsAt` it does `instead`. */
function doubling(
  name: string,
  log: string[],
  failsAt = Infinity,
  instead = () => Promise.reject(new Error()),
) {
  let calls = 0;
  const called = <Result>(result: Result): Promise<Result> =>
    ++calls >= failsAt ? instead() : Promise.resolve(result);
  return {
    memoryFactor: 1,
    open: () =>
      called({
        outputShapes: { y: [1] },
        run: ({ x }: Record<string, Float32Array>) => {
          log.push(`${name} ${x![0]}`);
          return called({ y: x!.map((value) => 2 * value) } as Record<string, Float32Array>);
        },
        release: async () => void log.push(`${name} released`),
      }),
  } satisfies ComputeEngine;
}

const never = () => new Promise<never>(() => undefined);

test.each([
  ['is never lost', Infinity, undefined, ['device 1', 'device 2', 'device 3', 'device released']],
  [
    'fails on the way',
    3,
    undefined,
    ['device 1', 'device 2', 'processor 2', 'processor 3', 'processor released'],
  ],
  [
    'falls silent on the way',
    3,
    never,
    ['device 1', 'device 2', 'processor 2', 'processor 3', 'processor released'],
  ],
  ['opens nothing', 1, undefined, ['processor 1', 'processor 2', 'processor 3', 'processor released']],
] as const)('gives every result where a graphics device %s', async (_, failsAt, instead, expected) => {
  const log: string[] = [];
  let losses = 0;
  const opened = await withProcessorAtHand(
    doubling('device', log, failsAt, instead),
    doubling('processor', log),
    { mostSilentSeconds: 0.05, onLoss: () => losses++ },
  ).open(fn);
  const results: number[] = [];
  for (const value of [1, 2, 3]) results.push((await opened.run({ x: Float32Array.of(value) }))['y']![0]!);
  await opened.release();
  expect(results).toEqual([2, 4, 6]);
  expect(log).toEqual(expected);
  expect(losses).toBe(failsAt === Infinity ? 0 : 1);
});

test('asks a device that was lost with one function for no other', async () => {
  const log: string[] = [];
  const engine = withProcessorAtHand(doubling('device', log, 2), doubling('processor', log), {
    mostSilentSeconds: 1,
    onLoss: () => undefined,
  });
  const first = await engine.open(fn);
  await first.run({ x: Float32Array.of(1) });
  const second = await engine.open(fn);
  await second.run({ x: Float32Array.of(2) });
  expect(log).toEqual(['device 1', 'processor 1', 'processor 2']);
});
