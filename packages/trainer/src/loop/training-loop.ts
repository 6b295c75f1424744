import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, writeAtomicallySync } from '@unblur/files';
import { writeCheckpoint } from './checkpoint.js';
import { contactSheet } from './contact-sheet.js';
import { averagedWeights } from './learned-state.js';
import type { LearnedState, StartingState } from './learned-state.js';
import type { Learner } from './learner.js';
import { MetricsLog } from './metrics-log.js';
import { checkpointToResume } from './resumption.js';
import { runFiles } from './run-folder.js';
import { describeValidation, digestOf, validate, validationRow } from './validation.js';
import { totalSteps } from '../training-system.js';
import type { Phase, TrainingSystem, ValidationSample } from '../training-system.js';

const samplesInPicture = 3;

/** How many steps lie between what the loop does beside training. */
export interface LoopIntervals {
  checkpointEverySteps: number;
  samplesEverySteps: number;
  validation: { everySteps: number };
}

/** Who learns in a phase, and what from. */
export interface PhaseParts<B> {
  learner: Learner<B>;
  /** Batches from a sample of the phase on, without end. */
  batchesFrom(firstSample: number): AsyncIterator<B>;
}

/** Who is told how a run goes. */
export interface RunReports {
  /**
   * Told after every step how far the run is: steps, of which those of earlier sessions count, or minutes where
   * the run is as long as its `minutes`.
   *
   * @param figures unit, loss and speed, such as `steps, loss 0.0210, 3.1 samples/s`.
   */
  onProgress?: ((done: number, total: number, figures: string) => void) | undefined;
  /** Told, in one line each, what of the run file has no effect or may surprise, and every validation. */
  onNote?: ((line: string) => void) | undefined;
}

export interface TrainingOptions extends RunReports {
  /** Goes on from the folder's last checkpoint instead of starting anew. */
  resume?: boolean;
  /** If they were read already. */
  validationSamples?: readonly ValidationSample[];
  /** When aborted, the step in progress is finished and a checkpoint written. */
  signal?: AbortSignal | undefined;
}

export interface TrainingResult {
  step: number;
  /** Whether the run ended early, by `signal`. */
  interrupted: boolean;
}

/**
 * Trains a system until the last step of its last phase: a batch, an update of the weights; now and then a
 * validation, sample pictures and a checkpoint. See `runFiles` for what it leaves in the folder.
 *
 * @param open opens an engine for a phase; the loop releases it at the phase's end.
 * @throws if a loss term or gradient is not finite, naming it; the last checkpoint stands.
 */
export async function trainRun<B>(
  system: TrainingSystem,
  intervals: LoopIntervals,
  runFolder: string,
  open: (phase: Phase) => Promise<PhaseParts<B>>,
  options: TrainingOptions = {},
): Promise<TrainingResult> {
  const file = (name: string) => join(runFolder, name);
  const checkpointFile = file(runFiles.checkpoint);
  const last = options.resume ? checkpointToResume(system, runFolder) : undefined;
  const validationSamples = options.validationSamples ?? (await system.readValidationSamples());
  await makeFolder(file(runFiles.samples));
  if (!last) rmSync(checkpointFile, { force: true });

  const steps = totalSteps(system);
  const log = new MetricsLog(file(runFiles.metrics), last?.step ?? 0);
  let step = last?.step ?? 0;
  let samplesSeen = 0;
  const validationSet = digestOf(validationSamples);
  // Scores on other samples say nothing of which weights are the best.
  let bestPsnr = last && (last.validationSet ?? validationSet) === validationSet ? last.bestPsnr : null;
  let trainedSeconds = last?.trainedSeconds ?? 0;
  let state: StartingState = last ?? { weights: system.startingWeights() };

  const saveWeights = (name: string, learned: LearnedState) => {
    const metadata = Object.fromEntries(
      Object.entries({ step, samplesSeen, trainedSeconds }).map(([key, value]) => [
        key,
        String(Math.round(value)),
      ]),
    );
    writeAtomicallySync(file(name), system.writeWeights(averagedWeights(learned), metadata));
  };
  const saveCheckpoint = async (learner: Learner<B>) => {
    const learned = await learner.state();
    writeCheckpoint(checkpointFile, {
      step,
      samplesSeen,
      bestPsnr,
      validationSet,
      trainedSeconds,
      ...learned,
    });
    saveWeights(runFiles.weights, learned);
  };
  const runValidation = async (learner: Learner<B>, withPicture: boolean) => {
    const { report, restored } = await validate(learner, validationSamples);
    const best = bestPsnr === null || report.psnr.mean > bestPsnr;
    const row = validationRow(report, step, best);
    log.append(row);
    options.onNote?.(describeValidation(row));
    if (best) {
      bestPsnr = report.psnr.mean;
      saveWeights(runFiles.bestWeights, await learner.state());
    }
    if (!withPicture) return;
    const picture = await contactSheet(restored.slice(0, samplesInPicture));
    writeAtomicallySync(file(join(runFiles.samples, `step-${String(step).padStart(7, '0')}.png`)), picture);
    log.appendPicture(picture, step);
  };

  /** Trains from where the run stands to the phase's end. */
  const trainPhase = async (phase: Phase, stepsBefore: number, samplesBefore: number) => {
    const { learner, batchesFrom } = await open(phase);
    try {
      await learner.load(step > stepsBefore ? state : { weights: state.weights, averages: state.averages });
      const batches = batchesFrom((step - stepsBefore) * phase.batchSize);
      try {
        let nextBatch = batches.next();
        while (step < stepsBefore + phase.steps && !options.signal?.aborted) {
          const startedAt = performance.now();
          const { value: batch, done } = await nextBatch;
          if (done) {
            throw new Error(`Expected an endless stream of batches but it ended before step ${step + 1}.`);
          }
          const waitedMilliseconds = performance.now() - startedAt;
          nextBatch = batches.next();
          // A later failure to make a batch must not count as unhandled while this step is still busy.
          nextBatch.catch(() => {});

          const phaseStep = step - stepsBefore + 1;
          const learningRates = phase.groups.map((group) => group.learningRate(phaseStep));
          const { terms, gradientNorm } = await learner.update(batch as B, learningRates, phaseStep);
          step += 1;
          samplesSeen = samplesBefore + phaseStep * phase.batchSize;

          const milliseconds = performance.now() - startedAt;
          trainedSeconds += milliseconds / 1000;
          const samplesPerSecond = (1000 * phase.batchSize) / milliseconds;
          log.append({
            kind: 'step',
            step,
            loss: terms,
            learningRate: Math.max(...learningRates),
            ...(learningRates.length > 1 && { learningRates }),
            gradientNorm,
            samplesPerSecond,
            dataWaitShare: waitedMilliseconds / milliseconds,
          });
          options.onProgress?.(step, steps, `steps, ${describeStep(terms['total']!, samplesPerSecond)}`);

          const lastStep = step === steps;
          const pictureDue = step % intervals.samplesEverySteps === 0 || lastStep;
          if (step % intervals.validation.everySteps === 0 || pictureDue) {
            await runValidation(learner, pictureDue);
          }
          if (
            step % intervals.checkpointEverySteps === 0 ||
            phaseStep === phase.steps ||
            options.signal?.aborted
          ) {
            await saveCheckpoint(learner);
          }
        }
      } finally {
        await batches.return?.();
      }
      state = await learner.state();
    } finally {
      await learner.release();
    }
  };

  let [stepsBefore, samplesBefore] = [0, 0];
  for (const phase of system.phases) {
    if (step < stepsBefore + phase.steps && !options.signal?.aborted) {
      await trainPhase(phase, stepsBefore, samplesBefore);
    }
    stepsBefore += phase.steps;
    samplesBefore += phase.steps * phase.batchSize;
  }
  return { step, interrupted: step < steps };
}

/** Such as `loss 0.0210, 3.1 samples/s`. */
export function describeStep(loss: number, samplesPerSecond: number): string {
  return `loss ${loss.toFixed(4)}, ${samplesPerSecond.toFixed(1)} samples/s`;
}
