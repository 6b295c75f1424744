import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { initialWeights, readWeights, writeWeights } from '@unblur/core-model';
import type { WeightValues } from '@unblur/core-model';
import { Adam } from './adam.js';
import { copyInto, readCheckpoint, replaceFile, writeCheckpoint } from './checkpoint.js';
import type { Batch, Engine } from './engine.js';
import { ExponentialAverage } from './exponential-average.js';
import { MetricsLog } from './metrics-log.js';
import type { ValidationRow } from './metrics-log.js';
import { Progress } from './progress.js';
import type { RunConfig } from './run-config.js';
import { RUN_FILES } from './run-files.js';
import { samplePicture } from './sample-picture.js';
import { scheduleFactor } from './schedule.js';
import { validate, validationRow } from './validation.js';
import type { ValidationSample } from './validation.js';

const SAMPLES_IN_PICTURE = 3;

/** What the loop is given: it makes no samples and computes no gradients itself. */
export interface TrainingParts {
  engine: Engine;
  /** Batches from a sample index on, without end; the same index gives the same samples. */
  batchesFrom(sampleIndex: number): AsyncIterator<Batch>;
  validationSamples: readonly ValidationSample[];
}

export interface TrainingOptions {
  /** Goes on from the folder's last checkpoint instead of starting anew. */
  resume?: boolean;
  /** When aborted, the step in progress is finished and a checkpoint written. */
  signal?: AbortSignal;
  progress?: Progress;
}

export interface TrainingResult {
  step: number;
  /** Whether the run ended early, by `signal`. */
  interrupted: boolean;
}

/**
 * Trains until the run's last step: batch, loss and gradients, Adam, average; now and then a validation, sample
 * pictures and a checkpoint. See `RUN_FILES` for what it leaves in the folder.
 *
 * @throws if a loss term or gradient is not finite, naming it; the last checkpoint stands.
 */
export async function trainRun(config: RunConfig, runFolder: string, { engine, batchesFrom, validationSamples }: TrainingParts, options: TrainingOptions = {}): Promise<TrainingResult> {
  const file = (name: string) => join(runFolder, name);
  const checkpointFile = file(RUN_FILES.checkpoint);
  const last = options.resume ? readCheckpoint(checkpointFile) : undefined;
  if (options.resume && !last) throw new Error(`Expected a checkpoint to resume from at '${checkpointFile}' but there is none; start the run without resuming.`);
  mkdirSync(file(RUN_FILES.samples), { recursive: true });

  const weights = last?.weights ?? startingWeights(config);
  const adam = new Adam(weights, config.optimizer);
  const average = new ExponentialAverage(weights, config.emaDecay);
  if (last) {
    copyInto(adam.firstMoments, last.firstMoments);
    copyInto(adam.secondMoments, last.secondMoments);
    copyInto(average.values, last.averages);
  } else {
    rmSync(checkpointFile, { force: true });
  }
  const log = new MetricsLog(file(RUN_FILES.metrics), last?.step ?? 0);
  const progress = options.progress ?? new Progress(config.steps, last?.step ?? 0);

  let step = last?.step ?? 0;
  let bestPsnr = last?.bestPsnr ?? null;
  let trainedSeconds = last?.trainedSeconds ?? 0;

  const saveCheckpoint = () => {
    const samplesSeen = step * config.batchSize;
    const { firstMoments, secondMoments } = adam;
    writeCheckpoint(checkpointFile, { step, samplesSeen, bestPsnr, trainedSeconds, weights, firstMoments, secondMoments, averages: average.values });
    saveWeights(file(RUN_FILES.weights), average.weights(), config, { step, samplesSeen, trainedSeconds });
  };
  const runValidation = async (withPicture: boolean) => {
    const { report, restored } = await validate(engine, average.weights(), validationSamples);
    const best = bestPsnr === null || report.psnr.mean > bestPsnr;
    const row = validationRow(report, step, best);
    log.append(row);
    progress.line(describe(row));
    if (best) {
      bestPsnr = report.psnr.mean;
      saveWeights(file(RUN_FILES.bestWeights), average.weights(), config, { step, samplesSeen: step * config.batchSize, trainedSeconds });
    }
    if (withPicture) replaceFile(file(join(RUN_FILES.samples, `step-${String(step).padStart(7, '0')}.png`)), await samplePicture(restored.slice(0, SAMPLES_IN_PICTURE)));
  };

  const batches = batchesFrom(step * config.batchSize);
  try {
    let nextBatch = batches.next();
    while (step < config.steps && !options.signal?.aborted) {
      const startedAt = performance.now();
      const { value: batch, done } = await nextBatch;
      if (done) throw new Error(`Expected batches without end but they ended before step ${step + 1}.`);
      const waitedMilliseconds = performance.now() - startedAt;
      nextBatch = batches.next();
      // A later failure to make a batch must not count as unhandled while this step is still busy.
      nextBatch.catch(() => {});

      const { terms, gradients } = await engine.lossAndGradients(weights, batch as Batch);
      expectFinite(terms, step + 1);
      const learningRate = config.optimizer.learningRate * scheduleFactor(config.schedule, step + 1, config.steps);
      const gradientNorm = adam.update(gradients, learningRate, step + 1);
      average.update(step + 1);
      step += 1;

      const milliseconds = performance.now() - startedAt;
      trainedSeconds += milliseconds / 1000;
      const samplesPerSecond = (1000 * config.batchSize) / milliseconds;
      log.append({ kind: 'step', step, loss: terms, learningRate, gradientNorm, samplesPerSecond, dataWaitShare: waitedMilliseconds / milliseconds });
      progress.update(step, `loss ${terms['total']!.toFixed(4)}  ${samplesPerSecond.toFixed(1)} samples/s`);

      const lastStep = step === config.steps;
      const pictureDue = step % config.samplesEverySteps === 0 || lastStep;
      if (step % config.validation.everySteps === 0 || pictureDue) await runValidation(pictureDue);
      if (step % config.checkpointEverySteps === 0 || lastStep || options.signal?.aborted) saveCheckpoint();
    }
  } finally {
    await batches.return?.();
  }
  return { step, interrupted: step < config.steps };
}

function startingWeights({ initialWeights: given, network, seed }: RunConfig): WeightValues {
  if (given === null) return initialWeights(network, seed);
  const { file, parts } = given;
  const { config, values } = readWeights(readFileSync(file));
  if (parts !== null) return withParts(initialWeights(network, seed), values, given.file, parts);
  if (JSON.stringify(config) !== JSON.stringify(network)) {
    throw new Error(`Expected the weights in '${file}' to be of the run's network but theirs has another config; set 'network' to ${JSON.stringify(config)}, or say which 'initialWeights.parts' to take.`);
  }
  return values;
}

/** @throws where a part has no weights, or one of another shape. */
function withParts(random: WeightValues, taken: WeightValues, file: string, parts: readonly string[]): WeightValues {
  const weights = { ...random };
  for (const part of parts) {
    const names = Object.keys(random).filter((name) => name.startsWith(part));
    if (names.length === 0) throw new Error(`Expected 'initialWeights.parts' to name parts of the network but it has no weight that begins with '${part}'.`);
    for (const name of names) {
      const [wanted, received] = [random[name]!.shape, taken[name]?.shape];
      if (received?.join() !== wanted.join()) throw new Error(`Expected '${name}' [${wanted}] in '${file}' but it is ${received ? `[${received}]` : 'missing'} there.`);
      weights[name] = taken[name]!;
    }
  }
  return weights;
}

function saveWeights(file: string, weights: WeightValues, { network }: RunConfig, progress: Record<string, number>): void {
  const metadata = Object.fromEntries(Object.entries(progress).map(([key, value]) => [key, String(Math.round(value))]));
  replaceFile(file, writeWeights(weights, network, { dtype: 'float32', metadata }));
}

/** @throws naming the first term that is not finite. */
function expectFinite(terms: Record<string, number>, step: number): void {
  for (const [name, value] of Object.entries(terms)) {
    if (!Number.isFinite(value)) throw new Error(`Expected a finite loss but its term '${name}' is ${value} at step ${step}; lower the learning rate or its weight, and resume from the last checkpoint.`);
  }
}

function describe({ step, psnr, gain, best }: ValidationRow): string {
  const figure = (position: 'first' | 'middle' | 'last' | 'mean') => `${position} ${psnr[position].toFixed(2)} (${gain[position] >= 0 ? '+' : ''}${gain[position].toFixed(2)})`;
  return `validation at step ${step}, PSNR in dB (gain over the blurred image): ${figure('first')}  ${figure('middle')}  ${figure('last')}  ${figure('mean')}${best ? '  best' : ''}`;
}
