import { mean, mul, reshape, tensor3d } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerDeclarations, NamedTensors } from '../parts/layers.js';

const localizationChannels = 32;

/**
 * Units of the six raw outputs. A raw 1 is a translation of 16 pixels, or a linear part that moves a point 64
 * pixels from the centre by as much: training at one learning rate then moves both alike.
 */
const rawToPixelsRow = [16 / 64, 16 / 64, 16];

/**
 * The localization network of a spatial transformer (Jaderberg et al. 2015): two strided convolutions, the
 * mean over the image, one fully connected layer that starts at the identity.
 *
 * Mean pooling makes it independent of the image's size; the affine is in full-resolution pixels about the
 * image centre, so a network trained on crops reads large photographs alike.
 *
 * @returns a function from a feature `[B, h, w, C]` to the displacement affine `[B, 2, 3]` of
 * `affineDisplacement`.
 */
export function declareSpatialTransformer(
  layers: LayerDeclarations,
  name: string,
  { from, level }: { from: number; level: number },
): (feature: Tensor4D, weights: NamedTensors) => Tensor3D {
  const first = layers.convolution(`${name}.localize0`, {
    from,
    to: localizationChannels,
    stride: 2,
    level: level + 1,
  });
  const second = layers.convolution(`${name}.localize1`, {
    from: localizationChannels,
    to: localizationChannels,
    stride: 2,
    level: level + 2,
  });
  const affine = layers.dense(`${name}.affine`, {
    from: localizationChannels,
    to: 6,
    initialization: 'zero',
  });
  return (feature, weights) => {
    const described = mean(second(first(feature, weights), weights), [1, 2]) as Tensor2D;
    return mul(
      reshape(affine(described, weights), [-1, 2, 3]),
      tensor3d([...rawToPixelsRow, ...rawToPixelsRow], [1, 2, 3]),
    ) as Tensor3D;
  };
}
