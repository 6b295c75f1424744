import { existsSync, mkdirSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { replaceFile } from './checkpoint.js';
import type { Batch, EngineShapes } from './engine.js';
import { createEngineLearner } from './learner.js';
import type { Learner } from './learner.js';
import { trainRun } from './run.js';
import type { TrainingParts, TrainingResult } from './run.js';
import { RUN_FILES } from './run-files.js';
import { loadRunConfig, writeRunConfig } from './run-config.js';
import type { RunConfig } from './run-config.js';
import { pooledBatches } from './torch/pooled-batches.js';
import type { PoolDraw } from './torch/pooled-batches.js';
import { trainingBatches } from './training-data.js';
import { validationSamples } from './validation-samples.js';

export interface TrainOptions {
  /** The run's folder. Default: `runs/<name of the run file>` in the current folder. */
  out?: string;
  /** Goes on from the folder's last checkpoint. */
  resume?: boolean;
  /** Instead of the run file's. */
  engine?: RunConfig['engine'];
  /** Processes that share a batch on the engine `torch`, one per GPU. Default: 1. */
  processes?: number;
}

/**
 * Trains what a run file describes; Ctrl-C finishes the step in progress, writes a checkpoint and returns.
 *
 * @throws if the run file is not right, its data cannot be read, the folder holds another run and `resume` is not set, or a loss term is not finite.
 */
export async function train(runFile: string, { out, resume = false, engine, processes = 1 }: TrainOptions = {}): Promise<TrainingResult & { runFolder: string }> {
  const given = loadRunConfig(runFile);
  const config = { ...given, engine: engine ?? given.engine };
  if (config.engine !== 'torch' && processes !== 1) throw new Error(`Expected the engine 'torch' for ${processes} processes but the run's is '${config.engine}'.`);
  const runFolder = resolve(out ?? join('runs', basename(runFile, extname(runFile))));
  if (!resume && existsSync(join(runFolder, RUN_FILES.checkpoint))) {
    throw new Error(`Expected a folder without a run but '${runFolder}' holds a checkpoint; resume it, or choose another folder.`);
  }
  const samples = await validationSamples(config);
  mkdirSync(runFolder, { recursive: true });
  replaceFile(join(runFolder, RUN_FILES.config), writeRunConfig(config, join(runFolder, RUN_FILES.config)));

  const { learner, batchesFrom } = await openLearner(config, processes);
  const stop = new AbortController();
  const interrupt = () => {
    if (stop.signal.aborted) return;
    process.stderr.write('\nStopping after this step; a second Ctrl-C stops at once.\n');
    stop.abort();
    removeHandlers();
  };
  const removeHandlers = () => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    const result = await trainRun(
      config,
      runFolder,
      { learner, batchesFrom, validationSamples: samples },
      { resume, signal: stop.signal },
    );
    return { ...result, runFolder };
  } finally {
    removeHandlers();
    await learner.release();
  }
}

/** The run's engine, loaded only if it is asked for, and what it learns from. */
async function openLearner(config: RunConfig, processes: number): Promise<Pick<TrainingParts<Batch | PoolDraw>, 'learner' | 'batchesFrom'>> {
  const { batchSize, data, validation, network, loss, threads, engine, optimizer, emaDecay } = config;
  const shapes: EngineShapes = { batchSize, sizePixels: data.sizePixels, validationSizePixels: validation.sizePixels };
  if (engine === 'torch') {
    const { pool, ...torch } = config.torch;
    const { createTorchLearner } = await import('./torch/torch-learner.js');
    const learner = await createTorchLearner(network, loss, shapes, { torch, optimizer, emaDecay, processes, threads, pool });
    if (!pool) return { learner, batchesFrom: (firstSample) => trainingBatches(config, firstSample) };
    const source = { ...config, batchSize: processes, data: { ...data, sizePixels: pool.sizePixels } };
    return {
      learner,
      batchesFrom: (firstSample) => pooledBatches(trainingBatches(source, Math.floor(firstSample / pool.reuse)), processes, learner.add, pool, batchSize, firstSample),
    };
  }
  const { createTracedEngine } = await import('./traced-engine.js');
  const learner = createEngineLearner(await createTracedEngine(network, loss, shapes, { threads }), optimizer, emaDecay);
  return { learner: learner as Learner<Batch | PoolDraw>, batchesFrom: (firstSample) => trainingBatches(config, firstSample) };
}
