import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerDeclarations, NamedTensors } from '../layers/declaration.js';
import { halve } from '../layers/resolution.js';
import type { BlurToVideoConfig } from './config.js';
import { displacement } from './feature-transformer.js';
import { middleFeatureChannels } from './middle-decoder.js';
import { declareMiddleFrame } from './middle-frame.js';
import type { MiddleFrame, MiddleFrameConfig } from './middle-frame.js';
import { motionAtTime } from './motion-decoder.js';
import { FUSION_LEVEL, declareScaleFusion } from './scale-fusion.js';
import type { SharpAtScale } from './scale-fusion.js';

export interface MergedMiddleFrame extends MiddleFrame {
  /** The middle frame by level, merged; `middle` is what was found at the image's own size, and what other frames are made from. */
  mergedImages: Tensor4D[];
}

/**
 * Declares the middle frame of a blurred image at as many scales as the config says, with the same weights, merged (see `declareScaleFusion`): what
 * has moved by many pixels is found more easily at half the size.
 *
 * @returns a function from the blurred image `[B, H, W, 3]`.
 */
export function declareMiddleFrameScales(layers: LayerDeclarations, config: MiddleFrameConfig & Pick<BlurToVideoConfig, 'scaleFusion'>): (blurred: Tensor4D, weights: NamedTensors) => MergedMiddleFrame {
  const restoreAtScale = declareMiddleFrame(layers, config);
  const sees = { featureChannels: middleFeatureChannels(config, FUSION_LEVEL), evidenceChannels: config.motionDecoder ? 4 : 0 };
  const fuse = config.scaleFusion ? declareScaleFusion(layers, config.scaleFusion, sees) : undefined;

  const fromScales = (scales: number, blurred: Tensor4D, weights: NamedTensors): MergedMiddleFrame => {
    const fine = restoreAtScale(blurred, blurred, weights);
    const { images } = fine.middle;
    if (scales === 1) return { ...fine, mergedImages: images };
    const coarse = fromScales(scales - 1, halve(blurred), weights);
    const size: [number, number] = [blurred.shape[1] / 2, blurred.shape[2] / 2];
    const evidence = [sweepPixels(fine, size, FUSION_LEVEL), sweepPixels(coarse, size, FUSION_LEVEL - 1)].flatMap((sweep) => sweep ?? []);
    const merged = fuse!({ centre: blurred, evidence, fine: sharpAtScale(fine, images), coarse: sharpAtScale(coarse, coarse.mergedImages) }, weights);
    return { ...fine, mergedImages: [merged, halve(merged), ...images.slice(2)] };
  };
  return (blurred, weights) => fromScales(config.scaleFusion?.scales ?? 1, blurred, weights);
}

const sharpAtScale = ({ middle }: MiddleFrame, images: Tensor4D[]): SharpAtScale => ({ image: images[0]!, features: middle.features[FUSION_LEVEL]! });

/** How far everything goes from the middle of the exposure to its end, in pixels of a level of that size; undefined without a motion decoder. */
function sweepPixels({ trajectories }: MiddleFrame, size: [number, number], level: number): Tensor4D | undefined {
  return trajectories && displacement(motionAtTime(trajectories.at(-1)!, 1), size, level);
}
