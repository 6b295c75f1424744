import { drawPicture } from '../picture.js';
import { WorkerCalls } from '../worker-calls.js';
import type { MaximRequest, MaximResult } from './maxim-worker.js';

const calls = new WorkerCalls<MaximRequest, MaximResult>(
  new Worker(new URL('./maxim-worker.ts', import.meta.url), { type: 'module' }),
);
const canvas = document.body.appendChild(document.createElement('canvas'));

/** Deblurs a photograph with MAXIM, as long as it takes from the file to the picture on the page. */
async function deblur(photoUrl: string, modelUrl: string): Promise<{ seconds: number; engine: string }> {
  const file = await (await fetch(photoUrl)).blob();
  const start = performance.now();
  const { picture, engine } = await calls.call({ file, modelUrl });
  drawPicture(canvas, picture);
  return { seconds: (performance.now() - start) / 1000, engine };
}

Object.assign(window, { deblur });
