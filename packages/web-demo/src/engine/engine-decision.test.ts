import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { verdictAfterFailure } from './engine-check.js';
import { EngineDecision } from './engine-decision.js';

const stored = new Map<string, string>();
const page = {
  __fileBytes__: { processorWasm: 1 },
  navigator: { userAgent: 'a browser' },
  localStorage: {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
    removeItem: (key: string) => void stored.delete(key),
  },
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
};
beforeEach(() => {
  stored.clear();
  for (const [name, value] of Object.entries(page)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
});
afterEach(() => {
  for (const name of Object.keys(page)) delete (globalThis as Record<string, unknown>)[name];
});

const visit = (whyNot?: string) => new EngineDecision('clip', async () => whyNot);
const failure = (name: string) => Object.assign(new Error('No.'), { name });

test('is open until WebGPU has been tried, then the same for every visit', async () => {
  const first = visit();
  expect([first.engine, await first.isOpen()]).toEqual([undefined, true]);
  await first.tryGraphics(async () => ({ engine: 'webgpu' }));
  for (const decision of [first, visit()]) {
    expect([decision.engine, await decision.isOpen()]).toEqual(['webgpu', false]);
  }
  expect(new EngineDecision('photo').engine).toBeUndefined();
});

test('a browser that does not live to see the end of the try does not try again', async () => {
  void visit().tryGraphics(() => new Promise(() => undefined));
  const { engine, reason } = visit();
  expect({ engine, reason }).toEqual({ engine: 'wasm', reason: 'the browser ended while it tried WebGPU' });
});

test.each([
  ['SilenceError', 'WebGPU does not answer here'],
  ['Error', 'WebGPU fails here'],
  // These say nothing of WebGPU.
  ['AbortError', undefined],
  ['DownloadError', undefined],
])('a try that ends in a %s gives: %s', async (name, reason) => {
  const attempt = visit().tryGraphics(() => Promise.reject(failure(name)));
  await expect(attempt).rejects.toThrow('No.');
  expect(visit().reason).toBe(reason);
});

test('what is chosen counts, and nothing is learned of it for others', async () => {
  const decision = visit();
  decision.choice = 'webgpu';
  decision.fail(verdictAfterFailure(failure('SilenceError')));
  decision.lose();
  expect([decision.engine, await decision.isOpen(), visit().engine]).toEqual(['webgpu', false, undefined]);
});

test('WebGPU that is lost twice is not used any more', async () => {
  visit().lose();
  expect(visit().engine).toBe('webgpu');
  visit().lose();
  expect([visit().engine, visit().reason]).toEqual(['wasm', 'WebGPU failed twice here']);
});

test('where there is no WebGPU, the reason is told, and sought again at the next visit', async () => {
  const decision = visit('no WebGPU here');
  expect([await decision.isOpen(), decision.engine, decision.reason]).toEqual([
    false,
    'wasm',
    'no WebGPU here',
  ]);
  expect(await visit().isOpen()).toBe(true);
});
