/** The mathematics of synthesis: runs anywhere, reads no files. */
export * from './augmentation.js';
export * from './camera.js';
export * from './exposure.js';
export * from './frame-average.js';
export * from './panorama-options.js';
export * from './panorama.js';
export * from './perspective.js';
export * from './random.js';
export * from './rotation.js';
export * from './rotational-blur.js';
export * from './sample.js';
export * from './sphere.js';
