import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerDeclarations, NamedTensors } from '../layers/declaration.js';

/**
 * The encoder: per level a 3x3 convolution of stride 2, then one of stride 1 (Argaw et al. 2021, section 4.1).
 *
 * @param channels widths of levels 1, 2, ...
 * @param imageChannels of what is encoded: 3 for one image.
 * @returns a function from the blurred image `[B, H, W, imageChannels]` to features by level; level 0 is the image itself.
 */
export function declareEncoder(layers: LayerDeclarations, channels: number[], imageChannels = 3): (blurred: Tensor4D, weights: NamedTensors) => Tensor4D[] {
  const blocks = channels.map((to, index) => {
    const [level, from] = [index + 1, index === 0 ? imageChannels : channels[index - 1]!];
    return {
      reduce: layers.convolution(`encoder.level${level}.reduce`, { from, to, stride: 2, level }),
      extract: layers.convolution(`encoder.level${level}.extract`, { from: to, to, level }),
    };
  });
  return (blurred, weights) => {
    const features = [blurred];
    for (const { reduce, extract } of blocks) features.push(extract(reduce(features.at(-1)!, weights), weights));
    return features;
  };
}
