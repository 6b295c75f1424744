import { loadGraphModel, type GraphModel } from '@tensorflow/tfjs-converter';
import { setBackend, tensor4d, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { trace } from '@unblur/onnx';
import { startEngine } from '../engine/engine.js';
import { imageOfPicture, pictureOfImage, type Picture } from '../picture.js';
import { answerCalls } from '../worker-calls.js';
import { registerWasmContraction } from './contraction.js';
import { activateTfjsWasm } from './tfjs-wasm.js';

/**
 * What MAXIM runs on: a backend of TensorFlow.js, as its users have it, or ONNX Runtime Web, on the graph
 * that `@unblur/onnx` makes of it.
 */
export type MaximWay = 'tfjs-wasm' | 'tfjs-webgl' | 'onnx';

export interface MaximRequest {
  /** Both sides multiples of 64, as the graph wants them. */
  picture: Picture;
  modelUrl: string;
  way: MaximWay;
}

export interface MaximResult {
  picture: Picture;
  engine: string;
  /** From the photograph's pixels to those of the picture, all being loaded. */
  milliseconds: number;
}

interface Maxim {
  engine: string;
  /** @returns values as they come in: RGB, row-major. */
  deblur(values: Float32Array, shape: [number, number, number, number]): Promise<Float32Array>;
}

let prepared: Promise<Maxim> | undefined;

answerCalls<MaximRequest, MaximResult>(async ({ picture, modelUrl, way }) => {
  const { width, height, data } = imageOfPicture(picture);
  const shape: [number, number, number, number] = [1, height, width, 3];
  prepared ??= way === 'onnx' ? prepareOnnx(modelUrl, shape) : prepareTfjs(modelUrl, way);
  const { engine, deblur } = await prepared;
  const start = performance.now();
  const restored = await deblur(data, shape);
  const milliseconds = performance.now() - start;
  return { result: { picture: pictureOfImage({ width, height, data: restored }), engine, milliseconds } };
});

async function prepareTfjs(modelUrl: string, way: 'tfjs-wasm' | 'tfjs-webgl'): Promise<Maxim> {
  let engine = 'WebGL';
  if (way === 'tfjs-wasm') {
    engine = await activateTfjsWasm();
    registerWasmContraction();
  } else {
    await import('@tensorflow/tfjs-backend-webgl');
    if (!(await setBackend('webgl'))) throw new Error('WebGL could not be started.');
  }
  const model = await loadGraphModel(modelUrl);
  return {
    engine: `TensorFlow.js, ${engine}`,
    async deblur(values, shape) {
      const restored = tidy(() => model.predict(tensor4d(values, shape)) as Tensor4D);
      const result = Float32Array.from(await restored.data());
      restored.dispose();
      return result;
    },
  };
}

async function prepareOnnx(modelUrl: string, shape: number[]): Promise<Maxim> {
  await import('@tensorflow/tfjs-backend-cpu');
  await setBackend('cpu');
  const model: GraphModel = await loadGraphModel(modelUrl);
  const graph = trace(({ blurred }) => ({ sharp: model.execute(blurred!) as Tensor4D }), {
    blurred: { shape },
  });
  model.dispose();
  const engine = await startEngine('wasm', () => undefined);
  const session = await engine.open(graph);
  return {
    engine: `ONNX Runtime Web, ${engine.description}`,
    async deblur(values) {
      const { sharp } = await session.run({ blurred: values });
      return (await sharp!.getData()) as Float32Array;
    },
  };
}
