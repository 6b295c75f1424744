/** The mathematics of synthesis: runs anywhere, reads no files. */
export * from './augmentation-options.js';
export * from './augmentation.js';
export * from './camera.js';
export * from './exposure.js';
export * from './frame-average.js';
export * from './layer-motion.js';
export * from './layered-blur.js';
export * from './layered-options.js';
export * from './layered-scene.js';
export type { Range } from './option-checks.js';
export * from './panorama-options.js';
export * from './panorama.js';
export * from './perspective.js';
export * from './random.js';
export * from './rotation.js';
export * from './rotational-blur.js';
export * from './sample.js';
export * from './sphere.js';
