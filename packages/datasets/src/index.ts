export * from './synthesis.js';
export * from './node/panorama-batches.js';
export { listPanoramas, loadPanorama } from './node/panorama-folder.js';
export { openPanoramaFolder, type PanoramaSource } from './node/panorama-source.js';
export * from './node/sample-folder.js';
export { describeSample, drawContactSheet } from './node/contact-sheet.js';
export * from './node/sample-set.js';
export * from './node/frame-folder.js';
export * from './node/paired-video-folder.js';
export { synthesizePairedVideos, type PairedVideoSetOptions } from './node/paired-video-set.js';
export * from './node/layered-batches.js';
export * from './node/shard-batches.js';
export * from './node/shard-file.js';
export {
  manifestFile as MANIFEST_FILE,
  readManifest,
  shardName,
  type ShardManifest,
} from './node/shard-manifest.js';
export * from './node/shard-set.js';
export * from './node/mixed-batches.js';
export { sampleSourceKinds, type SampleSource } from './node/sample-source.js';
export * from './node/video-batches.js';
export * from './node/video-file.js';
export {
  videoWindowBatches,
  type VideoWindowBatch,
  type VideoWindowOptions,
  type VideoWindowSource,
} from './node/video-window-batches.js';
export * from './node/video-list.js';
