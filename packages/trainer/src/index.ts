export { Adam, globalNorm } from './adam.js';
export type { AdamOptions, NamedArrays } from './adam.js';
export { readCheckpoint, writeCheckpoint } from './checkpoint.js';
export type { Checkpoint } from './checkpoint.js';
export type { DataConfig, WeightedSource } from './data-config.js';
export { createEagerEngine } from './eager-engine.js';
export { engineNames } from './engine-choice.js';
export type { EngineName } from './engine-choice.js';
export type { Batch, Engine, StepResult } from './engine.js';
export { ExponentialAverage } from './exponential-average.js';
export { createEngineLearner } from './learner.js';
export type { EngineLearnerOptions, LearnedState, Learner, StartingState, UpdateResult } from './learner.js';
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
export { readMetrics } from './metrics-log.js';
export type { FigureByPosition, MetricsRow, SetbackRow, StepRow, ValidationRow } from './metrics-log.js';
export { paperLoss } from './paper/paper-loss.js';
export type { PaperLossConfig } from './paper/paper-loss.js';
export type { PaperRun } from './paper/paper-run.js';
export { paperTask } from './paper/paper-task.js';
export { photoLoss } from './photo/photo-loss.js';
export type { PhotoLossConfig } from './photo/photo-loss.js';
export { loadPhotoRun, parsePhotoRun, writePhotoRun } from './photo/photo-run.js';
export type { PhotoRun } from './photo/photo-run.js';
export { photoTask } from './photo/photo-task.js';
export type { PhotoObjective } from './photo/photo-task.js';
export { runFiles as RUN_FILES } from './run-files.js';
export { trainRun } from './run.js';
export type { PhaseParts, RunSchedule, TrainingOptions, TrainingResult } from './run.js';
export type { RunSettings } from './run-fields.js';
export type { RunChanges, SystemDefinition } from './run-file.js';
export { lineChart } from './report/line-chart.js';
export type { ChartOptions, Series } from './report/line-chart.js';
export { writeRunReport } from './report/run-report.js';
export { sampleShapes, sampleValues } from './sample-batch.js';
export type { GroundTruth, SampleBatch, SampleContents, SampleSizes } from './sample-batch.js';
export { scheduleFactor } from './schedule.js';
export type { CosineSchedule, ScheduleConfig, StepSchedule } from './schedule.js';
export { findTorch } from './torch/torch-process.js';
export type { FoundTorch } from './torch/torch-process.js';
export { createTracedEngine } from './traced-engine.js';
export { train } from './train.js';
export type { TrainOptions } from './train.js';
export { packRun } from './device/run-archive.js';
export type { RunArchive, RunArchiveOptions } from './device/run-archive.js';
export { collectRun } from './device/run-results.js';
export { createTorchLearner } from './torch/torch-learner.js';
export type { TorchConfig } from './torch/torch-config.js';
export type { TorchLearner, TorchLearnerOptions } from './torch/torch-learner.js';
export { loadRun } from './systems.js';
export type { LoadedRun } from './systems.js';
export { lossStep, restorationStep, trainingStep } from './training-step.js';
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
export { hardExampleLoss } from './video-deblur/hard-example-loss.js';
export type { HardExampleLoss, HardExampleOptions } from './video-deblur/hard-example-loss.js';
export { cascadeObjective, flowObjective, middleRestoration } from './video-deblur/video-objectives.js';
export type { VideoRunConfig } from './video-deblur/video-run-config.js';
