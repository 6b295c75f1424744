/** Restoring on TensorFlow.js: runs anywhere, in a browser too; reads and writes no files. */
export {
  createEagerRestorer,
  type EagerProgress,
  type EagerRestoreOptions,
  type EagerRestorer,
  type EagerRestorerOptions,
  type EagerScene,
} from './eager-restorer.js';
export {
  analyzeInTiles,
  tilesOf,
  type SceneProgress,
  type TiledScene,
  type TiledSceneOptions,
  type TileNetwork,
} from './tiled-scene.js';
export type { MotionField, RestoredSequence, RgbImage } from './raster.js';
export { UnblurError } from './unblur-error.js';
export { flowColor } from './writers/flow-color.js';
