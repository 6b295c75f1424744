import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerDeclarations, NamedTensors } from './layers.js';

/**
 * An encoder: per level a 3x3 convolution of stride 2, then one of stride 1 (Argaw et al. 2021, section 4.1).
 *
 * @param channels widths of levels 1, 2, ...
 * @param imageChannels of what is encoded: 3 for one image.
 * @returns a function from `[B, H, W, imageChannels]` to features by level, `[B, H/2^level, W/2^level,
 * channels]`; level 0 is what was given.
 */
export function declareEncoder(
  layers: LayerDeclarations,
  channels: readonly number[],
  imageChannels = 3,
): (images: Tensor4D, weights: NamedTensors) => Tensor4D[] {
  const blocks = channels.map((to, index) => {
    const [level, from] = [index + 1, index === 0 ? imageChannels : channels[index - 1]!];
    return {
      reduce: layers.convolution(`encoder.level${level}.reduce`, { from, to, stride: 2, level }),
      extract: layers.convolution(`encoder.level${level}.extract`, { from: to, to, level }),
    };
  });
  return (images, weights) => {
    const features = [images];
    for (const { reduce, extract } of blocks) {
      features.push(extract(reduce(features.at(-1)!, weights), weights));
    }
    return features;
  };
}
