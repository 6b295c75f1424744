import {
  consistencyCorrection,
  consistencyTimes,
  trajectoryStridePixels,
  type PhotoNetwork,
} from '@unblur/core-model';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { ComputedFunction } from '../compute-engine.js';

/** A function of named tensors, its weights apart, for images of one size. */
type NetworkFunction = Pick<ComputedFunction, 'compute' | 'inputShapes'>;

/** The name of the frame at one of `consistencyTimes` among the inputs of `consistency`. */
const consistencyInput = (index: number) => `frame${index}`;

/** The inputs of `consistency`: the image, and its frames at `consistencyTimes`. */
export const consistencyInputs = (
  blurred: Float32Array,
  frames: readonly Float32Array[],
): Record<string, Float32Array> => ({
  blurred,
  ...Object.fromEntries(frames.map((frame, index) => [consistencyInput(index), frame])),
});

/**
 * The parts of the photo network for images of a size, sides multiples of `photoMultiple`. `analysis`:
 * `blurred` to `middle`, `trajectory` and `feature`, see `PhotoScene`. `rendering`: those and `time` to
 * `frame`, which may exceed [0, 1]. `consistency`: `consistencyInputs` to `correction`, which every frame
 * lacks.
 */
export function photoFunctions(
  network: PhotoNetwork,
  width: number,
  height: number,
): { analysis: NetworkFunction; rendering: NetworkFunction; consistency: NetworkFunction } {
  const image = [1, height, width, 3];
  return {
    analysis: {
      compute: ({ blurred }, weightTensors) => ({ ...network.analyze(blurred as Tensor4D, weightTensors) }),
      inputShapes: { blurred: image },
    },
    rendering: {
      compute: ({ middle, trajectory, feature, time }, weightTensors) => {
        const scene = {
          middle: middle as Tensor4D,
          trajectory: trajectory as Tensor4D,
          feature: feature as Tensor4D,
        };
        return { frame: network.renderAt(scene, time as Tensor4D, weightTensors) };
      },
      inputShapes: {
        middle: image,
        trajectory: [1, height / trajectoryStridePixels, width / trajectoryStridePixels, 6],
        feature: [1, height / 2, width / 2, network.config.frameChannels],
        time: [1, 1, 1, 1],
      },
    },
    consistency: {
      compute: ({ blurred, ...frames }) => ({
        correction: consistencyCorrection(
          blurred as Tensor4D,
          consistencyTimes.map((_, index) => frames[consistencyInput(index)] as Tensor4D),
        ),
      }),
      inputShapes: {
        blurred: image,
        ...Object.fromEntries(consistencyTimes.map((_, index) => [consistencyInput(index), image])),
      },
    },
  };
}
