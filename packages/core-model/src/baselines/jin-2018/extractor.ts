import { add, addN, concat, relu } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerDeclarations, NamedTensors } from '../../parts/layers.js';
import { packColours, unpackColours } from './colour-planes.js';
import type { ExtractorConfig } from './jin-config.js';

/** Makes one frame as a correction of `base`, from images `[B, H, W, 3]` that show the same scene. */
export type Extractor = (images: readonly Tensor4D[], base: Tensor4D, weights: NamedTensors) => Tensor4D;

/** The level at which layers at 1/factor of the size are counted. */
const levelOf = (factor: number) => Math.log2(factor);

/**
 * Declares one network of Jin et al. 2018, section 4: every colour by itself, with the same weights, through
 * groups of residual blocks at 1/factor of the size; each group corrects the image; then the colours together
 * at full size.
 *
 * @param inputs number of images that it sees.
 */
export function declareExtractor(
  layers: LayerDeclarations,
  name: string,
  inputs: number,
  { factor, channels, groups, refinementChannels }: ExtractorConfig,
): Extractor {
  const level = levelOf(factor);
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
): (x: Tensor4D, weights: NamedTensors) => Tensor4D {
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
