import { add, mul, neg, sub, zeros } from '@tensorflow/tfjs-core';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { LayerDeclarations } from '../layers/declaration.js';
import type { LayerCost, NamedTensors, WeightDeclaration } from '../layers/declaration.js';
import { expectMultipleSize } from '../layers/image-size.js';
import { halve } from '../layers/resolution.js';
import { requiredMultiple, validateConfig } from './config.js';
import type { BlurToVideoConfig } from './config.js';
import { declareFrameConfidence } from './frame-confidence.js';
import { declareFrameDecoder } from './frame-decoder.js';
import { declareMiddleFrameScales } from './middle-frame-scales.js';

/** What the network returns: losses and pictures need more than the last images. */
export interface BlurToVideoOutput {
  /** `frames[i][level]`: frame i in time order, `[B, H/2^level, W/2^level, 3]`, levels 0 to 4. */
  frames: Tensor4D[][];
  /** `affines[i]`: per transformed level, coarsest first, `[B, 2, 3]` in full-resolution pixels about the image centre; empty for the middle frame. */
  affines: Tensor3D[][];
  /** `flowsPixels[i]`: per transformed level, coarsest first, `[B, h, w, 2]` in that level's pixels; empty for the middle frame. */
  flowsPixels: Tensor4D[][];
  /** `motionsPixels[i]`: `[B, h, w, 2]`, displacement of the scene from the middle frame to frame i, in full-resolution pixels; zeros where the network has no image transformer and for the middle frame. */
  motionsPixels: Tensor4D[];
}

/** A network whose layers are declared and whose weights are still to come. */
export interface BlurToVideoNetwork {
  config: BlurToVideoConfig;
  weights: Record<string, WeightDeclaration>;
  costs: LayerCost[];
  restore(blurred: Tensor4D, weights: NamedTensors): BlurToVideoOutput;
}

/**
 * Declares the blur-to-video network of Argaw et al., "Restoration of Video Frames from a Single Blurred Image with
 * Motion Understanding" (2021), figure 2: an encoder, the middle frame's decoder, and one decoder for every other
 * frame, all in one pass. Where the config says so, the middle frame is
 * merged from several scales and the frames are taken as far as they are believed (ours).
 *
 * @throws if the config does not hold together.
 */
export function declareBlurToVideo(config: BlurToVideoConfig): BlurToVideoNetwork {
  validateConfig(config);
  const layers = new LayerDeclarations();
  const middleIndex = (config.frames - 1) / 2;

  const restoreMiddle = declareMiddleFrameScales(layers, config);
  const decodeFrame = Array.from({ length: config.frames }, (_, index) =>
    index === middleIndex ? undefined : declareFrameDecoder(layers, `frame${index}`, (index - middleIndex) / middleIndex, config),
  );

  const judge = config.frameConfidence ? declareFrameConfidence(layers, config) : undefined;

  const restore = (blurred: Tensor4D, weights: NamedTensors): BlurToVideoOutput => {
    expectMultipleSize(blurred, requiredMultiple(config), 'a blurred image');
    const { encoded, blurredPyramid, middle, mergedImages, trajectories } = restoreMiddle(blurred, weights);

    const output: BlurToVideoOutput = { frames: [], affines: [], flowsPixels: [], motionsPixels: [] };
    for (const decode of decodeFrame) {
      const decoded = decode?.({ encoded, blurredPyramid, middle, trajectories }, weights);
      output.frames.push(decoded?.images ?? mergedImages);
      output.affines.push((decoded?.motions ?? []).flatMap(({ affine }) => affine ?? []));
      output.flowsPixels.push((decoded?.motions ?? []).flatMap(({ flowPixels }) => flowPixels ?? []));
      output.motionsPixels.push(sceneMotion(decoded?.imageDisplacement, blurredPyramid[1]!));
    }
    const confidence = judge?.({ blurred, encoded, middle, trajectories, frames: output.frames.map((levels) => levels[0]!) }, weights);
    if (confidence) output.frames = output.frames.map((levels, index) => asFarAsBelieved(levels, blurred, confidence[Math.abs(index - middleIndex)]!));
    return output;
  };
  return { config, weights: layers.weights, costs: layers.costs, restore };
}

/**
 * Restores the frames inside a blurred image.
 *
 * @param blurred `[B, H, W, 3]` in [0, 1]; H and W multiples of `requiredMultiple(config)`.
 * @param weights by name, as `weightShapes(config)` has them.
 * @throws if the size is no such multiple.
 */
export function blurToVideo(blurred: Tensor4D, weights: NamedTensors, config: BlurToVideoConfig): BlurToVideoOutput {
  return declareBlurToVideo(config).restore(blurred, weights);
}

/** A frame whose images at levels 0 and 1 lie between the photograph (confidence 0) and the restored ones (1). */
function asFarAsBelieved([image, , ...coarser]: Tensor4D[], blurred: Tensor4D, confidence: Tensor4D): Tensor4D[] {
  const believed = add(blurred, mul(sub(image!, blurred), confidence)) as Tensor4D;
  return [believed, halve(believed), ...coarser];
}

/** Frame i shows at p what the middle frame shows at p + displacement(p): the scene has moved by minus that. */
function sceneMotion(displacement: { pixels: Tensor4D; level: number } | undefined, like: Tensor4D): Tensor4D {
  if (!displacement) return zeros([like.shape[0], like.shape[1], like.shape[2], 2]);
  return displacement.level === 0 ? neg(displacement.pixels) : mul(displacement.pixels, -(2 ** displacement.level));
}
