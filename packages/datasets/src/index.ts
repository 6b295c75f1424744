export * from './synthesis.js';
export * from './node/panorama-batches.js';
export { listPanoramas, loadPanorama } from './node/panorama-folder.js';
export * from './node/panorama-set.js';
export { openPanoramaFolder, type PanoramaSource } from './node/panorama-source.js';
export * from './node/sample-folder.js';
export * from './node/frame-folder.js';
export * from './node/paired-video-folder.js';
export * from './node/layered-batches.js';
