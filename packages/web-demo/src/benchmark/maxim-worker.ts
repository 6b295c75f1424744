import { loadGraphModel, type GraphModel } from '@tensorflow/tfjs-converter';
import { tensor4d, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { activateTfjsWasm } from './tfjs-wasm.js';
import { decodePhoto } from '../photo/photo-decoding.js';
import { imageOfPicture, pictureOfImage, type Picture } from '../picture.js';
import { answerCalls } from '../worker-calls.js';
import { registerWasmContraction } from './contraction.js';

export interface MaximRequest {
  file: Blob;
  modelUrl: string;
}

export interface MaximResult {
  picture: Picture;
  engine: string;
}

let prepared: Promise<{ engine: string; model: GraphModel }> | undefined;

answerCalls<MaximRequest, MaximResult>(async ({ file, modelUrl }) => {
  prepared ??= prepare(modelUrl);
  const [{ engine, model }, { picture }] = await Promise.all([
    prepared,
    decodePhoto({ file, isHeic: false, longestSidePixels: Infinity }),
  ]);
  const { width, height, data } = imageOfPicture(picture);
  const restored = tidy(() => model.predict(tensor4d(data, [1, height, width, 3])) as Tensor4D);
  const values = Float32Array.from(await restored.data());
  restored.dispose();
  return { result: { picture: pictureOfImage({ width, height, data: values }), engine } };
});

async function prepare(modelUrl: string) {
  const engine = await activateTfjsWasm();
  registerWasmContraction();
  return { engine, model: await loadGraphModel(modelUrl) };
}
