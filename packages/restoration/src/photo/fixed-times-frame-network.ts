import { frameTimes } from '@unblur/core-model';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { clampToDisplay, expectFinite } from '../display-range.js';
import type { MotionField } from '../motion-field.js';
import type { RestoredSequence, RgbImage } from '../raster.js';
import type { FixedTimesNetwork } from './fixed-times-network.js';
import type { FrameNetwork } from './frame-network.js';
import { selectFrames } from './frame-selection.js';

/** A network whose frames are at times of its own: all are computed, those that are wanted given. */
export function fixedTimesFrameNetwork({
  config,
  weights,
  multiple,
  memoryBytesPerPixel,
  knowsMotion,
  restore,
}: FixedTimesNetwork): FrameNetwork {
  const allTimes = frameTimes(config.frames);
  return {
    config,
    multiple,
    memoryBytesPerPixel,
    reach: null,
    knowsMotion,
    defaultFrames: config.frames,
    timesOf: (frames) => selectFrames(config.frames, frames).map((index) => allTimes[index]!),
    async open(width, height, engine) {
      const session = await engine.open({
        compute: ({ blurred }, weightTensors) => {
          const { frames, motionsPixels } = restore(blurred as Tensor4D, weightTensors);
          return Object.fromEntries(
            frames.flatMap((frame, i): [string, Tensor][] => [
              [`frame${i}`, frame],
              [`motion${i}`, motionsPixels[i]!],
            ]),
          );
        },
        inputShapes: { blurred: [1, height, width, 3] },
        weights,
      });
      const restoreAll = async (image: RgbImage, times: readonly number[]): Promise<RestoredSequence> => {
        const outputs = await session.run({ blurred: image.data });
        const indices = times.map((time) => allTimes.indexOf(time));
        return {
          frames: indices.map((i) => ({
            width,
            height,
            data: clampToDisplay(outputs[`frame${i}`]!),
          })),
          motionsPixels: indices.map((i): MotionField => {
            const [, rows, columns] = session.outputShapes[`motion${i}`] as [number, number, number];
            return {
              width: columns,
              height: rows,
              stridePixels: width / columns,
              data: expectFinite(outputs[`motion${i}`]!),
            };
          }),
        };
      };
      return {
        findMotions: async (image, times) => (await restoreAll(image, times)).motionsPixels,
        restore: restoreAll,
        release: () => session.release(),
      };
    },
  };
}
