export { consistencyCorrection, consistencyTimes } from './photo/blur-consistency.js';
export { photoPreset } from './photo/photo-config.js';
export type { PhotoConfig } from './photo/photo-config.js';
export {
  displacementAt,
  frameTimes,
  photoFamily,
  photoMultiple,
  trajectoryStridePixels,
} from './photo/photo-network.js';
export type { PhotoNetwork, PhotoRestoration, PhotoScene } from './photo/photo-network.js';

export { clipFrames, clipPreset } from './clip/clip-config.js';
export type { ClipConfig } from './clip/clip-config.js';
export { clipFamily } from './clip/clip-network.js';
export { clipMotionStridePixels } from './clip/neighbour-motion.js';
export type { ClipNetwork, FrameDescription, RestoredFrame } from './clip/clip-network.js';
export { paperPreset } from './paper/paper-config.js';
export type { PaperConfig } from './paper/paper-config.js';
export { paperFamily } from './paper/paper-network.js';
export type { PaperOutput } from './paper/paper-network.js';

export { flowMultiple, videoDeblurPresets, windowFrames } from './video-deblur/video-deblur-config.js';
export type { VideoDeblurConfig } from './video-deblur/video-deblur-config.js';
export { videoDeblurFamily } from './video-deblur/video-deblur-network.js';
export { fromPublishedCheckpoint, publishedParameters } from './video-deblur/published-checkpoint.js';

export { frameExtractionPresets } from './frame-extraction/frame-extraction-config.js';
export type { ExtractorConfig, FrameExtractionConfig } from './frame-extraction/frame-extraction-config.js';
export { frameExtractionFamily } from './frame-extraction/frame-extraction-network.js';
export type { FrameExtractionNetwork } from './frame-extraction/frame-extraction-network.js';

export { gridSample } from './parts/grid-sample.js';
export type { SamplePadding } from './parts/sample-padding.js';
export type { LayerCost, NamedTensors } from './parts/layers.js';
export { imagePyramid } from './parts/resolution.js';
export { stopGradient } from './parts/stop-gradient.js';

export { weightTensors } from './weights/initial-weights.js';
export type { WeightDrawing, WeightValues } from './weights/initial-weights.js';
export { filterOf, isCalibrated, withLayerRanges } from './weights/layer-ranges.js';
export type { LayerRanges } from './weights/layer-ranges.js';
export type { NetworkFamily } from './weights/network-family.js';
export { areFinite } from './weights/network-file.js';
export type { NetworkFile, NetworkWeights } from './weights/network-file.js';
export { numberFromHalf } from './weights/half-precision.js';
export {
  expectSafetensorsBytes,
  readSafetensors,
  readSafetensorsMetadata,
  writeSafetensors,
} from './weights/safetensors.js';
export type { SafetensorsBytes, SafetensorsTensor } from './weights/safetensors.js';
