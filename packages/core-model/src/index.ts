export { photoPreset, validatePhotoConfig } from './photo/photo-config.js';
export type { PhotoConfig } from './photo/photo-config.js';
export {
  declarePhotoNetwork,
  displacementAt,
  frameTimes,
  photoMultiple,
  trajectoryStridePixels,
} from './photo/photo-network.js';
export type { PhotoNetwork, PhotoRestoration, PhotoScene } from './photo/photo-network.js';
export { photoFamily, readTorchPhotoWeights } from './photo/photo-weights.js';
export { paperMultiple, paperPreset, validatePaperConfig } from './paper/paper-config.js';
export type { PaperConfig } from './paper/paper-config.js';
export { declarePaperNetwork, paperFamily } from './paper/paper-network.js';
export type { PaperNetwork, PaperOutput } from './paper/paper-network.js';
export type { LayerCost, NamedTensors, WeightDeclaration } from './parts/layers.js';
export { composeGridSample, gridSample } from './parts/grid-sample.js';
export type { SamplePadding } from './parts/grid-sample.js';
export { affineDisplacement, resizeFlow, warp, warpVisible } from './parts/motion-field.js';
export { stopGradient } from './parts/stop-gradient.js';
export { imagePyramid } from './parts/resolution.js';
export { summarize } from './summary.js';
export type { LevelSummary, Summary } from './summary.js';
export type { WeightValues } from './weights/initial-weights.js';
export type { NetworkFamily } from './weights/network-family.js';
export { readSafetensors, writeSafetensors } from './weights/safetensors.js';
export type {
  SafetensorsDtype,
  SafetensorsFile,
  SafetensorsTensor,
  SafetensorsValues,
} from './weights/safetensors.js';
export {
  validateVideoDeblurConfig,
  flowMultiple,
  videoDeblurMultiple,
  videoDeblurPresets,
  windowFrames,
} from './video/video-config.js';
export type {
  FlowConfig,
  MiddleFrameReconstructionConfig,
  ReconstructionConfig,
  VideoDeblurConfig,
} from './video/video-config.js';
export { costVolume } from './parts/cost-volume.js';
export type { FlowEstimate, FlowLevel, FlowNetwork } from './video/flow-network.js';
export {
  declareVideoDeblur,
  initialVideoDeblurWeights,
  readVideoDeblurWeights,
  videoDeblurFamily,
  videoDeblurWeightShapes,
  writeVideoDeblurWeights,
} from './video/video-network.js';
export type {
  AlignedNeighbour,
  DeblurredFrame,
  VideoDeblurNetwork,
  VideoDeblurOutput,
} from './video/video-network.js';
export { fromPublishedCheckpoint, publishedParameters } from './video/published-checkpoint.js';
export type { PublishedParameter } from './video/published-checkpoint.js';
export { sharpnessPrior } from './video/sharpness-prior.js';
export {
  frameExtractionMultiple,
  frameExtractionPresets,
  validateFrameExtractionConfig,
} from './baselines/jin-2018/jin-config.js';
export type { ExtractorConfig, FrameExtractionConfig } from './baselines/jin-2018/jin-config.js';
export {
  declareFrameExtraction,
  frameExtractionFamily,
  frameExtractionWeightShapes,
  initialFrameExtractionWeights,
  readFrameExtractionWeights,
  writeFrameExtractionWeights,
} from './baselines/jin-2018/jin-network.js';
export type { FrameExtractionNetwork } from './baselines/jin-2018/jin-network.js';
