import { parentPort, workerData } from 'node:worker_threads';
import { type SampleValues, valuesOf } from '../sample.js';
import { createSynthesizer, type Recipe } from './recipes.node.js';

/** What a worker is started with. */
export interface WorkerSetup {
  recipe: Recipe;
  cacheBytes: number;
}

/** A worker's answer to a sample index. */
export type WorkerAnswer = (SampleValues & { sampleIndex: number }) | { sampleIndex: number; error: string };

const port = parentPort;

if (!port) {
  throw new Error('Expected to run as a worker thread, as panoramaBatches and the other streams do.');
}

const { recipe, cacheBytes } = workerData as WorkerSetup;

const synthesizer = createSynthesizer(recipe, cacheBytes);

/**
 * One sample after the other: the next picture is decoded only once the last is sent, so memory stays
 * bounded.
 */
let previous: Promise<void> = Promise.resolve();

async function answer(sampleIndex: number): Promise<void> {
  try {
    const values = valuesOf(await synthesizer.synthesize(sampleIndex));
    const message: WorkerAnswer = { sampleIndex, ...values };
    const buffers = [
      values.blurred,
      ...values.frames,
      ...(values.flowsPixels ?? []),
      ...(values.motionPixels ? [values.motionPixels] : []),
    ].map(({ buffer }) => buffer as ArrayBuffer);
    port!.postMessage(message, buffers);
  } catch (error) {
    port!.postMessage({ sampleIndex, error: (error as Error).message } satisfies WorkerAnswer);
  }
}

port.on('message', (sampleIndex: number) => {
  previous = previous.then(() => answer(sampleIndex));
});
