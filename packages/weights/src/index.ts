export {
  bundledWeights,
  bundledWeightsNames,
  defaultWeightsName,
  findBundledWeights,
} from './bundled-weights.js';
export type { BundledWeights, BundledWeightsName } from './bundled-weights.js';
