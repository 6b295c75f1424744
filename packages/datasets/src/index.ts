export * from './synthesis.js';
export { listPanoramas, loadPanorama } from './panorama/panorama-source.node.js';
export { describeSample, drawContactSheet } from './samples/contact-sheet.node.js';
export { readFlow, writeFlow, type FlowField } from './samples/flow-file.node.js';
export {
  findSampleFiles,
  listSampleFolders,
  readSampleFiles,
  readSampleFolder,
  writeSampleFolder,
  type SampleFiles,
} from './samples/sample-folder.node.js';
export { previewSampleSet, setFile, synthesizeSampleSet } from './sets/sample-set.node.js';
export { shardBatches } from './stream/shard-batches.node.js';
export { ShardWriter } from './shards/shard-writer.node.js';
export { shardName } from './shards/shard-division.js';
export { manifestFile } from './shards/shard-manifest.node.js';
export { previewShards, synthesizeShards } from './sets/shard-set.node.js';
export {
  layeredBatches,
  mixedBatches,
  panoramaBatches,
  videoBatches,
  type MixedBatch,
} from './stream/batches.node.js';
export {
  sampleSourceKinds,
  sourceKnowsMotion,
  storedSourceKinds,
  type SampleSource,
} from './stream/recipes.node.js';
export { synthesizePairedVideos } from './sets/paired-video-set.node.js';
export { listPairedVideos, type PairedVideo, type PairedVideoOptions } from './video/recorded-pairs.node.js';
export { extractVideoFrames, listVideos } from './video/video-folders.node.js';
export { listFrames } from '@unblur/clips';
export { videoSamples } from './video/video-samples.node.js';
export { videoWindowBatches } from './video/video-windows.node.js';
