import { bundledWeights, defaultWeightsName } from '@unblur/weights';
import type { RgbImage } from '@unblur/restoration';
import type { EngineName } from './engine-names.js';
import { startEngine } from './engine.js';
import { PhotoEngine } from './photo-engine.js';

/**
 * Frames of a photograph that an engine makes with the trained weights. Values as plain lists, so that they
 * pass from and to the test.
 */
async function restoreOn(
  name: EngineName,
  { width, height, data }: { width: number; height: number; data: number[] },
  times: number[],
): Promise<number[][]> {
  const engine = await startEngine([name], () => undefined);
  const weights = await (await fetch(bundledWeights[defaultWeightsName].url)).arrayBuffer();
  const photo: RgbImage = { width, height, data: Float32Array.from(data) };
  const scene = await new PhotoEngine(engine, new Uint8Array(weights)).analyze(photo, {});
  const frames: number[][] = [];
  for (const time of times) frames.push([...(await scene.renderAt(time)).data]);
  return frames;
}

Object.assign(window, { restoreOn });
