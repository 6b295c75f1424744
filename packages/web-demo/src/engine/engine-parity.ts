import type { RgbImage } from '@unblur/restoration';
import type { EngineName } from './engine-names.js';
import { startEngine } from './engine.js';
import { PhotoEngine } from './photo-engine.js';

/**
 * Frames of a photograph that an engine makes with the weights of a file. Values as plain lists, so that they
 * pass from and to the test.
 */
async function restoreOn(
  name: EngineName,
  weightsFile: number[],
  { width, height, data }: { width: number; height: number; data: number[] },
  times: number[],
): Promise<number[][]> {
  const engine = await startEngine(name, () => undefined);
  const photo: RgbImage = { width, height, data: Float32Array.from(data) };
  const scene = await new PhotoEngine(engine, Uint8Array.from(weightsFile)).analyze(photo, {});
  const frames: number[][] = [];
  for (const time of times) frames.push([...(await scene.renderAt(time)).data]);
  return frames;
}

Object.assign(window, { restoreOn });
