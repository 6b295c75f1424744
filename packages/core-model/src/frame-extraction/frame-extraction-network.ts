import { add, addN, concat, relu, reshape, transpose } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { LayerDeclarations } from '../parts/layers.js';
import type { Layer, LayerCost, NamedTensors, WeightDeclaration } from '../parts/layers.js';
import { expectMultipleSize } from '../parts/resolution.js';
import { networkFamily } from '../weights/network-family.js';
import { frameExtractionMultiple, validateFrameExtractionConfig } from './frame-extraction-config.js';
import type { ExtractorConfig, FrameExtractionConfig } from './frame-extraction-config.js';

/** The networks with their layers declared, their weights still to come. */
export interface FrameExtractionNetwork {
  config: FrameExtractionConfig;
  weights: Record<string, WeightDeclaration>;
  costs: LayerCost[];
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
 */
function declareFrameExtraction(config: FrameExtractionConfig): FrameExtractionNetwork {
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
  return { config, weights: layers.weights, costs: layers.costs, stages, extract };
}

/** Makes one frame as a correction of `base`, from images `[B, H, W, 3]` that show the same scene. */
type Extractor = (images: readonly Tensor4D[], base: Tensor4D, weights: NamedTensors) => Tensor4D;

/**
 * Declares one network of Jin et al. 2018, section 4: every colour by itself, with the same weights, through
 * groups of residual blocks at 1/factor of the size; each group corrects the image; then the colours together
 * at full size.
 *
 * @param inputs number of images that it sees.
 */
function declareExtractor(
  layers: LayerDeclarations,
  name: string,
  inputs: number,
  { factor, channels, groups, refinementChannels }: ExtractorConfig,
): Extractor {
  // The level at which layers at 1/factor of the size are counted.
  const level = Math.log2(factor);
  const pixels = factor * factor;
  const enter = layers.convolution(`${name}.enter`, {
    from: inputs * pixels,
    to: channels,
    kernelSize: 5,
    level,
    activation: 'none',
  });
  const blocks = groups.map((group, index) =>
    group.map((dilations, block) =>
      declareBlock(layers, `${name}.group${index}.block${block}`, channels, level, dilations),
    ),
  );
  const corrections = groups.map((_, index) =>
    layers.convolution(`${name}.group${index}.correction`, {
      from: channels,
      to: pixels,
      level,
      activation: 'none',
    }),
  );
  const widen = layers.convolution(`${name}.refine.widen`, {
    from: 3,
    to: refinementChannels,
    level: 0,
    activation: 'relu',
  });
  const mix = layers.convolution(`${name}.refine.mix`, {
    from: refinementChannels,
    to: refinementChannels,
    level: 0,
    activation: 'relu',
  });
  const predict = layers.head(`${name}.refine.predict`, {
    from: refinementChannels,
    to: 3,
    level: 0,
  });

  return (images, base, weights) => {
    let feature = enter(
      concat(
        images.map((image) => packColours(image, factor)),
        3,
      ),
      weights,
    );
    const planes = [packColours(base, factor)];
    for (const [index, group] of blocks.entries()) {
      for (const block of group) feature = block(feature, weights);
      planes.push(corrections[index]!(relu(feature), weights));
    }
    const corrected = unpackColours(addN(planes), factor);
    return add(base, predict(mix(widen(corrected, weights), weights), weights));
  };
}

/** `x` and two corrections of it: one of each pixel by itself, one of its neighbourhood. */
function declareBlock(
  layers: LayerDeclarations,
  name: string,
  channels: number,
  level: number,
  [first, second]: [number, number],
): Layer {
  const shared = { from: channels, to: channels, level };
  const ofPixel = layers.convolution(`${name}.pixel`, { ...shared, kernelSize: 1, activation: 'none' });
  const ofNeighbours = layers.convolution(`${name}.first`, {
    ...shared,
    dilation: first,
    activation: 'relu',
  });
  const further = layers.convolution(`${name}.second`, { ...shared, dilation: second, activation: 'none' });
  return (x, weights) => {
    const active = relu(x);
    return addN([x, ofPixel(active, weights), further(ofNeighbours(active, weights), weights)]);
  };
}

const colours = 3;

/**
 * Each colour as an image of its own along the batch, its `factor` x `factor` pixels as channels: `[B, H, W,
 * 3]` to `[3 B, H/factor, W/factor, factor^2]`.
 */
export function packColours(image: Tensor4D, factor: number): Tensor4D {
  const [batch, height, width] = image.shape;
  const [rows, columns] = [height / factor, width / factor];
  const cells = reshape(image, [batch, rows, factor, columns, factor, colours]);
  return reshape(transpose(cells, [0, 5, 1, 3, 2, 4]), [colours * batch, rows, columns, factor * factor]);
}

/** The inverse of `packColours`. */
export function unpackColours(planes: Tensor4D, factor: number): Tensor4D {
  const [planeCount, rows, columns] = planes.shape;
  const batch = planeCount / colours;
  const cells = reshape(planes, [batch, colours, rows, columns, factor, factor]);
  return reshape(transpose(cells, [0, 2, 4, 3, 5, 1]), [batch, rows * factor, columns * factor, colours]);
}

/**
 * The networks of Jin et al. 2018. Untrained, they give every frame as the blurred image. A summary counts
 * one colour and one frame of every pair.
 */
export const frameExtractionFamily = networkFamily<FrameExtractionConfig, FrameExtractionNetwork>({
  name: 'frame-extraction',
  configKey: 'unblur.frame-extraction',
  validate: validateFrameExtractionConfig,
  sizeMultiple: frameExtractionMultiple,
  declare: declareFrameExtraction,
});
