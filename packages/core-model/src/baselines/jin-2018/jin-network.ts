import type { Tensor4D } from '@tensorflow/tfjs-core';
import { LayerDeclarations } from '../../parts/layers.js';
import type { NamedTensors, WeightDeclaration } from '../../parts/layers.js';
import { expectMultipleSize } from '../../parts/resolution.js';
import { networkFamily } from '../../weights/network-family.js';
import { frameExtractionMultiple, validateFrameExtractionConfig } from './jin-config.js';
import type { FrameExtractionConfig } from './jin-config.js';
import { declareExtractor } from './extractor.js';
import type { Extractor } from './extractor.js';

/** The networks with their layers declared, their weights still to come. */
export interface FrameExtractionNetwork {
  config: FrameExtractionConfig;
  weights: Record<string, WeightDeclaration>;
  /**
   * Names of the weights that each stage adds: the middle frame's, then each pair's from the middle outwards.
   */
  stages: string[][];
  /**
   * The frames in time order, `[B, H, W, 3]`, not clamped.
   * @param blurred `[B, H, W, 3]` in [0, 1]; H and W multiples of `frameExtractionMultiple(config)`.
   * @param pairs how many pairs around the middle frame; default all.
   * @throws if the size is no such multiple.
   */
  extract(blurred: Tensor4D, weights: NamedTensors, pairs?: number): Tensor4D[];
}

/**
 * Declares the networks of Jin, Meishvili and Favaro, "Learning to Extract a Video Sequence from a Single
 * Motion-Blurred Image" (CVPR 2018), which are trained and applied one after the other: the middle frame from
 * the blurred image; the frame before it from both; the one after it from these three; every further frame
 * from the blurred image and the two frames next to it on the side of the middle, by the same weights before
 * and after.
 *
 * @throws if the config does not hold together.
 */
export function declareFrameExtraction(config: FrameExtractionConfig): FrameExtractionNetwork {
  validateFrameExtractionConfig(config);
  const layers = new LayerDeclarations();
  const stages: string[][] = [];
  /** Notes what a stage adds to the weights. */
  const stage = <T>(declare: () => T): T => {
    const before = new Set(Object.keys(layers.weights));
    const declared = declare();
    stages.push(Object.keys(layers.weights).filter((name) => !before.has(name)));
    return declared;
  };

  const allPairs = (config.frames - 1) / 2;
  const extractMiddle = stage(() => declareExtractor(layers, 'middle', 1, config.middle));
  const [extractBefore, extractAfter] = stage(
    () =>
      [
        declareExtractor(layers, 'pair1.before', 2, config.innerPair),
        declareExtractor(layers, 'pair1.after', 3, config.innerPair),
      ] as const,
  );
  const extractOuter: Extractor[] = [];
  for (let pair = 2; pair <= allPairs; pair++) {
    extractOuter.push(stage(() => declareExtractor(layers, `pair${pair}`, 3, config.outerPair)));
  }

  const extract: FrameExtractionNetwork['extract'] = (blurred, weights, pairs = allPairs) => {
    expectMultipleSize(blurred, frameExtractionMultiple(config), 'a blurred image');
    const middle = extractMiddle([blurred], blurred, weights);
    if (pairs === 0) return [middle];
    const before = extractBefore([blurred, middle], middle, weights);
    const after = extractAfter([blurred, before, middle], middle, weights);
    const frames = [before, middle, after];
    for (const outer of extractOuter.slice(0, pairs - 1)) {
      const [first, second] = [frames[0]!, frames[1]!];
      const [last, lastButOne] = [frames.at(-1)!, frames.at(-2)!];
      frames.unshift(outer([blurred, second, first], first, weights));
      frames.push(outer([blurred, lastButOne, last], last, weights));
    }
    return frames;
  };
  return { config, weights: layers.weights, stages, extract };
}

/**
 * Weights of the networks: their shapes, how they start (every frame as the blurred image), and their files.
 */
export const frameExtractionFamily = networkFamily<FrameExtractionConfig>({
  name: 'frame-extraction',
  configKey: 'unblur.frame-extraction',
  declare: declareFrameExtraction,
});

export const {
  shapesOf: frameExtractionWeightShapes,
  initialWeights: initialFrameExtractionWeights,
  readWeights: readFrameExtractionWeights,
  writeWeights: writeFrameExtractionWeights,
} = frameExtractionFamily;
