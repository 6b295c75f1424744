import { add, addN, concat, mul, split, sub } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { coarsestLevel, declareDecoderBlock, declareEncoder } from '../parts/encoder-decoder.js';
import type { Layer, LayerDeclarations, NamedTensors } from '../parts/layers.js';
import { halve, imagePyramid, packedImageChannels, packedLevel, unpackPixels } from '../parts/resolution.js';
import { declareExposureRefiner, exposureLevel } from './exposure-refiner.js';
import type { FrameTriple } from './flow-network.js';
import { isMiddleFrameReconstruction } from './video-deblur-config.js';
import type {
  MiddleFrameReconstructionConfig,
  ReconstructionConfig,
  VideoDeblurConfig,
} from './video-deblur-config.js';

/**
 * What the reconstruction can see: the frames, the neighbours warped onto the centre one, and the sharpness
 * prior unless the network goes without.
 */
interface AlignedFrames extends FrameTriple {
  warpedPrevious: Tensor4D;
  warpedNext: Tensor4D;
  prior: Tensor4D | undefined;
}

interface Reconstructed {
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

  const blocks = (name: string, scale: number): Layer =>
    layers.residualBlocks(name, {
      count: residualBlocks[scale]!,
      channels: channels[scale]!,
      kernelSize,
      level: levelOf(scale),
      activation: 'relu',
    });
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
    to: finestLevel === packedLevel ? packedImageChannels : 3,
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
    const image = finestLevel === packedLevel ? unpackPixels(predicted) : predicted;
    return { image: residualImage ? add(frames.centre, image) : image };
  };
  return { reconstruct };
}

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
  const encode = declareEncoder(layers, config.encoderChannels, channelsOfAligned(withPrior) + 6);
  const { decode, channelsAt } = declareMiddleDecoder(layers, config);
  const featureChannels = channelsAt(packedLevel);
  const weigh = layers.head('mixing.weights', {
    from: featureChannels,
    to: 4 * mixedPictureCount,
    level: packedLevel,
  });
  const refine = config.exposureRefiner
    ? declareExposureRefiner(layers, config.exposureRefiner, {
        refined: featureChannels,
        exposure: channelsAt(exposureLevel),
      })
    : undefined;

  const reconstruct: Reconstruction['reconstruct'] = (frames, weights) => {
    const { previous, centre, next, toPrevious, toNext, warpedPrevious, warpedNext } = frames;
    const encoded = encode(concat([...inTimeOrder(frames), previous, next], 3), weights);
    const { image: decoded, features } = decode(encoded, centre, weights);
    const mixing = split(unpackPixels(weigh(features[packedLevel]!, weights)), mixedPictureCount, 3);
    const mixed = addN([
      decoded,
      ...mixedPictures(frames).map((picture, index) => mul<Tensor4D>(sub(picture, centre), mixing[index]!)),
    ]);
    const image =
      refine?.(
        {
          image: mixed,
          centre,
          flowsPixels: { toPrevious, toNext },
          warped: [warpedPrevious, warpedNext],
          features,
        },
        weights,
      ) ?? mixed;
    return { image, features: features[packedLevel]! };
  };
  return { featureChannels, reconstruct };
}

/** A frame made sharp, and what it was made from. */
interface DecodedFrame {
  /** `[B, H, W, 3]`, not clamped. */
  image: Tensor4D;
  /** By level, 1 to 4, `[B, H/2^level, W/2^level, C]`. */
  features: Tensor4D[];
}

interface MiddleDecoder {
  /** @param encoded an encoder's features by level. @param frame `[B, H, W, 3]`. */
  decode(encoded: Tensor4D[], frame: Tensor4D, weights: NamedTensors): DecodedFrame;
  /** Channels of the decoder's feature at a level. */
  channelsAt(level: number): number;
}

/**
 * The decoder of the middle frame after Argaw et al. 2021, section 4.1, with its refining block of dilated
 * convolutions; here every image is a correction of the given frame, and the frame's own size is reached from
 * half of it by a sub-pixel convolution, at a quarter of the cost.
 */
function declareMiddleDecoder(
  layers: LayerDeclarations,
  { encoderChannels, middleDecoder, refiner }: MiddleFrameReconstructionConfig,
): MiddleDecoder {
  let channels = encoderChannels.at(-1)!;
  const blocks = [4, 3, 2, packedLevel].map((level) => {
    const block = declareDecoderBlock(layers, 'middle', {
      widths: middleDecoder,
      level,
      from: channels,
      besideChannels: encoderChannels[level - 1]!,
      predictedChannels: level === packedLevel ? packedImageChannels : 3,
      initialization: 'zero',
    });
    ({ channels } = block);
    return block;
  });

  const refine = layers.chain('middle.refine', { from: channels + 3, chain: refiner, level: packedLevel });
  const correctAgain =
    refiner.length > 0
      ? layers.head('middle.refined-image', {
          from: refiner.at(-1)!.channels,
          to: packedImageChannels,
          level: packedLevel,
        })
      : undefined;

  const decode: MiddleDecoder['decode'] = (encoded, frame, weights) => {
    const pyramid = imagePyramid(frame, coarsestLevel - 1);
    const features: Tensor4D[] = [];
    let [feature, image]: [Tensor4D, Tensor4D | undefined] = [encoded[coarsestLevel]!, undefined];
    for (const { level, upscale, decode: decodeLevel, predictImage } of blocks) {
      feature = decodeLevel(
        { upscaled: upscale(feature, weights), imageAbove: image, beside: [encoded[level]!] },
        weights,
      );
      const correction = predictImage(feature, weights);
      image =
        level === packedLevel
          ? add<Tensor4D>(frame, unpackPixels(correction))
          : add<Tensor4D>(pyramid[level]!, correction);
      features[level] = feature;
    }
    if (correctAgain) {
      const refined = refine(concat([feature, halve(image!)], 3), weights);
      image = add<Tensor4D>(image!, unpackPixels(correctAgain(refined, weights)));
      features[packedLevel] = refined;
    }
    return { image: image!, features };
  };
  return {
    decode,
    channelsAt: (level) =>
      (level === packedLevel ? refiner.at(-1)?.channels : undefined) ??
      middleDecoder.denseChannels[level]!.at(-1)!,
  };
}
