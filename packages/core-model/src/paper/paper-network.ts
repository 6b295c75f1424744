import { add, concat, mean, mul, neg, reshape, tensor3d, zeros } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { coarsestLevel, declareDecoderBlock, declareEncoder } from '../parts/encoder-decoder.js';
import { LayerDeclarations } from '../parts/layers.js';
import type { LayerCost, NamedTensors, WeightDeclaration } from '../parts/layers.js';
import { affineDisplacement, resizeFlow, warp } from '../parts/motion-field.js';
import { expectMultipleSize } from '../parts/resolution.js';
import { networkFamily } from '../weights/network-family.js';
import { paperMultiple, validatePaperConfig } from './paper-config.js';
import type { PaperConfig } from './paper-config.js';

/** What the network returns: its losses need more than the last images. */
export interface PaperOutput {
  /**
   * `frames[i][level]`: frame i in time order, `[B, H/2^level, W/2^level, 3]`, levels 0 to 4, not clamped.
   */
  frames: Tensor4D[][];
  /**
   * `affines[i]`: what the feature transformer's spatial transformer found, coarsest level first, `[B, 2, 3]`
   * in full-resolution pixels about the image centre; empty for the middle frame and without one.
   */
  affines: Tensor3D[][];
  /**
   * `flowsPixels[i]`: what local warping found, coarsest level first, `[B, h, w, 2]` in that level's pixels;
   * empty for the middle frame and without it.
   */
  flowsPixels: Tensor4D[][];
  /**
   * `motionsPixels[i]`: `[B, H, W, 2]`, displacement of the scene from the middle frame to frame i by the
   * image transformer; zeros without one and for the middle frame.
   */
  motionsPixels: Tensor4D[];
}

/** The network with its layers declared, its weights still to come. */
export interface PaperNetwork {
  config: PaperConfig;
  weights: Record<string, WeightDeclaration>;
  costs: LayerCost[];
  /**
   * All frames inside a blurred image.
   * @param blurred `[B, H, W, 3]` in [0, 1]; H and W multiples of `paperMultiple`.
   * @throws if the size is no such multiple.
   */
  restore(blurred: Tensor4D, weights: NamedTensors): PaperOutput;
}

/** Levels that decoders have, in their order. */
const decodedLevels = [4, 3, 2, 1, 0] as const;
const imageChannels = 3;

/**
 * Declares the network of Argaw et al., "Restoration of Video Frames from a Single Blurred Image with Motion
 * Understanding" (2021), as its figure 2 has it: an encoder, the middle frame's decoder, and a decoder for
 * every other frame, all in one pass.
 */
function declarePaperNetwork(config: PaperConfig): PaperNetwork {
  const layers = new LayerDeclarations();
  const middleIndex = (config.frames - 1) / 2;

  const encode = declareEncoder(layers, config.encoderChannels);
  const decodeMiddle = declareMiddleDecoder(layers, config);
  const decodeFrames = Array.from({ length: config.frames }, (_, index) =>
    index === middleIndex ? undefined : declareFrameDecoder(layers, `frame${index}`, config),
  );

  function restore(blurred: Tensor4D, weights: NamedTensors): PaperOutput {
    expectMultipleSize(blurred, paperMultiple, 'a blurred image');
    const [batch, height, width] = blurred.shape;
    const encoded = encode(blurred, weights);
    const middleImages = decodeMiddle(encoded, weights);
    const middle: DecodedFrame = {
      images: middleImages,
      affines: [],
      flowsPixels: [],
      imageDisplacementPixels: undefined,
    };
    const frames = decodeFrames.map((decode) => decode?.(encoded, middleImages, weights) ?? middle);
    return {
      frames: frames.map(({ images }) => images),
      affines: frames.map(({ affines }) => affines),
      flowsPixels: frames.map(({ flowsPixels }) => flowsPixels),
      // A frame shows at p what the middle frame shows at p + displacement(p): the scene has moved by minus
      // that.
      motionsPixels: frames.map(({ imageDisplacementPixels }) =>
        imageDisplacementPixels ? neg(imageDisplacementPixels) : zeros([batch, height, width, 2]),
      ),
    };
  }
  return { config, weights: layers.weights, costs: layers.costs, restore };
}

/**
 * The middle frame's decoder: from level to level the image anew, each beside the encoder's feature; at the
 * end dilated convolutions refine it (section 4.1).
 *
 * @returns a function from the encoder's features by level to the middle frame by level.
 */
function declareMiddleDecoder(
  layers: LayerDeclarations,
  { encoderChannels, middleDecoder, refiner }: PaperConfig,
): (encoded: Tensor4D[], weights: NamedTensors) => Tensor4D[] {
  const encodedChannels = [imageChannels, ...encoderChannels];
  let channels = encodedChannels[coarsestLevel]!;
  const blocks = decodedLevels.map((level) => {
    const block = declareDecoderBlock(layers, 'middle', {
      widths: middleDecoder,
      level,
      from: channels,
      besideChannels: encodedChannels[level]!,
    });
    ({ channels } = block);
    return block;
  });

  const refine = layers.chain('middle.refine', { from: channels + imageChannels, chain: refiner, level: 0 });
  const correctImage =
    refiner.length > 0
      ? layers.head('middle.refined-image', {
          from: refiner.at(-1)!.channels,
          to: imageChannels,
          level: 0,
        })
      : undefined;

  return (encoded, weights) => {
    const images: Tensor4D[] = [];
    let feature = encoded[coarsestLevel]!;
    for (const { level, upscale, decode, predictImage } of blocks) {
      feature = decode(
        { upscaled: upscale(feature, weights), imageAbove: images[level + 1], beside: [encoded[level]!] },
        weights,
      );
      images[level] = predictImage(feature, weights);
    }
    if (correctImage) {
      const refined = refine(concat([feature, images[0]!], 3), weights);
      images[0] = add(images[0]!, correctImage(refined, weights));
    }
    return images;
  };
}

interface DecodedFrame {
  /** By level. */
  images: Tensor4D[];
  affines: Tensor3D[];
  flowsPixels: Tensor4D[];
  /** Where the middle frame's image was sampled at level 0. */
  imageDisplacementPixels: Tensor4D | undefined;
}

/**
 * The decoder of one frame that is not the middle one (Eq. 1 and 2): at every level it sees the encoder's
 * feature, that feature transformed to the frame's time, and the middle frame's image transformed likewise.
 *
 * @returns a function from the encoder's features and the middle frame, both by level.
 */
function declareFrameDecoder(
  layers: LayerDeclarations,
  name: string,
  config: PaperConfig,
): (encoded: Tensor4D[], middleImages: Tensor4D[], weights: NamedTensors) => DecodedFrame {
  const { encoderChannels, frameDecoder, featureTransformer, imageTransformer } = config;
  const encodedChannels = [imageChannels, ...encoderChannels];
  const transformedCount =
    Number(featureTransformer.spatialTransformer) + Number(featureTransformer.localWarping);

  let channels = encodedChannels[coarsestLevel]!;
  const blocks = decodedLevels.map((level) => {
    const levelName = `${name}.level${level}`;
    const transformFeature = declareFeatureTransformer(layers, levelName, {
      level,
      encodedChannels: encodedChannels[level]!,
      upscaledChannels: frameDecoder.upscaledChannels[level]!,
      featureTransformer,
    });
    const localizeImage = imageTransformer
      ? declareSpatialTransformer(layers, `${levelName}.itn`, {
          from: imageChannels + encodedChannels[level]!,
          level,
        })
      : undefined;
    const besideChannels =
      (1 + transformedCount) * encodedChannels[level]! + (imageTransformer ? imageChannels : 0);
    const block = declareDecoderBlock(layers, name, {
      widths: frameDecoder,
      level,
      from: channels,
      besideChannels,
    });
    ({ channels } = block);
    return { ...block, transformFeature, localizeImage };
  });

  return (encoded, middleImages, weights) => {
    const decoded: DecodedFrame = {
      images: [],
      affines: [],
      flowsPixels: [],
      imageDisplacementPixels: undefined,
    };
    let [feature, motion]: [Tensor4D, FeatureMotion] = [encoded[coarsestLevel]!, {}];
    for (const { level, transformFeature, localizeImage, upscale, decode, predictImage } of blocks) {
      const upscaled = upscale(feature, weights);
      const { transformed, ...found } = transformFeature(encoded[level]!, upscaled, motion, weights);
      motion = found;
      if (motion.affine) decoded.affines.push(motion.affine);
      if (motion.flowPixels) decoded.flowsPixels.push(motion.flowPixels);

      const beside = [encoded[level]!, ...transformed];
      const middleImage = middleImages[level]!;
      if (localizeImage) {
        const affine = localizeImage(concat([middleImage, encoded[level]!], 3), weights);
        decoded.imageDisplacementPixels = affineDisplacement(
          affine,
          [middleImage.shape[1], middleImage.shape[2]],
          level,
        );
        beside.push(warp(middleImage, decoded.imageDisplacementPixels));
      }
      feature = decode({ upscaled, imageAbove: decoded.images[level + 1], beside }, weights);
      decoded.images[level] = predictImage(feature, weights);
    }
    return decoded;
  };
}

/** Motion from one frame to the middle of the exposure, as one level sees it. */
interface FeatureMotion {
  /** `[B, 2, 3]`, full-resolution pixels about the image centre; see `affineDisplacement`. */
  affine?: Tensor3D;
  /** `[B, h, w, 2]`, pixels of the level. */
  flowPixels?: Tensor4D;
}

/**
 * The feature transformer of one frame at one level (FTN, section 4.2): a spatial transformer for the global
 * motion beside a local-warping layer that predicts a flow, each with a warped feature of its own. Each level
 * corrects the motion of the level above, as in PWC-Net: the paper leaves open how levels are linked. Ours,
 * too: the flow is predicted from the decoder's feature beside the encoder's, which alone the paper names.
 *
 * @returns a function from the level's encoded and upscaled feature, and the motion of the level above.
 */
function declareFeatureTransformer(
  layers: LayerDeclarations,
  name: string,
  {
    level,
    encodedChannels,
    upscaledChannels,
    featureTransformer,
  }: {
    level: number;
    encodedChannels: number;
    upscaledChannels: number;
    featureTransformer: PaperConfig['featureTransformer'];
  },
): (
  encoded: Tensor4D,
  upscaled: Tensor4D,
  above: FeatureMotion,
  weights: NamedTensors,
) => FeatureMotion & { transformed: Tensor4D[] } {
  const localize = featureTransformer.spatialTransformer
    ? declareSpatialTransformer(layers, `${name}.stn`, { from: encodedChannels, level })
    : undefined;
  const predictFlow = featureTransformer.localWarping
    ? layers.head(`${name}.flow`, {
        from: encodedChannels + upscaledChannels,
        to: 2,
        level,
      })
    : undefined;

  return (encoded, upscaled, above, weights) => {
    const size: [number, number] = [encoded.shape[1], encoded.shape[2]];
    const found: FeatureMotion & { transformed: Tensor4D[] } = { transformed: [] };
    if (localize) {
      const correction = localize(encoded, weights);
      found.affine = above.affine ? add(above.affine, correction) : correction;
      found.transformed.push(warp(encoded, affineDisplacement(found.affine, size, level)));
    }
    if (predictFlow) {
      const correction = predictFlow(concat([encoded, upscaled], 3), weights);
      found.flowPixels = above.flowPixels ? add(resizeFlow(above.flowPixels, size), correction) : correction;
      found.transformed.push(warp(encoded, found.flowPixels));
    }
    return found;
  };
}

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

/** The network of Argaw et al. 2021. Untrained, it finds no motion. */
export const paperFamily = networkFamily<PaperConfig, PaperNetwork>({
  name: 'paper',
  configKey: 'unblur.paper',
  validate: validatePaperConfig,
  sizeMultiple: () => paperMultiple,
  declare: declarePaperNetwork,
});
