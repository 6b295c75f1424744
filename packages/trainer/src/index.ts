// A run, from its file to its folder.
export { train } from './train.js';
export type { TrainOptions } from './train.js';
export { loadPhotoRun, loadRun } from './systems/load-run.js';
export type { LoadedRun } from './systems/load-run.js';
export type { EngineName, RunSettings } from './run-file/fields.js';
export type { RunChanges, SystemDefinition } from './run-file/run-file.js';
export { runFiles } from './loop/run-folder.js';
export type { TrainingResult } from './loop/training-loop.js';
export { readCheckpoint, writeCheckpoint } from './loop/checkpoint.js';
export type { Checkpoint } from './loop/checkpoint.js';
export { readMetrics } from './loop/metrics-log.js';
export type { FigureByPosition, MetricsRow, SetbackRow, StepRow, ValidationRow } from './loop/metrics-log.js';
export { writeRunReport } from './report/run-report.js';

// A run on another machine.
export { packRun } from './device/archive.js';
export type { RunArchive, RunArchiveOptions } from './device/archive.js';
export { collectRun } from './device/results.js';

// What can be trained, and what computes it.
export type {
  Batch,
  LearningTask,
  LossTerms,
  Objective,
  ParameterGroup,
  Phase,
  Restoration,
  TrainingSystem,
  ValidationSample,
} from './training-system.js';
export type { Engine, StepResult } from './engines/engine.js';
export { createTracedEngine } from './engines/traced-engine.js';
export { createTorchLearner } from './engines/torch/torch-learner.js';
export type { TorchConfig, TorchLearner, TorchLearnerOptions } from './engines/torch/torch-learner.js';
export { findTorch } from './engines/torch/torch-program.js';
export type { FoundTorch } from './engines/torch/torch-program.js';
export { createEngineLearner } from './loop/learner.js';
export type { EngineLearnerOptions, Learner, UpdateResult } from './loop/learner.js';
export type { LearnedState, StartingState } from './loop/learned-state.js';
export { Adam } from './loop/adam.js';
export type { AdamOptions } from './loop/adam.js';

// The photo network.
export type { PhotoRun } from './systems/photo/photo-run.js';
export { photoTask } from './systems/photo/photo-system.js';
export type { PhotoObjective } from './systems/photo/photo-system.js';
export type { PhotoLossConfig } from './systems/photo/photo-loss.js';
export { sampleValues } from './systems/samples/sample-batch.js';
export type { SampleBatch, SampleContents, SampleSizes } from './systems/samples/sample-batch.js';

// Losses.
export { photometricLoss } from './losses/photometric-loss.js';
export type { PhotometricOptions } from './losses/photometric-loss.js';
export type { PhotometricNorm } from './losses/image-distance.js';
export { trajectoryLoss } from './losses/trajectory-loss.js';
export { transformationConsistencyLoss } from './losses/transformation-consistency-loss.js';
export { symmetricPenalty } from './losses/symmetric-penalty.js';
export { orderInvariantPairLoss } from './losses/order-invariant-pair-loss.js';
export { hardExampleLoss } from './losses/hard-example-loss.js';
export type { HardExampleLoss, HardExampleOptions } from './losses/hard-example-loss.js';
