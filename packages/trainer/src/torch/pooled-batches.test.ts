import { expect, test } from '@jest/globals';
import type { Batch } from '../engine.js';
import { pooledBatches } from './pooled-batches.js';

const nothing: Batch = { blurred: new Float32Array(0), frames: new Float32Array(0) };
const options = { samples: 100, reuse: 3 };

/** A source that gives two samples whenever it is told to. */
function manualSource() {
  const asked: ((result: IteratorResult<Batch>) => void)[] = [];
  let closed = false;
  return {
    give: async () => {
      asked.shift()!({ value: nothing, done: false });
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    },
    isClosed: () => closed,
    iterator: {
      next: () => new Promise<IteratorResult<Batch>>((resolve) => void asked.push(resolve)),
      return: async () => {
        closed = true;
        for (const resolve of asked.splice(0)) resolve({ value: undefined, done: true });
        return { value: undefined, done: true as const };
      },
    },
  };
}

/** Whether a promise is settled once all that can happen has happened. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  return settled;
}

test('a draw waits for a batch of samples, and for new ones when those there are have been seen often enough', async () => {
  const source = manualSource();
  let added = 0;
  const draws = pooledBatches(source.iterator, 2, async () => void added++, options, 4, 7);
  const first = draws.next();
  expect(await isSettled(first)).toBe(false);
  await source.give();
  expect(await isSettled(first)).toBe(false);
  await source.give();
  expect((await first).value.seed).toBe(7);
  // Four samples, each to be seen three times: two more draws of four.
  await draws.next();
  expect((await draws.next()).value.seed).toBe(15);
  const waiting = draws.next();
  expect(await isSettled(waiting)).toBe(false);
  await source.give();
  expect(await isSettled(waiting)).toBe(true);
  expect(added).toBe(3);
  await draws.return(undefined as never);
  expect(source.isClosed()).toBe(true);
});

test('samples that cannot be made stop the run', async () => {
  const failing = { next: () => Promise.reject(new Error('no such panorama')) };
  await expect(pooledBatches(failing, 2, async () => {}, options, 4, 7).next()).rejects.toThrow('no such panorama');
});
