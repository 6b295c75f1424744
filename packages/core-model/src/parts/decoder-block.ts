import { concat } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerDeclarations, NamedTensors } from './layers.js';

/** Widths of a decoder, each list by level 0 to 4. */
export interface DecoderWidths {
  /** Channels of the upscaled feature of the level above. */
  upscaledChannels: number[];
  /**
   * Channels that each densely connected convolution of a level adds; the last one is the level's feature.
   */
  denseChannels: number[][];
}

export interface DecoderBlockOptions {
  level: number;
  /** Channels of the feature of the level above. */
  from: number;
  upscaledChannels: number;
  denseChannels: readonly number[];
  /** Channels beside the upscaled feature and image, in all. */
  besideChannels: number;
  /** Whether the level above has an image, which is upscaled too. */
  imageAbove: boolean;
}

export interface DecoderBlock {
  /** `[B, h, w, from]` to `[B, 2h, 2w, upscaledChannels]`. */
  upscale(featureAbove: Tensor4D, weights: NamedTensors): Tensor4D;
  /**
   * The level's feature. @param inputs.imageAbove `[B, h, w, 3]` of the level above; `beside` and `upscaled`
   * are of this one.
   */
  decode(
    inputs: { upscaled: Tensor4D; imageAbove: Tensor4D | undefined; beside: readonly Tensor4D[] },
    weights: NamedTensors,
  ): Tensor4D;
}

/**
 * One decoder block (Argaw et al. 2021, section 4.1): the feature and the image of the level above are
 * upscaled by transposed convolutions and concatenated with what belongs to this level; densely connected
 * convolutions follow, each seeing the outputs of all before it.
 */
export function declareDecoderBlock(
  layers: LayerDeclarations,
  name: string,
  { level, from, upscaledChannels, denseChannels, besideChannels, imageAbove }: DecoderBlockOptions,
): DecoderBlock {
  const upscaleFeature = layers.upscaling(`${name}.upscale-feature`, { from, to: upscaledChannels, level });
  const upscaleImage = imageAbove
    ? layers.upscaling(`${name}.upscale-image`, { from: 3, to: 3, level, activation: 'none' })
    : undefined;

  let channels = upscaledChannels + (imageAbove ? 3 : 0) + besideChannels;
  const dense = denseChannels.map((to, index) => {
    const layer = layers.convolution(`${name}.dense${index}`, { from: channels, to, level });
    channels += to;
    return layer;
  });

  return {
    upscale: upscaleFeature,
    decode: ({ upscaled, imageAbove: coarseImage, beside }, weights) => {
      let seen = concat(
        [upscaled, ...(upscaleImage ? [upscaleImage(coarseImage!, weights)] : []), ...beside],
        3,
      );
      let feature = seen;
      dense.forEach((layer, index) => {
        feature = layer(seen, weights);
        if (index < dense.length - 1) seen = concat([seen, feature], 3);
      });
      return feature;
    },
  };
}
