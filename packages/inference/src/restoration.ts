/** Restoring on TensorFlow.js: runs anywhere, in a browser too; reads and writes no files. */
export type { RestoreProgress } from './any-size-restoration.js';
export { createEagerRestorer, type EagerRestoreProgress, type EagerRestorer, type EagerRestorerOptions } from './eager-restorer.js';
export type { MotionField, RestoredSequence, RgbImage } from './raster.js';
export { UnblurError } from './unblur-error.js';
export { flowColor } from './writers/flow-color.js';
