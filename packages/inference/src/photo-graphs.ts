import {
  displacementAt,
  trajectoryStridePixels,
  type NamedTensors,
  type PhotoNetwork,
  type WeightValues,
} from '@unblur/core-model';
import { trace, type ModelOptions, type TracedGraph } from '@unblur/onnx';
import { neg, tensor, type Tensor4D } from '@tensorflow/tfjs-core';

/** The two halves of the photo network for one size of image, weights and all. */
export interface PhotoGraphs {
  /** `blurred` to `middle`, `trajectory` and `feature`: see `PhotoScene`. */
  analysis: TracedGraph;
  /**
   * Those three and `time`, `[1, 1, 1, 1]`, to `frame`, which may exceed [0, 1], and `motion`: where the
   * scene lies at that time, `[1, height / 4, width / 4, 2]` in pixels.
   */
  rendering: TracedGraph;
}

/**
 * Traces the photo network for images of a size.
 *
 * @param width, height multiples of `photoMultiple`.
 * @throws if they are not.
 */
export function tracePhotoNetwork(
  network: PhotoNetwork,
  values: WeightValues,
  width: number,
  height: number,
  options?: ModelOptions,
): PhotoGraphs {
  const image = { shape: [1, height, width, 3] };
  const analysis = trace(
    ({ blurred }) => ({ ...network.analyze(blurred as Tensor4D, constants(values)) }),
    { blurred: image },
    options,
  );
  const rendering = trace(
    ({ middle, trajectory, feature, time }) => {
      const scene = {
        middle: middle as Tensor4D,
        trajectory: trajectory as Tensor4D,
        feature: feature as Tensor4D,
      };
      return {
        frame: network.renderAt(scene, time as Tensor4D, constants(values)),
        motion: neg(displacementAt(scene.trajectory, time as Tensor4D)),
      };
    },
    {
      middle: image,
      trajectory: { shape: [1, height / trajectoryStridePixels, width / trajectoryStridePixels, 6] },
      feature: { shape: [1, height / 2, width / 2, network.config.frameChannels] },
      time: { shape: [1, 1, 1, 1] },
    },
    options,
  );
  return { analysis, rendering };
}

/** Weights as tensors, which are constants where a graph is traced. */
export const constants = (values: WeightValues): NamedTensors =>
  Object.fromEntries(
    Object.entries(values).map(([name, { values: list, shape }]) => [name, tensor(list, shape)]),
  );
