import { parentPort, workerData } from 'node:worker_threads';
import { PanoramaSynthesizer, type PanoramaRecipe } from './panorama-synthesizer.js';

/** What a worker is started with. */
export interface WorkerSetup {
  recipe: PanoramaRecipe;
  cacheBytes: number;
}

/** A worker's answer to a sample index. */
export type WorkerAnswer =
  | { sampleIndex: number; blurred: Float32Array; frames: Float32Array[]; rotationDegrees: number }
  | { sampleIndex: number; error: string };

const port = parentPort;
if (!port) throw new Error('panorama-worker.js runs as a worker thread only; use panoramaBatches.');

const { recipe, cacheBytes } = workerData as WorkerSetup;
const synthesizer = new PanoramaSynthesizer(recipe, cacheBytes);

/** One sample after the other: the next picture is decoded only once the last is sent, so memory stays bounded. */
let previous: Promise<void> = Promise.resolve();

async function answer(sampleIndex: number): Promise<void> {
  try {
    const { blurred, frames, rotationDegrees } = await synthesizer.synthesize(sampleIndex);
    const message: WorkerAnswer = { sampleIndex, blurred: blurred.data, frames: frames.map(({ data }) => data), rotationDegrees };
    const buffers = [message.blurred, ...message.frames].map(({ buffer }) => buffer as ArrayBuffer);
    port!.postMessage(message, buffers);
  } catch (error) {
    port!.postMessage({ sampleIndex, error: (error as Error).message } satisfies WorkerAnswer);
  }
}

port.on('message', (sampleIndex: number) => {
  previous = previous.then(() => answer(sampleIndex));
});
