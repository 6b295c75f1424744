export * from './synthesis.js';
export * from './node/panorama-batches.js';
export { listPanoramas, loadPanorama } from './node/panorama-folder.js';
