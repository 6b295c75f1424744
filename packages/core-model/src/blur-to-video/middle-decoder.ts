import { add, concat } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerDeclarations, NamedTensors } from '../layers/declaration.js';
import { halve, unpackPixels } from '../layers/resolution.js';
import { COARSEST_LEVEL } from './config.js';
import type { BlurToVideoConfig } from './config.js';
import { declareDecoderBlock } from './decoder-block.js';

/** What a decoder hands on, by level (entries below the finest decoded level are absent). */
export interface Decoded {
  images: Tensor4D[];
  features: Tensor4D[];
}

/** What decides the shape of the middle decoder. */
export type MiddleDecoderConfig = Pick<BlurToVideoConfig, 'encoderChannels' | 'finestLevel' | 'middleDecoder' | 'refiner' | 'residualImages'>;

/** Channels of the middle decoder's feature at a level. */
export function middleFeatureChannels(config: MiddleDecoderConfig, level: number): number {
  const refined = level === config.finestLevel ? config.refiner.at(-1)?.channels : undefined;
  return refined ?? config.middleDecoder.denseChannels[level]!.at(-1)!;
}

/**
 * The middle frame's decoder with its refining block of dilated convolutions (Argaw et al. 2021, section 4.1).
 *
 * @returns a function from the encoder's features and the blurred image's pyramid to the middle frame at every level.
 */
export function declareMiddleDecoder(
  layers: LayerDeclarations,
  config: MiddleDecoderConfig,
): (encoded: Tensor4D[], blurredPyramid: Tensor4D[], weights: NamedTensors) => Decoded {
  const { encoderChannels, finestLevel, middleDecoder, refiner, residualImages } = config;
  const encodedChannels = [3, ...encoderChannels];

  const blocks = Array.from({ length: COARSEST_LEVEL }, (_, level) =>
    level < finestLevel
      ? undefined
      : declareDecoderBlock(layers, `middle.level${level}`, {
          level,
          from: level === COARSEST_LEVEL - 1 ? encodedChannels[COARSEST_LEVEL]! : middleDecoder.denseChannels[level + 1]!.at(-1)!,
          upscaledChannels: middleDecoder.upscaledChannels[level]!,
          besideChannels: encodedChannels[level]!,
          denseChannels: middleDecoder.denseChannels[level]!,
          imageAbove: level < COARSEST_LEVEL - 1,
          image: finestLevel === 1 && level === 1 ? 'sub-pixel' : 'level',
          residualImages,
        }),
  );

  let channels = middleDecoder.denseChannels[finestLevel]!.at(-1)! + 3;
  const refinements = refiner.map(({ channels: to, dilation }, index) => {
    const layer = layers.convolution(`middle.refine${index}`, { from: channels, to, dilation, level: finestLevel });
    channels = to;
    return layer;
  });
  const correctImage =
    refiner.length > 0
      ? layers.convolution('middle.refined-image', { from: channels, to: finestLevel === 1 ? 12 : 3, level: finestLevel, activation: 'none', initialization: 'zero' })
      : undefined;

  return (encoded, blurredPyramid, weights) => {
    const images: Tensor4D[] = [];
    const features: Tensor4D[] = [];
    let feature = encoded[COARSEST_LEVEL]!;
    for (let level = COARSEST_LEVEL - 1; level >= finestLevel; level--) {
      const block = blocks[level]!;
      feature = block.decode({ upscaled: block.upscale(feature, weights), imageAbove: images[level + 1], beside: [encoded[level]!] }, weights);
      const imageLevel = level === finestLevel ? 0 : level;
      const predicted = block.predictImage(feature, weights);
      images[imageLevel] = residualImages ? add(blurredPyramid[imageLevel]!, predicted) : predicted;
      features[level] = feature;
    }
    if (correctImage) {
      let refined = concat([feature, finestLevel === 1 ? halve(images[0]!) : images[0]!], 3);
      for (const refine of refinements) refined = refine(refined, weights);
      const correction = correctImage(refined, weights);
      images[0] = add(images[0]!, finestLevel === 1 ? unpackPixels(correction) : correction);
      features[finestLevel] = refined;
    }
    if (finestLevel === 1) images[1] = halve(images[0]!);
    return { images, features };
  };
}
