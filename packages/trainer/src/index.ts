export { Adam, globalNorm } from './loop/adam.js';
export type { AdamOptions, NamedArrays } from './loop/adam.js';
export { readCheckpoint, writeCheckpoint } from './loop/checkpoint.js';
export type { Checkpoint } from './loop/checkpoint.js';
export type { DataConfig, WeightedSource } from './run-file/sources.js';
export { createEagerEngine } from './engines/eager-engine.js';
export { engineNames } from './engines/choice.js';
export type { EngineName } from './engines/choice.js';
export type { Engine, StepResult } from './engines/engine.js';
export type { Batch } from './training-system.js';
export { ExponentialAverage } from './loop/exponential-average.js';
export { createEngineLearner } from './loop/learner.js';
export type {
  EngineLearnerOptions,
  LearnedState,
  Learner,
  StartingState,
  UpdateResult,
} from './loop/learner.js';
export {
  experimentFigures,
  experimentMetrics,
  listExperiments,
  loadExperiment,
} from './experiments/experiment-file.js';
export type {
  Experiment,
  ExperimentFigure,
  ExperimentMetric,
  ExperimentRow,
  MadeSet,
  RowOrigin,
  SampleSet,
} from './experiments/experiment-file.js';
export { lossInOrder } from './losses/frame-order.js';
export type { FrameOrder, KnownMotion, SequenceLoss } from './losses/frame-order.js';
export { pairwiseOrderInvariantLoss } from './losses/pairwise-order-invariant-loss.js';
export { photometricLoss } from './losses/photometric-loss.js';
export type { PhotometricNorm, PhotometricOptions } from './losses/photometric-loss.js';
export { symmetricPenalty } from './losses/symmetric-penalty.js';
export { trajectoryLoss } from './losses/trajectory-loss.js';
export { transformationConsistencyLoss } from './losses/transformation-consistency-loss.js';
export { readMetrics } from './loop/metrics-log.js';
export type { FigureByPosition, MetricsRow, SetbackRow, StepRow, ValidationRow } from './loop/metrics-log.js';
export { paperLoss } from './systems/paper/paper-loss.js';
export type { PaperLossConfig } from './systems/paper/paper-loss.js';
export type { PaperRun } from './systems/paper/paper-run.js';
export { paperTask } from './systems/paper/paper-system.js';
export { photoLoss } from './systems/photo/photo-loss.js';
export type { PhotoLossConfig } from './systems/photo/photo-loss.js';
export { loadPhotoRun, parsePhotoRun, writePhotoRun } from './systems/photo/photo-run.js';
export type { PhotoRun } from './systems/photo/photo-run.js';
export { photoTask } from './systems/photo/photo-system.js';
export type { PhotoObjective } from './systems/photo/photo-system.js';
export { runFiles as RUN_FILES } from './loop/run-folder.js';
export { trainRun } from './loop/training-loop.js';
export type { PhaseParts, RunSchedule, TrainingOptions, TrainingResult } from './loop/training-loop.js';
export type { RunSettings } from './run-file/fields.js';
export type { RunChanges, SystemDefinition } from './run-file/run-file.js';
export { lineChart } from './report/line-chart.js';
export type { ChartOptions, Series } from './report/line-chart.js';
export { writeRunReport } from './report/run-report.js';
export { sampleShapes, sampleValues } from './systems/samples/sample-batch.js';
export type {
  GroundTruth,
  SampleBatch,
  SampleContents,
  SampleSizes,
} from './systems/samples/sample-batch.js';
export { scheduleFactor } from './loop/schedule.js';
export type { CosineSchedule, ScheduleConfig, StepSchedule } from './loop/schedule.js';
export { findTorch } from './engines/torch/torch-process.js';
export type { FoundTorch } from './engines/torch/torch-process.js';
export { createTracedEngine } from './engines/traced-engine.js';
export { train } from './train.js';
export type { TrainOptions } from './train.js';
export { packRun } from './device/archive.js';
export type { RunArchive, RunArchiveOptions } from './device/archive.js';
export { collectRun } from './device/results.js';
export { createTorchLearner } from './engines/torch/torch-learner.js';
export type { TorchConfig } from './engines/torch/torch-learner.js';
export type { TorchLearner, TorchLearnerOptions } from './engines/torch/torch-learner.js';
export { loadRun } from './systems/load-run.js';
export type { LoadedRun } from './systems/load-run.js';
export { lossStep, restorationStep, trainingStep } from './engines/training-step.js';
export { learningTask, totalSteps } from './training-system.js';
export type {
  LearningTask,
  LossTerms,
  Objective,
  ParameterGroup,
  Phase,
  Restoration,
  TrainingSystem,
} from './training-system.js';
export { hardExampleLoss } from './losses/hard-example-loss.js';
export type { HardExampleLoss, HardExampleOptions } from './losses/hard-example-loss.js';
export { cascadeObjective, flowObjective, middleRestoration } from './systems/video/video-objectives.js';
export type { VideoRunConfig } from './systems/video/video-run.js';
