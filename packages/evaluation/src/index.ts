export {
  evaluateFolder,
  identityRestorer,
  type EvaluateFolderOptions,
  type FrameRestorer,
  type PhotographReport,
  type SampleReport,
} from './photographs.js';
export type { EndPointErrors, MotionScore } from '@unblur/metrics';
export {
  evaluateVideoFolder,
  videoProtocols,
  type EvaluateVideosOptions,
  type FrameDeblurrer,
  type VideoEvaluationReport,
  type VideoProtocol,
  type VideoProtocolName,
} from './videos.js';
export { openRestoredSamples, openRestoredVideos } from './restored-elsewhere.js';
export type { Experiment, ExperimentRow, RowOrigin, SampleSet } from './experiments/experiment.js';
export { listExperiments, loadExperiment } from './experiments/experiment-file.js';
export type { ExperimentTable } from './experiments/experiment-table.js';
export {
  runExperiment,
  type ExperimentResult,
  type ExperimentSettings,
} from './experiments/run-experiment.js';
