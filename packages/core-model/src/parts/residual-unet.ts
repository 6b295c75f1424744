import { add } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerDeclarations, NamedTensors } from './layers.js';
import { packPixels, packedImageChannels, packedLevel, unpackPixels } from './resolution.js';
import { expectWholeNumber, expectWholeNumbers, maxChannels, maxLayers } from '../weights/config-checks.js';

/** The shape of a residual U-Net on features at half the size of an image. */
export interface ResidualUNetConfig {
  /** Channels at 1/2, 1/4, 1/8 and 1/16 of the image. */
  channels: [number, number, number, number];
  /** Residual blocks of the encoder at 1/2, 1/4 and 1/8. */
  encoderBlocks: [number, number, number];
  /** Residual blocks at 1/16. */
  bottleneckBlocks: number;
  /** Residual blocks of the decoder at 1/2, 1/4 and 1/8. */
  decoderBlocks: [number, number, number];
}

/** @throws with the field, what it may be and what it was. */
export function expectResidualUNet(config: ResidualUNetConfig): void {
  expectWholeNumbers(config.channels, 'channels', [4, 4], [1, maxChannels]);
  for (const field of ['encoderBlocks', 'decoderBlocks'] as const) {
    expectWholeNumbers(config[field], field, [3, 3], [1, maxLayers]);
  }
  expectWholeNumber(config.bottleneckBlocks, 'bottleneckBlocks', [1, maxLayers]);
}

/** What it finds at 1/2, 1/4 and 1/8 of the image, fine to coarse. */
export type DecodedFeatures = [Tensor4D, Tensor4D, Tensor4D];

/** Takes an image apart and finds what to add to it. Height and width of images are multiples of 16. */
export interface ResidualUNet {
  /** What the encoder finds at 1/2 of an image `[B, H, W, 3]`: `[B, H/2, W/2, channels[0]]`. */
  encode(image: Tensor4D, weights: NamedTensors): Tensor4D;
  /** The rest of the network, of what `encode` gave. */
  refine(encoded: Tensor4D, weights: NamedTensors): DecodedFeatures;
  /** What is added to the image, `[B, H, W, 3]`, of the finest feature that `refine` gave. */
  correction(finest: Tensor4D, weights: NamedTensors): Tensor4D;
}

/**
 * Declares a U-Net (Ronneberger et al. 2015) of residual blocks on 2x2-packed pixels: three times halved by
 * strided convolutions, three times enlarged by sub-pixel convolutions, skips added. Nothing in it is
 * normalized or sees the whole image, so that tiles are exact. Untrained, it corrects nothing.
 */
export function declareResidualUNet(
  layers: LayerDeclarations,
  { channels, encoderBlocks, bottleneckBlocks, decoderBlocks }: ResidualUNetConfig,
): ResidualUNet {
  // Scale i is 1/2^(i + 1) of the image.
  const scales = [0, 1, 2] as const;
  const stem = layers.convolution('stem', {
    from: packedImageChannels,
    to: channels[0],
    level: packedLevel,
    activation: 'none',
  });
  const encodeAt = scales.map((i) =>
    layers.residualBlocks(`encoder${i}`, { channels: channels[i], count: encoderBlocks[i], level: i + 1 }),
  );
  const reduce = scales.map((i) =>
    layers.convolution(`reduce${i}`, {
      from: channels[i],
      to: channels[i + 1]!,
      stride: 2,
      padding: 'symmetric',
      level: i + 2,
      activation: 'none',
    }),
  );
  const bottleneck = layers.residualBlocks('bottleneck', {
    channels: channels[3],
    count: bottleneckBlocks,
    level: 4,
  });
  const enlarge = scales.map((i) =>
    layers.convolution(`enlarge${i}`, {
      from: channels[i + 1]!,
      to: 4 * channels[i],
      kernelSize: 1,
      level: i + 2,
      activation: 'none',
    }),
  );
  const decodeAt = scales.map((i) =>
    layers.residualBlocks(`decoder${i}`, { channels: channels[i], count: decoderBlocks[i], level: i + 1 }),
  );
  const correctPixels = layers.head('middle', {
    from: channels[0],
    to: packedImageChannels,
    level: packedLevel,
  });

  function encode(image: Tensor4D, weights: NamedTensors): Tensor4D {
    return encodeAt[0]!(stem(packPixels(image), weights), weights);
  }

  function refine(encoded: Tensor4D, weights: NamedTensors): DecodedFeatures {
    let feature = encoded;
    const skips = scales.map((i) => {
      const skip = i === 0 ? encoded : encodeAt[i]!(feature, weights);
      feature = reduce[i]!(skip, weights);
      return skip;
    });
    feature = bottleneck(feature, weights);
    const decoded = [2, 1, 0].map((i) => {
      feature = decodeAt[i]!(add(unpackPixels(enlarge[i]!(feature, weights)), skips[i]!), weights);
      return feature;
    });
    return decoded.reverse() as DecodedFeatures;
  }

  function correction(finest: Tensor4D, weights: NamedTensors): Tensor4D {
    return unpackPixels(correctPixels(finest, weights));
  }
  return { encode, refine, correction };
}
