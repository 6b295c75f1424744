import { add, concat, image as tfImage, mean, mul, reshape, sigmoid, slice } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerDeclarations, NamedTensors } from '../layers/declaration.js';
import { meanDifference } from '../layers/mean-difference.js';
import type { BlurToVideoConfig } from './config.js';
import { displacement } from './feature-transformer.js';
import { middleFeatureChannels } from './middle-decoder.js';
import type { Decoded } from './middle-decoder.js';
import { motionAtTime } from './motion-decoder.js';
import type { LevelTrajectory } from './motion-decoder.js';

/** Confidence is looked for from this level down to the coarsest, and said at this one. */
const LEVEL = 3;
const COARSEST = 5;
/** Before it has learned anything, the network believes what it restored (a sigmoid of 2 is 0.88). */
const TRUSTING = 2;

export interface FrameConfidenceInputs {
  blurred: Tensor4D;
  /** Features by level. */
  encoded: Tensor4D[];
  middle: Decoded;
  trajectories: LevelTrajectory[] | undefined;
  /** Every restored frame, `[B, H, W, 3]`, in time order. */
  frames: Tensor4D[];
}

/**
 * How far the restored frames are to be believed at every place (ours). A photograph that is soft may have moved or not, and of two
 * things that moved none tells whether they went the same way: the best answer in the sense of least squares is then in between the
 * restored frame and the photograph itself. From the features, the motion found, what restoring changed, and what the frames'
 * average lacks of the photograph, a small network from level 3 to 5 and back says where on that line every frame belongs.
 *
 * @returns a function to a map for every distance in time from the middle frame, nearest first, `[B, H, W, 1]` in [0, 1].
 */
export function declareFrameConfidence(layers: LayerDeclarations, config: BlurToVideoConfig): (inputs: FrameConfidenceInputs, weights: NamedTensors) => Tensor4D[] {
  const [fine, half, coarse] = config.frameConfidence!.channels as [number, number, number];
  const middleIndex = (config.frames - 1) / 2;
  const evidenceChannels = config.encoderChannels[LEVEL - 1]! + middleFeatureChannels(config, LEVEL) + 4 + (config.motionDecoder ? 2 : 0);

  const read = layers.convolution('confidence.level3', { from: evidenceChannels, to: fine, level: LEVEL });
  const reduceToHalf = layers.convolution('confidence.level4', { from: fine, to: half, stride: 2, level: LEVEL + 1 });
  const reduceToCoarse = layers.convolution('confidence.level5', { from: half, to: coarse, stride: 2, level: COARSEST });
  const widen = layers.convolution('confidence.level5-wide', { from: coarse, to: coarse, dilation: 2, level: COARSEST });
  const summarize = layers.dense('confidence.whole-image', { from: coarse, to: coarse });
  const returnToHalf = layers.upscaling('confidence.level4-again', { from: coarse, to: half, level: LEVEL + 1 });
  const returnToFine = layers.upscaling('confidence.level3-again', { from: half, to: fine, level: LEVEL });
  const decide = layers.convolution('confidence.maps', { from: 2 * fine, to: middleIndex + 1, level: LEVEL, activation: 'none', initialization: 'zero' });

  return ({ blurred, encoded, middle, trajectories, frames }, weights) => {
    const [, height, width] = blurred.shape;
    const size: [number, number] = [encoded[LEVEL]!.shape[1], encoded[LEVEL]!.shape[2]];
    const average = frames.slice(1).reduce((sum, frame) => add(sum, frame), frames[0]!);
    const compared = [frames[0]!, frames[middleIndex]!, frames.at(-1)!, mul<Tensor4D>(average, 1 / frames.length)];
    const motion = trajectories && displacement(motionAtTime(trajectories.at(-1)!, 1), size, LEVEL)!;
    const evidence = concat([encoded[LEVEL]!, middle.features[LEVEL]!, ...compared.map((frame) => meanDifference(frame, blurred, LEVEL)), ...(motion ? [mul<Tensor4D>(motion, 2 ** LEVEL)] : [])], 3);

    const seen = read(evidence, weights);
    const seenAtHalf = reduceToHalf(seen, weights);
    const seenAtCoarse = widen(reduceToCoarse(seenAtHalf, weights), weights);
    const ofWholeImage = reshape(summarize(mean(seenAtCoarse, [1, 2]) as Tensor2D, weights), [-1, 1, 1, coarse]);
    const atHalf = add(seenAtHalf, returnToHalf(add(seenAtCoarse, ofWholeImage), weights)) as Tensor4D;
    const maps = sigmoid(add(decide(concat([seen, returnToFine(atHalf, weights)], 3), weights), TRUSTING)) as Tensor4D;
    const atFullSize = tfImage.resizeBilinear(maps, [height, width], false, true);
    return Array.from({ length: middleIndex + 1 }, (_, distance) => slice(atFullSize, [0, 0, 0, distance], [-1, -1, -1, 1]));
  };
}
