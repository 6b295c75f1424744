export { loadPhoto, type LoadPhotoOptions, type Photo } from './photo.js';
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
export { UnblurError } from '@unblur/files';
export {
  commonFrameCount,
  flowColor,
  possibleFrameCounts,
  selectFrames,
  workingScales,
  type MotionField,
  type RestoredSequence,
  type RgbImage,
  type VideoDeblurrer,
  type WorkingScale,
} from '@unblur/restoration';
export { encodeAnimation, type PlaybackOptions } from './writers/animation.js';
export { encodeContactSheet } from './writers/contact-sheet.js';
export { encodeMotionPicture } from './writers/motion-picture.js';
export { writeVideo, type VideoOptions } from './writers/video.js';
export { createVideoDeblurrer, type VideoDeblurrerOptions } from './video-deblurrer.js';
export { deblurVideo, type DeblurredVideo, type DeblurVideoOptions } from './video-deblurring.js';
export { frameStem, listFrames, readFrames } from './video-frame-folder.js';
