import { existsSync, mkdirSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { replaceFile } from './checkpoint.js';
import type { EngineShapes } from './engine.js';
import { createEngineLearner } from './learner.js';
import type { Learner } from './learner.js';
import { trainRun } from './run.js';
import type { TrainingResult } from './run.js';
import { RUN_FILES } from './run-files.js';
import { loadRunConfig, writeRunConfig } from './run-config.js';
import type { RunConfig } from './run-config.js';
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

  const learner = await openLearner(config, processes);
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
      { learner, batchesFrom: (firstSample) => trainingBatches(config, firstSample), validationSamples: samples },
      { resume, signal: stop.signal },
    );
    return { ...result, runFolder };
  } finally {
    removeHandlers();
    await learner.release();
  }
}

/** The run's engine, loaded only if it is asked for. */
async function openLearner({ batchSize, data, validation, network, loss, threads, engine, torch, optimizer, emaDecay }: RunConfig, processes: number): Promise<Learner> {
  const shapes: EngineShapes = { batchSize, sizePixels: data.sizePixels, validationSizePixels: validation.sizePixels };
  if (engine === 'torch') {
    const { createTorchLearner } = await import('./torch/torch-learner.js');
    return createTorchLearner(network, loss, shapes, { torch, optimizer, emaDecay, processes, threads });
  }
  const { createTracedEngine } = await import('./traced-engine.js');
  return createEngineLearner(await createTracedEngine(network, loss, shapes, { threads }), optimizer, emaDecay);
}
