import { existsSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { doLocked, writeAtomicallySync } from '@unblur/files';
import type { Batch } from './engine.js';
import { openEngine } from './engine-choice.js';
import { createEngineLearner } from './learner.js';
import type { Learner } from './learner.js';
import { silentProgress } from './progress.js';
import { checkpointToResume, trainRun } from './run.js';
import type { PhaseParts, TrainingResult } from './run.js';
import type { EngineName } from './engine-choice.js';
import type { RunSettings } from './run-fields.js';
import { writeRunFile } from './run-file.js';
import type { RunChanges } from './run-file.js';
import { RUN_FILES } from './run-files.js';
import { loadRun } from './systems.js';
import { pooledBatches } from './torch/pooled-batches.js';
import type { PoolDraw } from './torch/pooled-batches.js';
import { learningTask } from './training-system.js';
import type { Phase, TrainingSystem } from './training-system.js';

export interface TrainOptions {
  /** The run's folder. Default: `runs/<name of the run file>` in the current folder. */
  out?: string;
  /** Goes on from the folder's last checkpoint. */
  resume?: boolean;
  /** Instead of the run file's. */
  engine?: EngineName;
  /** Processes that share a batch on the engine `torch`, one per GPU. Default: 1. */
  processes?: number;
  /** Changes to the run file, such as `{ seed: 2, loss: { order: 'better' } }`. */
  changes?: RunChanges;
  /** Shows no progress. */
  quiet?: boolean;
}

const MOST_PROCESSES = 64;

/**
 * Trains what a run file describes, of whichever system; Ctrl-C finishes the step in progress, writes a checkpoint and returns.
 *
 * @throws if the run file is not right, its data cannot be read, another process trains in the folder, the folder holds another run and `resume` is not set, or a loss term is not finite.
 */
export async function train(runFile: string, { out, resume = false, engine, processes = 1, changes = {}, quiet = false }: TrainOptions = {}): Promise<TrainingResult & { runFolder: string }> {
  if (!(Number.isInteger(processes) && processes >= 1 && processes <= MOST_PROCESSES)) throw new Error(`Expected from 1 to ${MOST_PROCESSES} processes but received ${processes}.`);
  const { definition, config } = loadRun(runFile, { ...changes, ...(engine && { engine }) });
  if (config.engine !== 'torch' && processes !== 1) throw new Error(`Expected the engine 'torch' for ${processes} processes but the run's is '${config.engine}'.`);
  const runFolder = resolve(out ?? join('runs', basename(runFile, extname(runFile))));
  return doLocked(runFolder, 'training', async () => {
    if (!resume && existsSync(join(runFolder, RUN_FILES.checkpoint))) {
      throw new Error(`Expected a folder without a run but '${runFolder}' holds a checkpoint; resume it, or choose another folder.`);
    }
    const system = await definition.open(config);
    // Before the run file is replaced: a run that does not go on keeps the record of what it was.
    if (resume) checkpointToResume(system, runFolder);
    writeAtomicallySync(join(runFolder, RUN_FILES.config), writeRunFile(definition, config, join(runFolder, RUN_FILES.config)));

    const stop = interruptionOf();
    try {
      const result = await trainRun(system, config, runFolder, (phase) => openPhase(system, phase, config, processes), { resume, signal: stop.signal, ...(quiet && { progress: silentProgress }) });
      return { ...result, runFolder };
    } finally {
      stop.release();
    }
  });
}

/** The run's engine, loaded only if it is asked for, and what it learns from. */
async function openPhase(system: TrainingSystem, phase: Phase, { engine, torch, threads, emaDecay }: RunSettings, processes: number): Promise<PhaseParts<Batch | PoolDraw>> {
  const { optimizer } = system;
  const task = learningTask(system, phase);
  if (engine === 'torch') {
    const { createTorchLearner } = await import('./torch/torch-learner.js');
    const { pool, batchSize } = phase;
    const learner = await createTorchLearner(task, { torch, optimizer, emaDecay, processes, threads, pool });
    if (!pool) return { learner, batchesFrom: phase.batchesFrom };
    return {
      learner,
      batchesFrom: (firstSample) => pooledBatches(pool.batchesFrom(Math.floor(firstSample / pool.config.reuse), processes), processes, learner.add, pool.config, batchSize, firstSample),
    };
  }
  const learner = createEngineLearner(await openEngine(engine, task, { threads }), { groups: task.groups, optimizer, emaDecay });
  return { learner: learner as Learner<Batch | PoolDraw>, batchesFrom: phase.batchesFrom };
}

/** The first Ctrl-C aborts; a second one ends the process. */
function interruptionOf(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const release = () => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  };
  const interrupt = () => {
    process.stderr.write('\nStopping after this step; a second Ctrl-C stops at once.\n');
    controller.abort();
    release();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return { signal: controller.signal, release };
}
