import { join } from 'node:path';
import { writeAtomicallySync } from '@unblur/files';
import { writeCheckpoint } from './checkpoint.js';
import type { Checkpoint } from './checkpoint.js';
import { contactSheet } from './contact-sheet.js';
import { averagedWeights } from './learned-state.js';
import type { LearnedState } from './learned-state.js';
import type { Learner } from './learner.js';
import { MetricsLog } from './metrics-log.js';
import type { StepRow } from './metrics-log.js';
import { runFiles, samplesPicture } from './run-folder.js';
import { describeValidation, digestOf, validate, validationRow } from './validation.js';
import type { RestoredSample } from './validation.js';
import type { TrainingSystem, ValidationSample } from '../training-system.js';

const samplesInPicture = 3;

/** How far a run is, and what its folder gets of that: figures, checkpoints, weights, pictures. */
export class RunProgress {
  readonly #system: TrainingSystem;
  readonly #runFolder: string;
  readonly #validationSamples: readonly ValidationSample[];
  readonly #validationSet: string;
  readonly #onNote: ((line: string) => void) | undefined;
  readonly #log: MetricsLog;
  #step: number;
  #samplesSeen = 0;
  #trainedSeconds: number;
  #bestPsnr: number | null;

  /** @param last what the run goes on from, if it does. */
  constructor(
    system: TrainingSystem,
    runFolder: string,
    validationSamples: readonly ValidationSample[],
    last: Checkpoint | undefined,
    onNote: ((line: string) => void) | undefined,
  ) {
    this.#system = system;
    this.#runFolder = runFolder;
    this.#validationSamples = validationSamples;
    this.#onNote = onNote;
    this.#step = last?.step ?? 0;
    this.#trainedSeconds = last?.trainedSeconds ?? 0;
    this.#log = new MetricsLog(this.#file(runFiles.metrics), this.#step);
    this.#validationSet = digestOf(validationSamples);
    // Scores on other samples say nothing of which weights are the best.
    const isComparable = last && (last.validationSet ?? this.#validationSet) === this.#validationSet;
    this.#bestPsnr = isComparable ? last.bestPsnr : null;
  }

  /** Steps that are done, of earlier sessions too. */
  get step(): number {
    return this.#step;
  }

  /** Counts the next step. @param samplesSeen by the run, with this step. */
  addStep(figures: Omit<StepRow, 'kind' | 'step'>, samplesSeen: number, seconds: number): void {
    this.#step += 1;
    this.#samplesSeen = samplesSeen;
    this.#trainedSeconds += seconds;
    this.#log.append({ kind: 'step', step: this.#step, ...figures });
  }

  /** Scores the averaged weights, and keeps them where they are the best so far. */
  async validate(learner: Learner, withPicture: boolean): Promise<void> {
    const { report, restored } = await validate(learner, this.#validationSamples);
    const best = this.#bestPsnr === null || report.psnr.mean > this.#bestPsnr;
    const row = validationRow(report, this.#step, best);
    this.#log.append(row);
    this.#onNote?.(describeValidation(row));
    if (best) {
      this.#bestPsnr = report.psnr.mean;
      this.#writeWeights(runFiles.bestWeights, await learner.state());
    }
    if (withPicture) await this.#writePicture(restored);
  }

  async saveCheckpoint(learner: Learner): Promise<void> {
    const learned = await learner.state();
    writeCheckpoint(this.#file(runFiles.checkpoint), {
      step: this.#step,
      samplesSeen: this.#samplesSeen,
      bestPsnr: this.#bestPsnr,
      validationSet: this.#validationSet,
      trainedSeconds: this.#trainedSeconds,
      ...learned,
    });
    this.#writeWeights(runFiles.weights, learned);
  }

  #file(name: string): string {
    return join(this.#runFolder, name);
  }

  #writeWeights(name: string, learned: LearnedState): void {
    const metadata = {
      step: String(this.#step),
      samplesSeen: String(this.#samplesSeen),
      trainedSeconds: String(Math.round(this.#trainedSeconds)),
    };
    writeAtomicallySync(this.#file(name), this.#system.writeWeights(averagedWeights(learned), metadata));
  }

  async #writePicture(restored: readonly RestoredSample[]): Promise<void> {
    const picture = await contactSheet(restored.slice(0, samplesInPicture));
    writeAtomicallySync(this.#file(samplesPicture(this.#step)), picture);
    this.#log.appendPicture(picture, this.#step);
  }
}
