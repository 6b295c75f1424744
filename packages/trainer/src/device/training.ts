import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { makeTemporaryFolder } from '@unblur/files';
import type { MetricsRow } from '../loop/metrics-log.js';
import type { Progress } from '../loop/progress.js';
import type { TrainingResult } from '../loop/training-loop.js';
import { describeValidation } from '../loop/validation.js';
import { runFiles } from '../loop/run-folder.js';
import type { LoadedRun } from '../systems/load-run.js';
import { requireTorch, torchEnvironment } from '../engines/torch/torch-process.js';
import { planDeviceRun } from './plan.js';
import { writePlan } from './archive.js';
import { takeInResults } from './results.js';

const resultsFolder = 'results';

/**
 * Trains a run whose samples are made on the device, on this machine: plans it as for an archive, starts the
 * Python program on the plan, and takes in its results.
 *
 * @param runFolder holds the run's checkpoint if it goes on.
 * @param signal makes the program finish the step in progress and write a checkpoint.
 * @throws if there is no Python with torch, or the program fails.
 */
export async function trainOnDevice(
  run: LoadedRun,
  runFolder: string,
  processes: number,
  progress: Pick<Progress, 'line'>,
  signal: AbortSignal,
): Promise<TrainingResult> {
  const python = requireTorch();
  const folder = makeTemporaryFolder(tmpdir());
  try {
    writePlan(folder, await planDeviceRun(run), true);
    const [results, log] = [join(runFolder, resultsFolder), join(runFolder, runFiles.metrics)];
    // The log of earlier sessions goes on.
    mkdirSync(results, { recursive: true });
    if (existsSync(log)) renameSync(log, join(results, runFiles.metrics));
    const last = await runProgram(
      python,
      ['-m', 'unblur_torch.device_run', folder, runFolder, '--processes', String(processes)],
      run.config.threads,
      progress,
      signal,
    );
    const { step } = await takeInResults(run, results, runFolder);
    rmSync(results, { recursive: true });
    return { step, interrupted: last !== undefined && last < 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the share of the run that the last step logged had behind it. */
async function runProgram(
  python: string,
  commands: string[],
  threads: number,
  progress: Pick<Progress, 'line'>,
  signal: AbortSignal,
): Promise<number | undefined> {
  // In a process group of its own: Ctrl-C comes from here alone, not from the terminal too, which would be two.
  // If this process is killed, the program ends with its next line, which nobody reads.
  const child = spawn(python, commands, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: torchEnvironment(threads),
    detached: true,
  });
  const endBoth = () => {
    child.kill('SIGKILL');
    // Nobody listens any more: this process ends too.
    process.kill(process.pid, 'SIGINT');
  };
  const interrupt = () => {
    child.kill('SIGINT');
    process.once('SIGINT', endBoth);
  };
  signal.addEventListener('abort', interrupt);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let done: number | undefined;
  let shownAt = -Infinity;
  for await (const line of createInterface({ input: child.stdout })) {
    const row = JSON.parse(line) as MetricsRow & { done?: number };
    if (row.kind === 'validation') progress.line(describeValidation(row));
    if (row.kind !== 'step') continue;
    done = row.done;
    if (performance.now() - shownAt < 10_000) continue;
    shownAt = performance.now();
    progress.line(
      `step ${row.step}  ${Math.round(100 * (row.done ?? 0))} %  loss ${row.loss['total']!.toFixed(4)}  ${row.samplesPerSecond.toFixed(1)} samples/s`,
    );
  }
  const code = await ended;
  signal.removeEventListener('abort', interrupt);
  process.off('SIGINT', endBoth);
  if (code !== 0) throw new Error('The torch program ended early; what it says is above.');
  return done;
}
