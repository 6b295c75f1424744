import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { initialWeights, readWeights, writeWeights } from '@unblur/core-model';
import type { WeightValues } from '@unblur/core-model';
import { readCheckpoint, replaceFile, writeCheckpoint } from './checkpoint.js';
import type { LearnedState, Learner } from './learner.js';
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

/** What the loop is given: it makes no samples and holds no weights itself. */
export interface TrainingParts<B> {
  learner: Learner<B>;
  /** Batches from a sample index on, without end; the same index gives the same samples. */
  batchesFrom(sampleIndex: number): AsyncIterator<B>;
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
 * Trains until the run's last step: a batch, an update of the weights; now and then a validation, sample
 * pictures and a checkpoint. See `RUN_FILES` for what it leaves in the folder.
 *
 * @throws if a loss term or gradient is not finite, naming it; the last checkpoint stands.
 */
export async function trainRun<B>(config: RunConfig, runFolder: string, { learner, batchesFrom, validationSamples }: TrainingParts<B>, options: TrainingOptions = {}): Promise<TrainingResult> {
  const file = (name: string) => join(runFolder, name);
  const checkpointFile = file(RUN_FILES.checkpoint);
  const last = options.resume ? readCheckpoint(checkpointFile) : undefined;
  if (options.resume && !last) throw new Error(`Expected a checkpoint to resume from at '${checkpointFile}' but there is none; start the run without resuming.`);
  mkdirSync(file(RUN_FILES.samples), { recursive: true });

  if (!last) rmSync(checkpointFile, { force: true });
  await learner.load(last ?? { weights: startingWeights(config) });
  const log = new MetricsLog(file(RUN_FILES.metrics), last?.step ?? 0);
  const progress = options.progress ?? new Progress(config.steps, last?.step ?? 0);

  let step = last?.step ?? 0;
  let bestPsnr = last?.bestPsnr ?? null;
  let trainedSeconds = last?.trainedSeconds ?? 0;

  const saveCheckpoint = async () => {
    const samplesSeen = step * config.batchSize;
    const state = await learner.state();
    writeCheckpoint(checkpointFile, { step, samplesSeen, bestPsnr, trainedSeconds, ...state });
    saveWeights(file(RUN_FILES.weights), averagedWeights(state), config, { step, samplesSeen, trainedSeconds });
  };
  const runValidation = async (withPicture: boolean) => {
    const { report, restored } = await validate(learner, validationSamples);
    const best = bestPsnr === null || report.psnr.mean > bestPsnr;
    const row = validationRow(report, step, best);
    log.append(row);
    progress.line(describe(row));
    if (best) {
      bestPsnr = report.psnr.mean;
      saveWeights(file(RUN_FILES.bestWeights), averagedWeights(await learner.state()), config, { step, samplesSeen: step * config.batchSize, trainedSeconds });
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

      const learningRate = config.optimizer.learningRate * scheduleFactor(config.schedule, step + 1, config.steps);
      const { terms, gradientNorm } = await learner.update(batch as B, learningRate, step + 1);
      step += 1;

      const milliseconds = performance.now() - startedAt;
      trainedSeconds += milliseconds / 1000;
      const samplesPerSecond = (1000 * config.batchSize) / milliseconds;
      log.append({ kind: 'step', step, loss: terms, learningRate, gradientNorm, samplesPerSecond, dataWaitShare: waitedMilliseconds / milliseconds });
      progress.update(step, `loss ${terms['total']!.toFixed(4)}  ${samplesPerSecond.toFixed(1)} samples/s`);

      const lastStep = step === config.steps;
      const pictureDue = step % config.samplesEverySteps === 0 || lastStep;
      if (step % config.validation.everySteps === 0 || pictureDue) await runValidation(pictureDue);
      if (step % config.checkpointEverySteps === 0 || lastStep || options.signal?.aborted) await saveCheckpoint();
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

function averagedWeights({ weights, averages }: LearnedState): WeightValues {
  return Object.fromEntries(Object.entries(weights).map(([name, { shape }]) => [name, { shape, values: averages[name]! }]));
}

function describe({ step, psnr, gain, best }: ValidationRow): string {
  const figure = (position: 'first' | 'middle' | 'last' | 'mean') => `${position} ${psnr[position].toFixed(2)} (${gain[position] >= 0 ? '+' : ''}${gain[position].toFixed(2)})`;
  return `validation at step ${step}, PSNR in dB (gain over the blurred image): ${figure('first')}  ${figure('middle')}  ${figure('last')}  ${figure('mean')}${best ? '  best' : ''}`;
}
