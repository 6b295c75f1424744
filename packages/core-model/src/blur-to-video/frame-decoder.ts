import { add, concat } from '@tensorflow/tfjs-core';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerDeclarations, NamedTensors } from '../layers/declaration.js';
import { affineDisplacement, warp } from '../layers/motion-field.js';
import { halve } from '../layers/resolution.js';
import { COARSEST_LEVEL } from './config.js';
import type { BlurToVideoConfig } from './config.js';
import { declareDecoderBlock } from './decoder-block.js';
import { declareFeatureTransformer, displacement, transformedCount } from './feature-transformer.js';
import type { LevelMotion } from './feature-transformer.js';
import { middleFeatureChannels } from './middle-decoder.js';
import type { Decoded } from './middle-decoder.js';
import { motionAtTime } from './motion-decoder.js';
import type { LevelTrajectory } from './motion-decoder.js';
import { declareSpatialTransformer } from './spatial-transformer.js';

export interface FrameDecoderInputs {
  /** Features by level. */
  encoded: Tensor4D[];
  /** The blurred image by level. */
  blurredPyramid: Tensor4D[];
  middle: Decoded;
  /** Of the levels with a motion decoder's block, coarsest first; undefined where every frame finds its own motion. */
  trajectories: LevelTrajectory[] | undefined;
}

export interface DecodedFrame {
  images: Tensor4D[];
  /** Motions of the transformed levels, coarsest first. */
  motions: LevelMotion[];
  /** Where the middle frame's image was sampled, in level pixels, with the level; undefined without an image transformer. */
  imageDisplacement: { pixels: Tensor4D; level: number } | undefined;
}

/**
 * The decoder of one frame that is not the middle one (Argaw et al. 2021, Eq. 1 and 2): at every level it sees the
 * encoder's feature, that feature transformed to the frame's time, and the middle frame's image transformed likewise.
 *
 * @param time of the frame: -1 is the first one, 0 the middle, 1 the last one.
 */
export function declareFrameDecoder(
  layers: LayerDeclarations,
  name: string,
  time: number,
  config: BlurToVideoConfig,
): (inputs: FrameDecoderInputs, weights: NamedTensors) => DecodedFrame {
  const { encoderChannels, finestLevel, frameDecoder, featureTransformer, imageTransformer, motionDecoder, residualImages } = config;
  const encodedChannels = [3, ...encoderChannels];
  const fromEncoder = featureTransformer.source === 'encoder';

  const levels = Array.from({ length: COARSEST_LEVEL }, (_, level) => {
    if (level < finestLevel) return undefined;
    const movedChannels = fromEncoder ? encodedChannels[level]! : middleFeatureChannels(config, level);
    const upscaledChannels = frameDecoder.upscaledChannels[level]!;
    const transformed = featureTransformer.levels.includes(level) && transformedCount(featureTransformer) > 0;
    return {
      transformed,
      transformer: transformed && !motionDecoder
        ? declareFeatureTransformer(layers, `${name}.level${level}`, { level, config: featureTransformer, movedChannels, encodedChannels: encodedChannels[level]!, upscaledChannels })
        : undefined,
      localizeImage: imageTransformer === 'spatial-transformer' ? declareSpatialTransformer(layers, `${name}.level${level}.itn`, { from: encodedChannels[level]! + 3, level }) : undefined,
      block: declareDecoderBlock(layers, `${name}.level${level}`, {
        level,
        from: level === COARSEST_LEVEL - 1 ? encodedChannels[COARSEST_LEVEL]! : frameDecoder.denseChannels[level + 1]!.at(-1)!,
        upscaledChannels,
        besideChannels: (fromEncoder ? movedChannels : 0) + (transformed ? transformedCount(featureTransformer) * movedChannels : 0) + (imageTransformer === 'none' ? 0 : 3),
        denseChannels: frameDecoder.denseChannels[level]!,
        imageAbove: level < COARSEST_LEVEL - 1,
        image: finestLevel === 1 && level === 1 ? 'sub-pixel' : 'level',
        residualImages,
      }),
    };
  });

  return ({ encoded, blurredPyramid, middle, trajectories }, weights) => {
    const images: Tensor4D[] = [];
    const motions: LevelMotion[] = [];
    let imageDisplacement: DecodedFrame['imageDisplacement'];
    let feature = encoded[COARSEST_LEVEL]!;

    for (let level = COARSEST_LEVEL - 1; level >= finestLevel; level--) {
      const { transformed, transformer, localizeImage, block } = levels[level]!;
      const upscaled = block.upscale(feature, weights);
      const beside: Tensor4D[] = fromEncoder ? [encoded[level]!] : [];

      const moved = fromEncoder ? encoded[level]! : middle.features[level]!;
      if (transformer) {
        const { transformed: features, motion } = transformer.transform({ moved, encoded: encoded[level]!, upscaled, coarser: motions.at(-1) }, weights);
        beside.push(...features);
        motions.push(motion);
      } else if (transformed) {
        const trajectory = trajectories!.find((candidate) => candidate.level === level);
        if (trajectory) motions.push(motionAtTime(trajectory, time));
        beside.push(warp(moved, displacement(motions.at(-1)!, [moved.shape[1], moved.shape[2]], level)!));
      }

      const imageAffine = localizeImage?.(concat([middle.images[level]!, encoded[level]!], 3), weights);
      const displacementAt = (atLevel: number) => middleImageDisplacement(middle.images[atLevel]!, atLevel, imageTransformer, imageAffine, motions.at(-1));
      const transformedImageAt = (atLevel: number) => {
        const pixels = displacementAt(atLevel);
        if (!pixels) return imageTransformer === 'none' ? blurredPyramid[atLevel]! : middle.images[atLevel]!;
        imageDisplacement = { pixels, level: atLevel };
        return warp(middle.images[atLevel]!, pixels);
      };
      const transformedImage = transformedImageAt(level);
      if (imageTransformer !== 'none') beside.push(transformedImage);

      feature = block.decode({ upscaled, imageAbove: images[level + 1], beside }, weights);
      const predicted = block.predictImage(feature, weights);
      const imageLevel = level === finestLevel ? 0 : level;
      const start = imageLevel === level ? transformedImage : transformedImageAt(imageLevel);
      images[imageLevel] = residualImages ? add(start, predicted) : predicted;
    }
    if (finestLevel === 1) images[1] = halve(images[0]!);
    return { images, motions, imageDisplacement };
  };
}

function middleImageDisplacement(
  image: Tensor4D,
  level: number,
  imageTransformer: BlurToVideoConfig['imageTransformer'],
  imageAffine: Tensor3D | undefined,
  motion: LevelMotion | undefined,
): Tensor4D | undefined {
  const size: [number, number] = [image.shape[1], image.shape[2]];
  if (imageTransformer === 'spatial-transformer') return affineDisplacement(imageAffine!, size, level);
  return imageTransformer === 'feature-motion' && motion ? displacement(motion, size, level) : undefined;
}
