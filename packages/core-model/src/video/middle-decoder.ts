import { add, concat } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { declareDecoderBlock } from '../parts/decoder-block.js';
import type { LayerDeclarations, NamedTensors } from '../parts/layers.js';
import { halve, imagePyramid, unpackPixels } from '../parts/resolution.js';
import { coarsestLevel } from './video-config.js';
import type { MiddleFrameReconstructionConfig } from './video-config.js';

/** A frame made sharp, and what it was made from. */
export interface DecodedFrame {
  /** `[B, H, W, 3]`, not clamped. */
  image: Tensor4D;
  /** By level, 1 to 4, `[B, H/2^level, W/2^level, C]`. */
  features: Tensor4D[];
}

type MiddleDecoderConfig = Pick<
  MiddleFrameReconstructionConfig,
  'encoderChannels' | 'middleDecoder' | 'refiner'
>;

/**
 * The finest level with a block of its own; the last doubling is a sub-pixel convolution, at a quarter of the
 * cost.
 */
const finestLevel = 1;
const decodedLevels = [4, 3, 2, 1] as const;
const packedChannels = 4 * 3;

/** Channels of the decoder's feature at a level. */
export function middleFeatureChannels(
  { middleDecoder, refiner }: MiddleDecoderConfig,
  level: number,
): number {
  const refined = level === finestLevel ? refiner.at(-1)?.channels : undefined;
  return refined ?? middleDecoder.denseChannels[level]!.at(-1)!;
}

/**
 * The decoder of the middle frame after Argaw et al. 2021, section 4.1, with its refining block of dilated
 * convolutions; here every image is a correction of the given frame, and the frame's own size is reached from
 * half of it.
 *
 * @returns a function from an encoder's features by level and the frame `[B, H, W, 3]`.
 */
export function declareMiddleDecoder(
  layers: LayerDeclarations,
  config: MiddleDecoderConfig,
): (encoded: Tensor4D[], frame: Tensor4D, weights: NamedTensors) => DecodedFrame {
  const { encoderChannels, middleDecoder, refiner } = config;
  let channels = encoderChannels.at(-1)!;
  const blocks = decodedLevels.map((level) => {
    const [name, upscaledChannels, denseChannels] = [
      `middle.level${level}`,
      middleDecoder.upscaledChannels[level]!,
      middleDecoder.denseChannels[level]!,
    ];
    const block = declareDecoderBlock(layers, name, {
      level,
      from: channels,
      upscaledChannels,
      denseChannels,
      besideChannels: encoderChannels[level - 1]!,
      imageAbove: level < 4,
    });
    channels = denseChannels.at(-1)!;
    const to = level === finestLevel ? packedChannels : 3;
    return {
      level,
      ...block,
      predictCorrection: layers.convolution(`${name}.image`, {
        from: channels,
        to,
        level,
        activation: 'none',
        initialization: 'zero',
      }),
    };
  });

  channels += 3;
  const refinements = refiner.map(({ channels: to, dilation }, index) => {
    const layer = layers.convolution(`middle.refine${index}`, {
      from: channels,
      to,
      dilation,
      level: finestLevel,
    });
    channels = to;
    return layer;
  });
  const correctAgain =
    refiner.length > 0
      ? layers.convolution('middle.refined-image', {
          from: channels,
          to: packedChannels,
          level: finestLevel,
          activation: 'none',
          initialization: 'zero',
        })
      : undefined;

  return (encoded, frame, weights) => {
    const pyramid = imagePyramid(frame, coarsestLevel - 1);
    const features: Tensor4D[] = [];
    let [feature, image]: [Tensor4D, Tensor4D | undefined] = [encoded[coarsestLevel]!, undefined];
    for (const { level, upscale, decode, predictCorrection } of blocks) {
      feature = decode(
        { upscaled: upscale(feature, weights), imageAbove: image, beside: [encoded[level]!] },
        weights,
      );
      const correction = predictCorrection(feature, weights);
      image =
        level === finestLevel
          ? add<Tensor4D>(frame, unpackPixels(correction))
          : add<Tensor4D>(pyramid[level]!, correction);
      features[level] = feature;
    }
    if (correctAgain) {
      const refined = refinements.reduce(
        (x, refine) => refine(x, weights),
        concat([feature, halve(image!)], 3),
      );
      image = add<Tensor4D>(image!, unpackPixels(correctAgain(refined, weights)));
      features[finestLevel] = refined;
    }
    return { image: image!, features };
  };
}
