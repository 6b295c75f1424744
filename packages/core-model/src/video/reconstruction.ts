import { add, addN, concat, mul, split, sub } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerDeclarations, NamedTensors } from '../parts/layers.js';
import { declareEncoder } from '../parts/encoder.js';
import { unpackPixels } from '../parts/resolution.js';
import { isMiddleFrameReconstruction } from './video-config.js';
import type {
  MiddleFrameReconstructionConfig,
  ReconstructionConfig,
  VideoDeblurConfig,
} from './video-config.js';
import { declareExposureRefiner } from './exposure-refiner.js';
import type { NeighbourFlows } from './flow-network.js';
import { declareMiddleDecoder, middleFeatureChannels } from './middle-decoder.js';

type Layer = (x: Tensor4D, weights: NamedTensors) => Tensor4D;

/**
 * What the reconstruction can see: the frames, the neighbours warped onto the centre one, and the sharpness
 * prior unless the network goes without.
 */
export interface AlignedFrames {
  previous: Tensor4D;
  centre: Tensor4D;
  next: Tensor4D;
  warpedPrevious: Tensor4D;
  warpedNext: Tensor4D;
  prior?: Tensor4D;
  flowsPixels: NeighbourFlows;
}

export interface Reconstructed {
  image: Tensor4D;
  /** At half the frames' size, `[B, H/2, W/2, C]`; undefined for the published reconstruction. */
  features?: Tensor4D;
}

interface Reconstruction {
  /** Channels of the features, where there are any. */
  featureChannels?: number;
  reconstruct(frames: AlignedFrames, weights: NamedTensors): Reconstructed;
}

/** Declares the reconstruction: from aligned frames `[B, H, W, 3]` to the sharp centre frame, not clamped. */
export function declareReconstruction(
  layers: LayerDeclarations,
  config: VideoDeblurConfig['reconstruction'],
  withPrior: boolean,
): Reconstruction {
  return isMiddleFrameReconstruction(config)
    ? declareMiddleFrameReconstruction(layers, config, withPrior)
    : declarePublishedReconstruction(layers, config, withPrior);
}

const channelsOfAligned = (withPrior: boolean): number => (withPrior ? 10 : 9);

/** The aligned frames in time order, then the prior. */
const inTimeOrder = ({ warpedPrevious, centre, warpedNext, prior }: AlignedFrames): Tensor4D[] => [
  warpedPrevious,
  centre,
  warpedNext,
  ...(prior ? [prior] : []),
];

/** Pictures that may be mixed into the centre frame, beside it. */
const mixedPictures = ({ previous, next, warpedPrevious, warpedNext }: AlignedFrames): Tensor4D[] => [
  warpedPrevious,
  warpedNext,
  previous,
  next,
];
const mixedPictureCount = 4;

/**
 * An encoder that sees the neighbours too, and a decoder that corrects the centre frame (after those of Argaw
 * et al. 2021 for the middle frame): `centre + sum over pictures i of weight_i (picture_i - centre) +
 * correction`, with weights of either sign at every pixel (as the kernels of Mildenhall et al. 2018 are
 * predicted). Where exposures overlap in time, their differences at one pixel tell what came and what went;
 * where they do not, aligned neighbours may have seen sharp what the centre frame did not. What comes out of
 * that is blurred again along the flow, and corrected.
 */
function declareMiddleFrameReconstruction(
  layers: LayerDeclarations,
  config: MiddleFrameReconstructionConfig,
  withPrior: boolean,
): Reconstruction {
  const featureChannels = middleFeatureChannels(config, 1);
  const encode = declareEncoder(layers, config.encoderChannels, channelsOfAligned(withPrior) + 6);
  const decode = declareMiddleDecoder(layers, config);
  const weigh = layers.convolution('mixing.weights', {
    from: featureChannels,
    to: 4 * mixedPictureCount,
    level: 1,
    activation: 'none',
    initialization: 'zero',
  });
  const refine = config.exposureRefiner
    ? declareExposureRefiner(layers, config.exposureRefiner, {
        level1: featureChannels,
        level3: middleFeatureChannels(config, 3),
      })
    : undefined;

  const reconstruct: Reconstruction['reconstruct'] = (frames, weights) => {
    const { previous, centre, next, warpedPrevious, warpedNext, flowsPixels } = frames;
    const encoded = encode(concat([...inTimeOrder(frames), previous, next], 3), weights);
    const { image: decoded, features } = decode(encoded, centre, weights);
    const mixing = split(unpackPixels(weigh(features[1]!, weights)), mixedPictureCount, 3);
    const mixed = addN([
      decoded,
      ...mixedPictures(frames).map((picture, index) => mul<Tensor4D>(sub(picture, centre), mixing[index]!)),
    ]);
    const image =
      refine?.(
        { image: mixed, centre, flowsPixels, warped: [warpedPrevious, warpedNext], features },
        weights,
      ) ?? mixed;
    return { image, features: features[1]! };
  };
  return { featureChannels, reconstruct };
}

/**
 * The published reconstruction: an encoder-decoder of residual blocks over three scales, whose decoder adds
 * the encoder's features of its scale (Pan et al. 2020, section 3.2).
 */
function declarePublishedReconstruction(
  layers: LayerDeclarations,
  config: ReconstructionConfig,
  withPrior: boolean,
): Reconstruction {
  const { kernelSize, channels, residualBlocks, finestLevel, residualImage } = config;
  const levelOf = (scale: number) => scale + finestLevel;

  const blocks = (name: string, scale: number): Layer => {
    const [width, level] = [channels[scale]!, levelOf(scale)];
    const chain = Array.from({ length: residualBlocks[scale]! }, (_, index): Layer => {
      const first = layers.convolution(`${name}.block${index}.first`, {
        from: width,
        to: width,
        kernelSize,
        level,
        activation: 'relu',
      });
      // Blocks start as the identity: without normalization, features would otherwise double with each.
      const second = layers.convolution(`${name}.block${index}.second`, {
        from: width,
        to: width,
        kernelSize,
        level,
        activation: 'none',
        initialization: 'zero',
      });
      return (x, weights) => add(second(first(x, weights), weights), x);
    });
    return (x, weights) => chain.reduce((feature, block) => block(feature, weights), x);
  };
  const encoderScale = (scale: number): Layer => {
    const name = `reconstruction.encoder${scale}`;
    const from = scale === 0 ? channelsOfAligned(withPrior) : channels[scale - 1]!;
    const stride = scale > 0 || finestLevel === 1 ? 2 : 1;
    const enter = layers.convolution(`${name}.enter`, {
      from,
      to: channels[scale]!,
      kernelSize,
      stride,
      level: levelOf(scale),
      activation: 'relu',
      padding: 'symmetric',
    });
    const refine = blocks(name, scale);
    return (x, weights) => refine(enter(x, weights), weights);
  };
  const decoderScale = (scale: number): Layer => {
    const name = `reconstruction.decoder${scale}`;
    const refine = blocks(name, scale);
    const upscale = layers.upscaling(`${name}.upscale`, {
      from: channels[scale]!,
      to: channels[scale - 1]!,
      kernelSize: 3,
      level: levelOf(scale - 1),
      activation: 'relu',
      padding: 'symmetric',
    });
    return (x, weights) => upscale(refine(x, weights), weights);
  };

  const [encode0, encode1, encode2] = [encoderScale(0), encoderScale(1), encoderScale(2)];
  const [decode2, decode1] = [decoderScale(2), decoderScale(1)];
  const refine0 = blocks('reconstruction.decoder0', 0);
  const predict = layers.convolution('reconstruction.decoder0.image', {
    from: channels[0],
    to: finestLevel === 1 ? 12 : 3,
    kernelSize,
    level: finestLevel,
    activation: 'none',
    initialization: residualImage ? 'zero' : 'he',
  });

  const reconstruct: Reconstruction['reconstruct'] = (frames, weights) => {
    const scale0 = encode0(concat(inTimeOrder(frames), 3), weights);
    const scale1 = encode1(scale0, weights);
    const scale2 = encode2(scale1, weights);
    const decoded1 = add(decode2(scale2, weights), scale1) as Tensor4D;
    const decoded0 = add(decode1(decoded1, weights), scale0) as Tensor4D;
    const predicted = predict(refine0(decoded0, weights), weights);
    const image = finestLevel === 1 ? unpackPixels(predicted) : predicted;
    return { image: residualImage ? add(frames.centre, image) : image };
  };
  return { reconstruct };
}
