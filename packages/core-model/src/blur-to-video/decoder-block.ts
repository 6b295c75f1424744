import { concat } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerDeclarations, NamedTensors } from '../layers/declaration.js';
import { unpackPixels } from '../layers/resolution.js';

export interface DecoderBlockOptions {
  level: number;
  /** Channels of the feature of the level above. */
  from: number;
  upscaledChannels: number;
  /** Channels beside the upscaled feature and image: encoder feature, transformed features, transformed image. */
  besideChannels: number;
  denseChannels: number[];
  /** The level above has an image, which is upscaled too. */
  imageAbove: boolean;
  /** Whether the block ends in an image of its own level, or of the full resolution by a sub-pixel convolution. */
  image: 'level' | 'sub-pixel' | 'none';
  /** Images are corrections: their layer starts at zero. */
  residualImages: boolean;
}

export interface DecoderBlock {
  upscale(featureAbove: Tensor4D, weights: NamedTensors): Tensor4D;
  decode(inputs: { upscaled: Tensor4D; imageAbove?: Tensor4D; beside: Tensor4D[] }, weights: NamedTensors): Tensor4D;
  /** The image, or its correction, from the block's feature. */
  predictImage(feature: Tensor4D, weights: NamedTensors): Tensor4D;
}

/**
 * One decoder block (Argaw et al. 2021, section 4.1): the feature and the image of the level above are upscaled by
 * transposed convolutions and concatenated with what belongs to this level; densely connected convolutions follow,
 * each seeing the outputs of all before it; a last one predicts the image.
 */
export function declareDecoderBlock(layers: LayerDeclarations, name: string, options: DecoderBlockOptions): DecoderBlock {
  const { level, from, upscaledChannels, besideChannels, denseChannels, imageAbove, image, residualImages } = options;
  const upscaleFeature = layers.upscaling(`${name}.upscale-feature`, { from, to: upscaledChannels, level });
  const upscaleImage = imageAbove ? layers.upscaling(`${name}.upscale-image`, { from: 3, to: 3, level, activation: 'none' }) : undefined;

  let channels = upscaledChannels + (imageAbove ? 3 : 0) + besideChannels;
  const dense = denseChannels.map((to, index) => {
    const layer = layers.convolution(`${name}.dense${index}`, { from: channels, to, level });
    channels += to;
    return layer;
  });
  const predict =
    image === 'none'
      ? undefined
      : layers.convolution(`${name}.image`, { from: denseChannels.at(-1)!, to: image === 'sub-pixel' ? 12 : 3, level, activation: 'none', initialization: residualImages ? 'zero' : 'he' });

  return {
    upscale: upscaleFeature,
    decode: ({ upscaled, imageAbove: coarseImage, beside }, weights) => {
      let seen = concat([upscaled, ...(upscaleImage ? [upscaleImage(coarseImage!, weights)] : []), ...beside], 3);
      let feature = seen;
      dense.forEach((layer, index) => {
        feature = layer(seen, weights);
        if (index < dense.length - 1) seen = concat([seen, feature], 3);
      });
      return feature;
    },
    predictImage: (feature, weights) => {
      const predicted = predict!(feature, weights);
      return image === 'sub-pixel' ? unpackPixels(predicted) : predicted;
    },
  };
}
