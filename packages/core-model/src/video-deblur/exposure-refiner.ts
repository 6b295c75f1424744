import { add, clipByValue, concat, exp, mul, reshape, slice, sub, sum, tile } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { luminance, meanDifference } from '../parts/image-statistics.js';
import type { LayerDeclarations, NamedTensors } from '../parts/layers.js';
import { resizeFlow, warp } from '../parts/motion-field.js';
import {
  packPixels,
  packedImageChannels,
  packedLevel,
  resizeBilinear,
  unpackPixels,
} from '../parts/resolution.js';
import type { NeighbourFlows } from './flow-network.js';
import type { ExposureRefinerConfig } from './video-deblur-config.js';

/** The level at which the exposure is read; corrections are computed on packed pixels. */
export const exposureLevel = 3;
const exposureChannels = 32;
/** The shutter is open for a twentieth of the time between two frames, or for up to seven times as long. */
const logFraction: [number, number] = [-3, 2];
/** Where flow cannot be right a step goes nowhere; beyond 2 the iteration would not converge. */
const logStep: [number, number] = [-6, 0.7];

export interface ExposureRefinerInputs {
  /** `[B, H, W, 3]`, what the refiner corrects. */
  image: Tensor4D;
  /** `[B, H, W, 3]`, the frame as it was given. */
  centre: Tensor4D;
  flowsPixels: NeighbourFlows;
  /** The neighbours warped with these onto the centre frame, `[B, H, W, 3]`. */
  warped: Tensor4D[];
  /** The reconstruction's features by level. */
  features: Tensor4D[];
}

/**
 * Blurs the sharp frame again and corrects it by what it lacks (ours). Between two frames of a video, flow
 * says where everything went; the shutter was open for a fraction of that time, which a video does not tell
 * but its blur does. The frame's luminance averaged along that path should give the frame that was seen; what
 * is missing, carried back along the path, is the direction of gradient descent on the squared difference
 * (Landweber iteration). That fraction, and how far to follow that direction, are predicted at every place,
 * from the reconstruction's features and from how well the flow explains the neighbours; convolutions correct
 * what is left. Every iteration has the same weights.
 *
 * @param featureChannels channels of the reconstruction's features at the level of packed pixels, where
 * corrections are computed, and at `exposureLevel`.
 * @returns a function to the corrected frame.
 */
export function declareExposureRefiner(
  layers: LayerDeclarations,
  { iterations, times: timeCount, channels }: ExposureRefinerConfig,
  featureChannels: { refined: number; exposure: number },
): (inputs: ExposureRefinerInputs, weights: NamedTensors) => Tensor4D {
  const times = exposureTimes(timeCount);
  const readEvidence = layers.convolution('exposure.evidence', {
    from: featureChannels.exposure + 2 + 4,
    to: exposureChannels,
    level: exposureLevel,
  });
  const readExposure = layers.head('exposure.share-and-step', {
    from: exposureChannels,
    to: 2,
    level: exposureLevel,
  });
  const understand = layers.chain('exposure.conv', {
    from: 4 * (3 + 1 + 1) + featureChannels.refined + 2,
    chain: channels,
    level: packedLevel,
  });
  const predictCorrection = layers.head('exposure.image', {
    from: channels.at(-1)!,
    to: packedImageChannels,
    level: packedLevel,
  });

  return ({ image: given, centre, flowsPixels: { toPrevious, toNext }, warped, features }, weights) => {
    const [, height, width] = centre.shape;
    const coarse: [number, number] = [features[exposureLevel]!.shape[1], features[exposureLevel]!.shape[2]];
    const evidence = concat(
      [
        features[exposureLevel]!,
        ...warped.map((neighbour) => meanDifference(neighbour, centre, exposureLevel)),
        resizeFlow(toPrevious, coarse),
        resizeFlow(toNext, coarse),
      ],
      3,
    );
    const exposure = readExposure(readEvidence(evidence, weights), weights);
    const [fraction, step] = [logFraction, logStep].map((range, channel) =>
      resizeBilinear(
        exp(clipByValue(slice(exposure, [0, 0, 0, channel], [-1, -1, -1, 1]), ...range)) as Tensor4D,
        [height, width],
      ),
    );
    // The scene moves by (toNext - toPrevious) / 2 from frame to frame; from the middle of a shutter that
    // never closes to its end, by half of that. Displacements lead back.
    const sweep = mul<Tensor4D>(mul(sub(toPrevious, toNext), 0.25), fraction!);
    // Times lie evenly on both sides of the middle: the path back is the path there.
    const displacements = concat(
      times.map((time) => mul<Tensor4D>(sweep, time)),
      0,
    );
    const [seenLuminance, sweepAtLevel] = [luminance(centre), resizeFlow(sweep, [height / 2, width / 2])];

    let image = given;
    for (let iteration = 0; iteration < iterations; iteration++) {
      const missing = sub(seenLuminance, averageAlong(luminance(image), displacements)) as Tensor4D;
      const direction = averageAlong(missing, displacements);
      const seen = concat(
        [packPixels(image), packPixels(missing), packPixels(direction), features[packedLevel]!, sweepAtLevel],
        3,
      );
      image = add(
        add(image, mul<Tensor4D>(direction, step!)),
        unpackPixels(predictCorrection(understand(seen, weights), weights)),
      );
    }
    return image;
  };
}

/** Times of the exposure at even distances from -1 to 1, but for 0, the middle frame's own. */
function exposureTimes(count: number): number[] {
  return Array.from({ length: count + 1 }, (_, index) => (2 * index) / count - 1).filter(
    (time) => time !== 0,
  );
}

/**
 * The mean of an image and what warping it by each displacement gives. @param displacementsPixels `[T B, H,
 * W, 2]`, one after the other along the batch.
 */
export function averageAlong(image: Tensor4D, displacementsPixels: Tensor4D): Tensor4D {
  const [batch, height, width, channels] = image.shape;
  const count = displacementsPixels.shape[0] / batch;
  const moved = reshape(warp(tile(image, [count, 1, 1, 1]), displacementsPixels), [
    count,
    batch,
    height,
    width,
    channels,
  ]);
  return mul(add(sum(moved, 0), image), 1 / (count + 1)) as Tensor4D;
}
