export type { RgbImage } from './rgb-image.js';
export { averageMotion, scoreMotion, type EndPointErrors, type MotionScore } from './motion-error.js';
export { motionAt, type MotionField } from './motion-field.js';
export { psnr, type PsnrOptions } from './psnr.js';
export { ssim, type SsimOptions, type SsimWindow } from './ssim.js';
export {
  maximumReportedPsnr,
  scoreBlurred,
  scoreSequence,
  type FrameScores,
  type OrderRule,
  type ScoreOptions,
  type SequenceScore,
} from './sequence-score.js';
export { summarizeScores, type EvaluationReport, type ScoredSample } from './evaluation-report.js';
