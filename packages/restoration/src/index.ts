/** What restores, whatever computes it: runs anywhere, in a browser too; reads and writes no files. */
export { animateWebp } from './animated-webp.js';
export { int8Convolutions, precisions } from './compute-engine.js';
export type { ComputedFunction, ComputeEngine, OpenFunction, Precision } from './compute-engine.js';
export { flowColor } from './flow-color.js';
export { multiplyAddsPerPixel } from './layer-work.js';
export { mirrorRows } from './mirroring.js';
export { exposureMotion, motionAt, rimLengthPixels, type MotionField } from './motion-field.js';
export { expectNetworkOptions, type NetworkOptions } from './network-options.js';
export {
  createEagerRestorer,
  type EagerProgress,
  type EagerRestoreOptions,
  type EagerRestorer,
  type EagerRestorerOptions,
  type EagerScene,
} from './photo/eager-restorer.js';
export { readFixedTimesNetwork, type FixedTimesNetwork } from './photo/fixed-times-network.js';
export { consistencyRenderings, furtherRenderings } from './photo/consistent-frames.js';
export type { FrameNetwork, NetworkSession } from './photo/frame-network.js';
export { chooseTimes, commonFrameCount, selectFrames, type FrameChoice } from './photo/frame-selection.js';
export {
  halfOf,
  halfSizeShareFor,
  halfSizeWork,
  nearHalfSize,
  nearHalfSizeMotion,
  runsBackwards,
} from './photo/half-size.js';
export { analyzePhoto, type PhotoSceneOptions } from './photo/half-size-scene.js';
export { restoreWithMirrorImage } from './photo/mirror-averaging.js';
export { readFrameNetwork } from './photo/photo-families.js';
export { anyTimes, photoFrames, photoReach } from './photo/photo-frame-network.js';
export { consistencyInputs, photoFunctions } from './photo/photo-functions.js';
export { photoWork } from './photo/photo-work.js';
export {
  expectScale,
  isOneColor,
  lengthOfMotion,
  movesBeyondReach,
  scaleForMotion,
  surveyMotion,
  type Reach,
  type WorkingScale,
} from './photo/working-scale.js';
export {
  expectRgbImage,
  expectStream,
  fitWithin,
  toFractions,
  type DeepImage,
  type RestoredSequence,
  type RgbImage,
} from './raster.js';
export type { BlurKernel } from './shake/blur-kernel.js';
export { restoreShaken, type ShakenPhotoOptions, type UnshakenPhoto } from './shake/shaken-photo.js';
export { restoreInTiles, type RestoreTile, type TiledRestoration } from './tiling/any-size-restoration.js';
export { roundUp } from './tiling/padding.js';
export {
  tilesOf,
  type SceneProgress,
  type TiledScene,
  type TiledSceneOptions,
  type TileNetwork,
} from './tiling/tiled-scene.js';
export { tileOverlapPixels } from './tiling/tile-plan.js';
export {
  createVideoDeblurrer,
  type DeblurOptions,
  type VideoDeblurrer,
  type VideoDeblurrerOptions,
} from './video/video-deblurrer.js';
export { isForVideo, listOfWeights, type VideoWeights } from './video/video-families.js';
export { describeOtherNetwork, explainWeights, UnusableWeightsError } from './unusable-weights.js';
export { UnblurError } from '@unblur/files/file-error';
