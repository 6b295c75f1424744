import { concat } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Initialization, Layer, LayerDeclarations, NamedTensors } from './layers.js';

/**
 * The pyramid of Argaw et al. 2021: level l is 1/2^l of the image. The encoder reaches this level, decoders
 * start at the next finer one.
 */
export const coarsestLevel = 5;

/** Widths of a decoder, each list by level 0 to 4. */
export interface DecoderWidths {
  /** Channels of the upscaled feature of the level above. */
  upscaledChannels: number[];
  /**
   * Channels that each densely connected convolution of a level adds; the last one is the level's feature.
   */
  denseChannels: number[][];
}

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

export interface DecoderBlockOptions {
  /** Of the decoder, of which this block's level is read. */
  widths: DecoderWidths;
  level: number;
  /** Channels beside the upscaled feature and image, in all. */
  besideChannels: number;
  /** Channels of the feature of the level above. */
  from: number;
  /** Channels of what the block predicts; default 3, the level's image. */
  predictedChannels?: number;
  initialization?: Initialization;
}

/** One level of a decoder. */
export interface DecoderBlock {
  level: number;
  /** Channels of the level's feature. */
  channels: number;
  /** `[B, h, w, from]` to `[B, 2h, 2w, upscaledChannels]`. */
  upscale: Layer;
  /**
   * The level's feature. @param inputs.imageAbove `[B, h, w, 3]` of the level above, where that has a block;
   * `beside` and `upscaled` are of this one.
   */
  decode(
    inputs: { upscaled: Tensor4D; imageAbove: Tensor4D | undefined; beside: readonly Tensor4D[] },
    weights: NamedTensors,
  ): Tensor4D;
  /** The level's image, or a correction of it, from its feature. */
  predictImage: Layer;
}

/**
 * One decoder block (Argaw et al. 2021, section 4.1): the feature and the image of the level above are
 * upscaled by transposed convolutions and concatenated with what belongs to this level; densely connected
 * convolutions follow, each seeing the outputs of all before it; a last one predicts the level's image.
 *
 * @param decoder the block's layers are called `<decoder>.level<level>.<layer>`.
 */
export function declareDecoderBlock(
  layers: LayerDeclarations,
  decoder: string,
  { widths, level, besideChannels, from, predictedChannels = 3, initialization = 'he' }: DecoderBlockOptions,
): DecoderBlock {
  const name = `${decoder}.level${level}`;
  const [upscaledChannels, denseChannels] = [widths.upscaledChannels[level]!, widths.denseChannels[level]!];
  const hasImageAbove = level < coarsestLevel - 1;
  const upscaleFeature = layers.upscaling(`${name}.upscale-feature`, { from, to: upscaledChannels, level });
  const upscaleImage = hasImageAbove
    ? layers.upscaling(`${name}.upscale-image`, { from: 3, to: 3, level, activation: 'none' })
    : undefined;

  let seenChannels = upscaledChannels + (hasImageAbove ? 3 : 0) + besideChannels;
  const dense = denseChannels.map((to, index) => {
    const layer = layers.convolution(`${name}.dense${index}`, { from: seenChannels, to, level });
    seenChannels += to;
    return layer;
  });
  const channels = denseChannels.at(-1)!;
  const predictImage = layers.convolution(`${name}.image`, {
    from: channels,
    to: predictedChannels,
    level,
    activation: 'none',
    initialization,
  });

  return {
    level,
    channels,
    upscale: upscaleFeature,
    decode: ({ upscaled, imageAbove, beside }, weights) => {
      let seen = concat(
        [upscaled, ...(upscaleImage ? [upscaleImage(imageAbove!, weights)] : []), ...beside],
        3,
      );
      let feature = seen;
      dense.forEach((layer, index) => {
        feature = layer(seen, weights);
        if (index < dense.length - 1) seen = concat([seen, feature], 3);
      });
      return feature;
    },
    predictImage,
  };
}
