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
export type { LayerCost, NamedTensors, WeightDeclaration } from './layers/declaration.js';
export { composeGridSample, gridSample } from './layers/grid-sample.js';
export type { SamplePadding } from './layers/grid-sample.js';
export { affineDisplacement, warp } from './layers/motion-field.js';
export { stopGradient } from './layers/stop-gradient.js';
export { imagePyramid, resizeFlow } from './layers/resolution.js';
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
} from './video-deblur/config.js';
export type {
  FlowConfig,
  MiddleFrameReconstructionConfig,
  ReconstructionConfig,
  VideoDeblurConfig,
} from './video-deblur/config.js';
export { costVolume } from './video-deblur/cost-volume.js';
export type { FlowEstimate, FlowLevel, FlowNetwork } from './video-deblur/flow-network.js';
export { warpVisible } from './video-deblur/flow-warp.js';
export {
  declareVideoDeblur,
  initialVideoDeblurWeights,
  readVideoDeblurWeights,
  videoDeblurFamily,
  videoDeblurWeightShapes,
  writeVideoDeblurWeights,
} from './video-deblur/network.js';
export type {
  AlignedNeighbour,
  DeblurredFrame,
  VideoDeblurNetwork,
  VideoDeblurOutput,
} from './video-deblur/network.js';
export { fromPublishedCheckpoint, publishedParameters } from './video-deblur/published-checkpoint.js';
export type { PublishedParameter } from './video-deblur/published-checkpoint.js';
export { sharpnessPrior } from './video-deblur/sharpness-prior.js';
export {
  frameExtractionMultiple,
  frameExtractionPresets,
  validateFrameExtractionConfig,
} from './frame-extraction/config.js';
export type { ExtractorConfig, FrameExtractionConfig } from './frame-extraction/config.js';
export {
  declareFrameExtraction,
  frameExtractionFamily,
  frameExtractionWeightShapes,
  initialFrameExtractionWeights,
  readFrameExtractionWeights,
  writeFrameExtractionWeights,
} from './frame-extraction/network.js';
export type { FrameExtractionNetwork } from './frame-extraction/network.js';
