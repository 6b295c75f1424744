import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type SampleValues, valuesOf } from '../sample.js';
import { createSynthesizer, type Recipe, threadOfSample } from './recipes.node.js';
import type { WorkerAnswer, WorkerSetup } from './synthesis-worker.node.js';

/** Where samples are made: in this thread, or in worker threads. */
export interface SynthesisPool {
  synthesize(sampleIndex: number): Promise<SampleValues>;
  close(): Promise<void>;
}

/** More threads than these a core make nothing sooner, and each takes some ten megabytes. */
const workersPerCore = 4;

/** As many workers as are asked for and of use on this machine. How many there are changes no sample. */
export function usefulWorkers(workers: number): number {
  return Math.min(workers, workersPerCore * availableParallelism());
}

/**
 * @param workers number of worker threads, of which no more are started than `usefulWorkers`; 0 makes the
 * samples in the calling thread.
 * @param cacheBytes memory for decoded pictures, over all workers.
 */
export function createSynthesisPool(recipe: Recipe, workers: number, cacheBytes: number): SynthesisPool {
  return workers === 0
    ? createLocalPool(recipe, cacheBytes)
    : createWorkerPool(recipe, usefulWorkers(workers), cacheBytes);
}

function createLocalPool(recipe: Recipe, cacheBytes: number): SynthesisPool {
  const synthesizer = createSynthesizer(recipe, cacheBytes);
  return {
    synthesize: async (sampleIndex) => valuesOf(await synthesizer.synthesize(sampleIndex)),
    close: async () => synthesizer.close?.(),
  };
}

interface Waiting {
  resolve(values: SampleValues): void;
  reject(error: Error): void;
}

function createWorkerPool(recipe: Recipe, count: number, cacheBytes: number): SynthesisPool {
  const script = new URL('./synthesis-worker.node.js', import.meta.url);
  if (!existsSync(script)) {
    throw new Error(
      `Expected the compiled worker at ${fileURLToPath(script)}; build @unblur/datasets first, or use workers: 0.`,
    );
  }
  const threads = Array.from(
    { length: count },
    () => new SynthesisThread(script, { recipe, cacheBytes: cacheBytes / count }),
  );
  return {
    synthesize: (sampleIndex) => threads[threadOfSample(recipe, sampleIndex, count)]!.synthesize(sampleIndex),
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

/** One worker thread and the samples asked of it. It keeps the process alive only while it owes a sample. */
class SynthesisThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();

  constructor(script: URL, setup: WorkerSetup) {
    // Flags of the parent, such as --input-type, are not meant for the worker's script.
    this.#worker = new Worker(script, { workerData: setup, execArgv: [] });
    this.#worker.on('message', (answer: WorkerAnswer) => this.#receive(answer));
    this.#worker.on('error', (error) => this.#failAll(error));
    this.#worker.on('exit', (code) =>
      this.#failAll(new Error(`A synthesis worker stopped with exit code ${code}.`)),
    );
    this.#worker.unref();
  }

  synthesize(sampleIndex: number): Promise<SampleValues> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(sampleIndex, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage(sampleIndex);
    });
  }

  async close(): Promise<void> {
    // An answer that arrives from here on must not un-ref the worker: nothing else may keep the process alive
    // until it has stopped.
    this.#worker.removeAllListeners('message');
    await this.#worker.terminate();
  }

  #receive(answer: WorkerAnswer): void {
    const request = this.#waiting.get(answer.sampleIndex)!;
    this.#waiting.delete(answer.sampleIndex);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('error' in answer) request.reject(new Error(answer.error));
    else request.resolve(answer);
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
