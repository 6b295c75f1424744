import { expect, test } from '@jest/globals';
import { openTogether, type ComputedFunction, type ComputeEngine } from './compute-engine.js';

/** An engine that has memory for so many functions. */
function smallEngine(functions: number) {
  const state = { open: 0 };
  const engine: ComputeEngine = {
    memoryFactor: 1,
    async open() {
      if (state.open === functions) throw new Error('out of memory');
      state.open += 1;
      return {
        outputShapes: {},
        run: async () => ({}),
        release: async () => void (state.open -= 1),
      };
    },
  };
  return { engine, state };
}
const nothing: ComputedFunction = { compute: () => ({}), inputShapes: {}, weights: { values: {} } };
const openThree =
  (engine: ComputeEngine) => async (keep: Parameters<Parameters<typeof openTogether>[0]>[0]) => [
    await keep(engine.open(nothing)),
    await keep(engine.open(nothing)),
    await keep(engine.open(nothing)),
  ];

test('what is open is released where the next cannot be opened', async () => {
  const { engine, state } = smallEngine(2);
  await expect(openTogether(openThree(engine))).rejects.toThrow('out of memory');
  expect(state.open).toBe(0);
});

test('what is opened together is released together, once', async () => {
  const { engine, state } = smallEngine(3);
  const { opened, release } = await openTogether(openThree(engine));
  expect([opened.length, state.open]).toEqual([3, 3]);
  await release();
  await release();
  expect(state.open).toBe(0);
});
