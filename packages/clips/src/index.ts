export {
  probeClip,
  type ClipFacts,
  type ColorTags,
  type MasteringDisplay,
  type PictureFacts,
  type ProbeOptions,
  type StreamFacts,
} from './clip-facts.js';
export { extractFrames, readClip, type ClipFrame } from './clip-reader.js';
export {
  codingOfFrames,
  openClipWriter,
  type ClipWriter,
  type PictureCoding,
  type TimedFrame,
} from './clip-writer.js';
export { clipExtensions, containerOf, type Container } from './containers.js';
export {
  clipInput,
  describeWriteFailure,
  expectFfmpegPath,
  ffmpegVersion,
  hasFfmpeg,
  outputFile,
  startFfmpeg,
  type FfmpegOptions,
  type RunningProgram,
} from './ffmpeg.js';
export { chooseFrames, listFrames } from './frame-folder.js';
export { fraction } from './frame-times.js';
export { bitDepthAsRead, colorsAsRead, expectReadingChoice, type ReadingChoice } from './picture-colors.js';
