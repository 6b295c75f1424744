export * from './synthesis.js';
export { listPanoramas, loadPanorama } from './panorama/panorama-source.node.js';
export * from './samples/sample-folder.node.js';
export { describeSample, drawContactSheet } from './samples/contact-sheet.node.js';
export * from './samples/sample-set.node.js';
export * from './video/video-folders.node.js';
export * from './video/video-samples.node.js';
export { synthesizePairedVideos, type PairedVideoSetOptions } from './video/paired-video-set.node.js';
export {
  videoWindowBatches,
  type VideoWindowBatch,
  type VideoWindowOptions,
  type VideoWindowSource,
} from './video/video-windows.node.js';
export * from './shards/shard-batches.node.js';
export * from './shards/shard-file.node.js';
export { manifestFile, readManifest, shardName, type ShardManifest } from './shards/shard-folder.node.js';
export * from './shards/shard-set.node.js';
export * from './stream/batches.node.js';
export { sampleSourceKinds, type SampleSource } from './stream/recipes.node.js';
