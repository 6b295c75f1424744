export { commonFrameCount, possibleFrameCounts, selectFrames } from './frame-selection.js';
export { loadPhoto, type LoadPhotoOptions, type Photo } from './photo.js';
export type { MotionField, RestoredSequence, RgbImage } from './raster.js';
export {
  traceRestoration,
  type RestorationGraph,
  type RestorationSize,
  type TensorFacts,
} from './restoration-graph.js';
export {
  listEarlierResults,
  removeStaleResults,
  restoreLoadedPhoto,
  restorePhotoToFolder,
  type FrameSource,
  type RestoredPhoto,
  type RestorePhotoOptions,
  type ResultKind,
  type WriteRestorationOptions,
  type WrittenFiles,
} from './restoration-folder.js';
export {
  createRestorer,
  type FrameSequence,
  type RestoredFrame,
  type RestoreOptions,
  type Restorer,
  type RestorerOptions,
} from './restorer.js';
export { workingScales, type WorkingScale } from './working-scale.js';
export { UnblurError } from './unblur-error.js';
export { encodeAnimation, type PlaybackOptions } from './writers/animation.js';
export { encodeContactSheet } from './writers/contact-sheet.js';
export { flowColor } from './writers/flow-color.js';
export { encodeMotionPicture } from './writers/motion-picture.js';
export { writeVideo, type VideoOptions } from './writers/video.js';
export { createVideoDeblurrer, type VideoDeblurrer, type VideoDeblurrerOptions } from './video-deblurrer.js';
export { deblurVideo, type DeblurredVideo, type DeblurVideoOptions } from './video-deblurring.js';
export { frameStem, listFrames, readFrames } from './video-frame-folder.js';
