import { expect, test } from '@jest/globals';
import { abortable, waitUnlessAborted } from './abort.js';

test("work that fails after the abort fails with the signal's reason, else with its own error", async () => {
  const failure = new Error('connection closed');
  for (const reason of [new Error('mine'), 'text', 0, null]) {
    const controller = new AbortController();
    const work = async () => {
      controller.abort(reason);
      throw failure;
    };
    await expect(abortable(controller.signal, work)).rejects.toBe(reason);
    let isBegun = false;
    const begin = async () => void (isBegun = true);
    await expect(abortable(controller.signal, begin)).rejects.toBe(reason);
    expect(isBegun).toBe(false);
  }
  await expect(abortable(new AbortController().signal, () => Promise.reject(failure))).rejects.toBe(failure);
  await expect(abortable(undefined, () => Promise.reject(failure))).rejects.toBe(failure);
  expect(await abortable(undefined, async () => 7)).toBe(7);
});

test('a wait ends with the abort', async () => {
  const controller = new AbortController();
  const waiting = waitUnlessAborted(controller.signal, new Promise(() => undefined));
  controller.abort(null);
  await expect(waiting).rejects.toBe(null);
  await expect(waitUnlessAborted(controller.signal, Promise.resolve(7))).rejects.toBe(null);
  expect(await waitUnlessAborted(new AbortController().signal, Promise.resolve(7))).toBe(7);
  expect(await waitUnlessAborted(undefined, Promise.resolve(7))).toBe(7);
});
