import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { doLocked, expectOptions, type OptionNames } from '@unblur/files';
import { excerptOfValue } from '@unblur/files/parsed-value';
import { learningTask, totalSteps } from './training-system.js';
import type { Phase, TrainingSystem } from './training-system.js';
import { openEngine } from './engines/choice.js';
import { createEngineLearner } from './loop/learner.js';
import type { Learner } from './loop/learner.js';
import { readMetrics } from './loop/metrics-log.js';
import { bringBackLog, checkpointOfNetwork, checkpointToResume } from './loop/resumption.js';
import { trainRun } from './loop/training-loop.js';
import type { RunReports, TrainingResult } from './loop/training-loop.js';
import type { EngineName, RunSettings } from './run-file/fields.js';
import type { RunChanges } from './run-file/run-file.js';
import { runNotes } from './run-file/run-notes.js';
import { changesNote, recordRun } from './loop/run-record.js';
import { runFiles, runFolderOf } from './loop/run-folder.js';
import { loadRun } from './systems/load-run.js';
import type { LoadedRun } from './systems/load-run.js';
import { isEventFile } from './tensorboard/event-log.js';

export interface TrainOptions extends RunReports {
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
  /** Instead of the run file's. */
  synthesis?: 'processor' | 'device';
  /** Instead of the run file's. */
  minutes?: number;
  /** Told of the run as its file has it, with the options here, before it starts. */
  onStart?: (config: RunSettings) => void | Promise<void>;
  /**
   * When aborted, the step in progress is finished and a checkpoint written; before the first step, nothing is
   * written that was not there.
   */
  signal?: AbortSignal | undefined;
}

const trainOptionNames: OptionNames<TrainOptions> = {
  out: true,
  resume: 'boolean',
  engine: true,
  processes: true,
  changes: true,
  synthesis: true,
  minutes: true,
  onStart: 'function',
  onProgress: 'function',
  onNote: 'function',
  signal: 'signal',
};

const mostProcesses = 64;

/**
 * Trains what a run file describes, of whichever system.
 *
 * @throws if an option is not known, the run file is not right, its data cannot be read, another process trains
 * in the folder, the folder holds another run and `resume` is not set, or a loss term is not finite.
 */
export async function train(
  runFile: string,
  options: TrainOptions = {},
): Promise<TrainingResult & { runFolder: string }> {
  const {
    out,
    resume = false,
    engine,
    processes = 1,
    changes = {},
    synthesis,
    minutes,
    onStart,
    signal = new AbortController().signal,
    onProgress,
    onNote,
  } = expectOptions(options, trainOptionNames, "train('my-run.yaml', { out: 'runs/first' })");
  if (!(Number.isInteger(processes) && processes >= 1 && processes <= mostProcesses)) {
    throw new Error(
      `Expected from 1 to ${mostProcesses} processes but received ${excerptOfValue(processes)}.`,
    );
  }
  const { definition, config } = loadRun(runFile, {
    ...changes,
    ...(engine && { engine }),
    ...(synthesis && { synthesis }),
    ...(minutes !== undefined && { minutes }),
  });
  if (config.engine !== 'torch' && processes !== 1) {
    throw new Error(
      `Expected the engine 'torch' for ${processes} processes but the run's is '${config.engine}'.`,
    );
  }
  const runFolder = runFolderOf(runFile, out);
  return doLocked(runFolder, 'training', async () => {
    if (resume) bringBackLog(runFolder);
    else expectNothingTrained(runFolder);
    const system = definition.open(config);
    const job: TrainingJob = { definition, config, system, runFolder, resume, processes, signal };
    const reports: RunReports = { onProgress, onNote };
    const announce = async () => {
      await onStart?.(config);
      for (const line of runNotes(config, totalSteps(system))) note(reports, line);
    };
    const result =
      config.synthesis === 'device'
        ? await trainFromDeviceSamples(job, reports, announce)
        : await trainFromProcessorSamples(job, reports, announce);
    return { ...result, runFolder };
  });
}

/** What is trained, and how. */
interface TrainingJob extends LoadedRun {
  system: TrainingSystem;
  runFolder: string;
  resume: boolean;
  processes: number;
  signal: AbortSignal;
}

function note({ onNote }: RunReports, line: string): void {
  onNote?.(`note: ${line}`);
}

/** @param announce called once it is known that the run can start. */
async function trainFromDeviceSamples(
  { definition, config, system, runFolder, resume, processes, signal }: TrainingJob,
  { onProgress, onNote }: RunReports,
  announce: () => Promise<void>,
): Promise<TrainingResult> {
  const last = resume ? checkpointOfNetwork(system, runFolder) : undefined;
  await announce();
  const { trainOnDevice } = await import('./device/training.js');
  return trainOnDevice({ definition, config }, runFolder, {
    processes,
    steps: totalSteps(system),
    lastStep: last?.step,
    signal,
    onProgress,
    onNote,
  });
}

/** @param announce called once it is known that the run can start. */
async function trainFromProcessorSamples(
  { config, system, runFolder, resume, processes, signal }: TrainingJob,
  reports: RunReports,
  announce: () => Promise<void>,
): Promise<TrainingResult> {
  // Before the run file is replaced: a run that cannot start leaves the record of the one before it alone.
  const last = resume ? checkpointToResume(system, runFolder) : undefined;
  const validationSamples = await system.readValidationSamples();
  await announce();
  // A Ctrl-C while this process was busy is heard in the next turn.
  await nextTurn();
  if (signal.aborted) return { step: last?.step ?? 0, interrupted: true };
  const heldRun =
    existsSync(join(runFolder, runFiles.config)) || existsSync(join(runFolder, runFiles.metrics));
  const changes = recordRun(config, runFolder, last?.step);
  if (changes.length > 0) note(reports, changesNote(changes, last!.step));

  try {
    return await trainRun(
      system,
      config,
      runFolder,
      (phase) => openLearner(system, phase, config, processes),
      {
        last,
        validationSamples,
        signal,
        ...reports,
      },
    );
  } catch (error) {
    if (!heldRun) removeUnbegunRun(runFolder);
    throw error;
  }
}

/** @throws where the folder of a run holds what training took to make. */
function expectNothingTrained(runFolder: string): void {
  const holds = (name: string) => existsSync(join(runFolder, name));
  if (holds(runFiles.checkpoint)) {
    throw new Error(
      `Expected a folder without a run but '${runFolder}' holds a checkpoint; continue from it (--resume), or choose another folder (--out).`,
    );
  }
  if (holds(runFiles.weights)) {
    throw new Error(
      `Expected a folder without a run but '${runFolder}' holds ${runFiles.weights} and no checkpoint to continue from, as after --collect; choose another folder (--out), and start there from these weights with 'initialWeights'.`,
    );
  }
}

/** Removes what a run has made that failed before its first step, as where its engine is not installed. */
function removeUnbegunRun(runFolder: string): void {
  if (readMetrics(join(runFolder, runFiles.metrics)).length > 0) return;
  for (const name of readdirSync(runFolder)) {
    if (name === runFiles.config || name === runFiles.metrics || isEventFile(name)) {
      rmSync(join(runFolder, name), { force: true });
    }
  }
  const samples = join(runFolder, runFiles.samples);
  if (existsSync(samples) && readdirSync(samples).length === 0) rmdirSync(samples);
}

/** Who learns in a phase, by the run's engine, which is loaded only now. */
async function openLearner(
  system: TrainingSystem,
  phase: Phase,
  { engine, torch, threads, emaDecay }: RunSettings,
  processes: number,
): Promise<Learner> {
  const { optimizer } = system;
  const task = learningTask(system, phase);
  if (engine === 'torch') {
    const { createTorchLearner } = await import('./engines/torch/torch-learner.js');
    return createTorchLearner(task, { torch, optimizer, emaDecay, processes, threads });
  }
  return createEngineLearner(await openEngine(engine, task, { threads }), {
    groups: task.groups,
    optimizer,
    emaDecay,
  });
}
