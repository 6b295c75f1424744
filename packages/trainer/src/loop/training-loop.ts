import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '@unblur/files';
import type { StartingState } from './learned-state.js';
import type { Learner } from './learner.js';
import type { Checkpoint } from './checkpoint.js';
import { runFiles } from './run-folder.js';
import { RunProgress } from './run-progress.js';
import { totalSteps } from '../training-system.js';
import type { Batch, Phase, TrainingSystem, ValidationSample } from '../training-system.js';

/** How many steps lie between what the loop does beside training. */
export interface LoopIntervals {
  checkpointEverySteps: number;
  samplesEverySteps: number;
  validation: { everySteps: number };
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
  /** What the run goes on from; `undefined` if it begins. */
  last: Checkpoint | undefined;
  validationSamples: readonly ValidationSample[];
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
 * @param open who learns in a phase; the loop releases it at the phase's end.
 * @throws if a loss term or gradient is not finite, naming it; the last checkpoint stands.
 */
export async function trainRun(
  system: TrainingSystem,
  intervals: LoopIntervals,
  runFolder: string,
  open: (phase: Phase) => Promise<Learner>,
  options: TrainingOptions,
): Promise<TrainingResult> {
  const { last, validationSamples } = options;
  await makeFolder(join(runFolder, runFiles.samples));
  if (!last) rmSync(join(runFolder, runFiles.checkpoint), { force: true });

  const steps = totalSteps(system);
  const progress = new RunProgress(system, runFolder, validationSamples, last, options.onNote);
  const loop = new TrainingLoop(progress, steps, intervals, options);
  let state: StartingState = last ?? { weights: system.startingWeights() };
  for (const place of placesOf(system.phases)) {
    if (progress.step >= place.stepsBefore + place.phase.steps || options.signal?.aborted) continue;
    state = await loop.trainPhase(place, await open(place.phase), state);
  }
  return { step: progress.step, interrupted: progress.step < steps };
}

/** A phase, and what lies before it in its run. */
interface PhaseInRun {
  phase: Phase;
  stepsBefore: number;
  samplesBefore: number;
}

function placesOf(phases: readonly Phase[]): PhaseInRun[] {
  let [stepsBefore, samplesBefore] = [0, 0];
  return phases.map((phase) => {
    const place = { phase, stepsBefore, samplesBefore };
    stepsBefore += phase.steps;
    samplesBefore += phase.steps * phase.batchSize;
    return place;
  });
}

/** Trains phase after phase. */
class TrainingLoop {
  readonly #progress: RunProgress;
  readonly #steps: number;
  readonly #intervals: LoopIntervals;
  readonly #options: TrainingOptions;

  /** @param steps of all phases. */
  constructor(progress: RunProgress, steps: number, intervals: LoopIntervals, options: TrainingOptions) {
    this.#progress = progress;
    this.#steps = steps;
    this.#intervals = intervals;
    this.#options = options;
  }

  /** Trains from where the run stands to the phase's end. @returns what has been learned by then. */
  async trainPhase(place: PhaseInRun, learner: Learner, state: StartingState): Promise<StartingState> {
    const stepsOfPhase = this.#progress.step - place.stepsBefore;
    try {
      // Moments are of the weights that learn in a phase, and begin with it.
      await learner.load(stepsOfPhase > 0 ? state : { weights: state.weights, averages: state.averages });
      const batches = place.phase.batchesFrom(stepsOfPhase * place.phase.batchSize);
      try {
        await this.#takeSteps(place, learner, batches);
      } finally {
        await batches.return?.();
      }
      return await learner.state();
    } finally {
      await learner.release();
    }
  }

  async #takeSteps(place: PhaseInRun, learner: Learner, batches: AsyncIterator<Batch>): Promise<void> {
    const { phase, stepsBefore, samplesBefore } = place;
    const progress = this.#progress;
    let nextBatch = batches.next();
    while (progress.step < stepsBefore + phase.steps && !this.#options.signal?.aborted) {
      const startedAt = performance.now();
      const { value: batch, done } = await nextBatch;
      if (done) {
        throw new Error(
          `Expected an endless stream of batches but it ended before step ${progress.step + 1}.`,
        );
      }
      const waitedMilliseconds = performance.now() - startedAt;
      nextBatch = batches.next();
      // A later failure to make a batch must not count as unhandled while this step is still busy.
      nextBatch.catch(() => {});

      const phaseStep = progress.step - stepsBefore + 1;
      const learningRates = phase.groups.map((group) => group.learningRate(phaseStep));
      const { terms, gradientNorm } = await learner.update(batch as Batch, learningRates, phaseStep);
      const milliseconds = performance.now() - startedAt;
      const samplesPerSecond = (1000 * phase.batchSize) / milliseconds;
      progress.addStep(
        {
          loss: terms,
          learningRate: Math.max(...learningRates),
          ...(learningRates.length > 1 && { learningRates }),
          gradientNorm,
          samplesPerSecond,
          dataWaitShare: waitedMilliseconds / milliseconds,
        },
        samplesBefore + phaseStep * phase.batchSize,
        milliseconds / 1000,
      );
      const figures = `steps, ${describeStep(terms['total']!, samplesPerSecond)}`;
      this.#options.onProgress?.(progress.step, this.#steps, figures);
      await this.#writeWhatIsDue(learner, phaseStep === phase.steps);
    }
  }

  /** Validations, pictures and checkpoints. */
  async #writeWhatIsDue(learner: Learner, endsPhase: boolean): Promise<void> {
    const { step } = this.#progress;
    const { validation, samplesEverySteps, checkpointEverySteps } = this.#intervals;
    const pictureDue = step % samplesEverySteps === 0 || step === this.#steps;
    if (step % validation.everySteps === 0 || pictureDue) await this.#progress.validate(learner, pictureDue);
    if (step % checkpointEverySteps === 0 || endsPhase || this.#options.signal?.aborted) {
      await this.#progress.saveCheckpoint(learner);
    }
  }
}

/** Such as `loss 0.0210, 3.1 samples/s`. */
export function describeStep(loss: number, samplesPerSecond: number): string {
  return `loss ${loss.toFixed(4)}, ${samplesPerSecond.toFixed(1)} samples/s`;
}
