export { calibrateOnClips, calibrateOnPhotos, type CalibrationOptions } from './calibration.js';
export { engineNames, type EngineName } from './engine-choice.js';
export { computedPrecision, type OnnxRuntimeEngineName } from './onnx-engine.js';
export { loadPhoto, type LoadPhotoOptions, type Photo } from './pictures/photo.js';
export {
  traceRestoration,
  type RestorationGraph,
  type RestorationSize,
  type TensorFacts,
} from './photo/restoration-graph.js';
export {
  restorePhotoToFolder,
  type FrameSource,
  type RestoredPhoto,
  type RestorePhotoOptions,
  type ResultKind,
  type WriteRestorationOptions,
  type WrittenFiles,
} from './photo/restoration-folder.js';
export {
  createRestorer,
  type FrameSequence,
  type RestoredFrame,
  type RestoreFramesOptions,
  type RestoreOptions,
  type Restorer,
  type RestorerOptions,
} from './photo/restorer.js';
export { unshakePhoto, type UnshakenPicture } from './photo/unshaking.js';
export { UnblurError } from '@unblur/files';
export {
  commonFrameCount,
  flowColor,
  isForVideo,
  motionAt,
  selectFrames,
  UnusableWeightsError,
  type BlurKernel,
  type DeepImage,
  type MotionField,
  type Precision,
  type RestoredSequence,
  type RgbImage,
  type ShakenPhotoOptions,
  type VideoWeights,
  type WorkingScale,
} from '@unblur/restoration';
export { encodeAnimation, type PlaybackOptions } from './pictures/animation.js';
export { encodeFrame, expectFrameEncoding, type FrameEncoding } from './pictures/frame-encoder.js';
export { frameFormats, type FrameFormat } from './result-names.js';
export type { PictureMetadata } from './pictures/picture-metadata.js';
export { encodeContactSheet } from './pictures/contact-sheet.js';
export { encodeMotionPicture } from './pictures/motion-picture.js';
export { writeVideo, type VideoOptions } from './pictures/video.js';
export {
  createVideoDeblurrer,
  type VideoDeblurrer,
  type VideoDeblurrerOptions,
} from './video/video-deblurrer.js';
export { deblurVideo, type DeblurredVideo, type DeblurVideoOptions } from './video/video-deblurring.js';
export { readFrames } from './video/video-frame-folder.js';
export { listFrames } from '@unblur/clips';
