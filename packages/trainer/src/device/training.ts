import { spawn } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { makeFolder, makeTemporaryFolder, removeTemporary } from '@unblur/files';
import type { MetricsRow } from '../loop/metrics-log.js';
import { describeStep } from '../loop/training-loop.js';
import type { RunReports, TrainingResult } from '../loop/training-loop.js';
import { describeValidation } from '../loop/validation.js';
import { runFiles } from '../loop/run-folder.js';
import { changesNote, recordRun } from '../loop/run-record.js';
import type { LoadedRun } from '../systems/load-run.js';
import { requireTorch, torchEnvironment } from '../engines/torch/torch-program.js';
import { planDeviceRun } from './plan.js';
import { writePlan } from './archive.js';
import { takeInResults } from './results.js';

export interface DeviceTrainingOptions extends RunReports {
  /** One per GPU. */
  processes: number;
  /** Of the whole run, unless it goes by the clock. */
  steps: number;
  /** That of the checkpoint which the run goes on from; `undefined` if it begins. */
  lastStep: number | undefined;
  /**
   * Makes the program finish the step in progress and write a checkpoint; before the first step it stops
   * everything at once, and the folder holds what it held.
   */
  signal: AbortSignal;
}

/**
 * Trains a run whose samples are made on the device, on this machine: plans it as for an archive, starts the
 * Python program on the plan, and takes in its results.
 *
 * @param runFolder holds the run's checkpoint if it goes on.
 * @throws if there is no Python with torch, or the program fails.
 */
export async function trainOnDevice(
  run: LoadedRun,
  runFolder: string,
  options: DeviceTrainingOptions,
): Promise<TrainingResult> {
  const { processes, signal, lastStep } = options;
  const interruptedBefore = (): TrainingResult => ({ step: lastStep ?? 0, interrupted: true });
  const python = requireTorch();
  const plan = await unlessAborted(signal, () => planDeviceRun(run, signal));
  if (plan === undefined) return interruptedBefore();
  const folder = makeTemporaryFolder(tmpdir());
  try {
    writePlan(folder, plan);
    const [results, log] = [join(runFolder, runFiles.results), join(runFolder, runFiles.metrics)];
    const resultsAreNew = (await makeFolder(results)) !== undefined;
    // The log of earlier sessions goes on.
    const logBefore = existsSync(log);
    if (logBefore) renameSync(log, join(results, runFiles.metrics));
    let hasBegun = false;
    const leaveAsBefore = () => {
      if (logBefore) renameSync(join(results, runFiles.metrics), log);
      if (resultsAreNew) rmSync(results, { recursive: true });
    };
    const last = await runProgram(
      python,
      [
        '-m',
        'unblur_torch.device_command',
        folder,
        runFolder,
        '--processes',
        String(processes),
        '--end-with-input',
      ],
      run.config.threads,
      { ...options, minutes: run.config.minutes },
      () => {
        hasBegun = true;
        const changes = recordRun(run.config, runFolder, lastStep);
        if (changes.length > 0) options.onNote?.(`note: ${changesNote(changes, lastStep!)}`);
      },
    ).catch((error: unknown) => {
      if (!hasBegun) leaveAsBefore();
      throw error;
    });
    if (last === undefined && signal.aborted) {
      leaveAsBefore();
      return interruptedBefore();
    }
    const { step } = await takeInResults(run, results, runFolder);
    rmSync(results, { recursive: true });
    return { step, interrupted: last !== undefined && last < 1 };
  } finally {
    await removeTemporary(folder);
  }
}

/** @returns `undefined` as soon as the signal is aborted, without waiting for the work. */
async function unlessAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
  // A Ctrl-C from before, while this process heard nothing, counts too.
  await nextTurn();
  if (signal.aborted) return undefined;
  const aborted = new Promise<undefined>((resolve) =>
    signal.addEventListener('abort', () => resolve(undefined), { once: true }),
  );
  return Promise.race([work(), aborted]);
}

/**
 * @returns the share of the run that the last step logged had behind it; `undefined` if it logged none, as
 * where `signal` came before the first one.
 */
async function runProgram(
  python: string,
  commands: string[],
  threads: number,
  { steps, minutes, signal, onProgress, onNote }: DeviceTrainingOptions & { minutes: number | null },
  onFirstStep: () => void,
): Promise<number | undefined> {
  // In a process group of its own: Ctrl-C comes from here alone, not from the terminal too, which would be
  // two. However this process ends, the program's standard input closes then, and it ends at once.
  const child = spawn(python, commands, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: torchEnvironment(threads),
    detached: true,
  });
  let done: number | undefined;
  /** With the processes that it has started. */
  const endProgram = () => {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (!ended) process.kill(-child.pid!, 'SIGKILL');
  };
  const interrupt = () => {
    // Before its first step there is nothing to finish, and while it loads it does not listen.
    if (done === undefined) {
      endProgram();
      return;
    }
    child.kill('SIGINT');
  };
  signal.addEventListener('abort', interrupt);
  // One from before is not told again.
  if (signal.aborted) interrupt();
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const row = JSON.parse(line) as MetricsRow & { done?: number };
    if (row.kind === 'validation') onNote?.(describeValidation(row));
    if (row.kind !== 'step') continue;
    if (done === undefined) onFirstStep();
    done = row.done;
    const figures = describeStep(row.loss['total']!, row.samplesPerSecond);
    if (minutes === null) onProgress?.(row.step, steps, `steps, ${figures}`);
    else onProgress?.((row.done ?? 0) * minutes, minutes, `min, step ${row.step}, ${figures}`);
  }
  const code = await ended;
  signal.removeEventListener('abort', interrupt);
  const endedHere = done === undefined && signal.aborted;
  if (code !== 0 && !endedHere) throw new Error('The torch program ended early; its output is above.');
  return done;
}
