/** The mathematics of synthesis: runs anywhere, reads no files. */
export type { RgbImage } from '@unblur/metrics';
export { defaultAugmentation, noAugmentation, type AugmentationOptions } from './augmentation.js';
export {
  averagingSpaces,
  createResponse,
  fullReading,
  renderCount,
  transferFunctions,
  type AveragingChoice,
  type AveragingSpace,
} from './averaging.js';
export { layeredDefaults, resolveLayeredOptions, type LayeredOptions } from './layers/layered-options.js';
export {
  drawLayerMotion,
  flowAt,
  longestPathPixels,
  renderScene,
  visibleLayers,
  type Layer,
  type LayeredScene,
} from './layers/layered-scene.js';
export { centredCamera, focalPixelsOf, type PinholeCamera } from './panorama/camera.js';
export type { CameraTurn } from './panorama/camera-turn.js';
export {
  panoramaDefaults,
  resolvePanoramaOptions,
  type PanoramaOptions,
  type PartialPanoramaOptions,
} from './panorama/panorama-options.js';
export { buildPanorama, type Panorama } from './panorama/panorama.js';
export { addPerspective, createViewfinder, levelFor, openSensor } from './panorama/perspective.js';
export {
  axisAngleOf,
  fastestPixelsPerRadian,
  matrixOf,
  orientationOfAngles,
  orientationsBetween,
} from './panorama/rotation.js';
export { expose, planRotationalBlur, synthesizeRotationalBlur } from './panorama/rotational-blur.js';
export { quantizeLikeJpeg } from './pictures/jpeg-quantization.js';
export { createRandom, type Random } from './random.js';
export { flowsOfSample, type Sample } from './sample.js';
export { resolveVideoOptions, videoDefaults, type VideoOptions } from './video/video-options.js';
