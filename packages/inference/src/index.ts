export { loadPhoto, type LoadPhotoOptions, type Photo } from './photo.js';
export type { MotionField, RestoredSequence, RgbImage } from './raster.js';
export { UnblurError } from './unblur-error.js';
