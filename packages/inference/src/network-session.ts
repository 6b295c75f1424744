import type { NamedTensors } from '@unblur/core-model';
import { trace } from '@unblur/onnx';
import { createSession, type Session } from '@unblur/onnx/node';
import { tensor, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { clampToDisplay } from './display-range.js';
import type { FrameNetwork } from './network-weights.js';
import type { MotionField, RestoredSequence, RgbImage } from './raster.js';

/** A network for one image size, traced with its weights as constants and ready to run on ONNX Runtime. */
export interface NetworkSession {
  restore(image: RgbImage): Promise<RestoredSequence>;
  release(): Promise<void>;
}

/**
 * @param frameIndices which of the network's frames to compute; what only the others need is left out of the graph
 * @param width, height multiples of the network's `multiple`
 */
export async function openNetworkSession({ values: weights, restore }: FrameNetwork, frameIndices: readonly number[], width: number, height: number, threads?: number): Promise<NetworkSession> {
  const graph = trace(
    ({ blurred }) => {
      const constants: NamedTensors = Object.fromEntries(Object.entries(weights).map(([name, { values, shape }]) => [name, tensor(values, shape)]));
      const { frames, motionsPixels } = restore(blurred as Tensor4D, constants);
      const outputs: Record<string, Tensor> = {};
      for (const i of frameIndices) {
        outputs[`frame${i}`] = frames[i]!;
        outputs[`motion${i}`] = motionsPixels[i]!;
      }
      return outputs;
    },
    { blurred: { shape: [1, height, width, 3] } },
  );
  const session: Session = await createSession(graph, { threads, memoryPattern: false });
  return {
    async restore(image) {
      const outputs = await session.run({ blurred: image.data });
      return {
        frames: frameIndices.map((i) => ({ width, height, data: clampToDisplay(outputs[`frame${i}`] as Float32Array) })),
        motionsPixels: frameIndices.map((i): MotionField => {
          const [, rows, columns] = graph.outputs[`motion${i}`]!.shape as [number, number, number, number];
          return { width: columns, height: rows, stridePixels: width / columns, data: outputs[`motion${i}`] as Float32Array };
        }),
      };
    },
    release: () => session.release(),
  };
}
