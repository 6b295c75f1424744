import type { EngineName } from '../engine/engine-names.js';
import { evenTimes } from '../engine/frame-order.js';
import { PageRestorer } from '../engine/restorer.js';
import { readPhoto } from '../photo/photo-intake.js';
import { drawPicture } from '../picture.js';
import { PageSharpener } from '../video/page-sharpener.js';
import { workingSize } from '../video/working-size.js';
import { WorkerCalls } from '../worker-calls.js';
import type { MaximRequest, MaximResult, MaximWay } from './maxim-worker.js';

/** What was measured, and what it ran on. */
interface Measured {
  seconds: number;
  engine: string;
}

const canvas = document.body.appendChild(document.createElement('canvas'));
const restorer = new PageRestorer();
const sharpener = new PageSharpener();
const maxims = new Map<MaximWay, WorkerCalls<MaximRequest, MaximResult>>();

/** From the pixels of a photograph to seven frames, the engine being ready. */
async function restore(photoUrl: string, name: EngineName): Promise<Measured> {
  restorer.chooseEngine(name);
  const { picture } = await readPhoto(await fileAt(photoUrl), false, Infinity);
  const { frames, milliseconds, engine } = await restorer.restore(picture, evenTimes(7), () => undefined);
  drawPicture(canvas, frames[0]!);
  if (engine.name !== name) throw new Error(`went on with ${engine.description}`);
  return { seconds: milliseconds / 1000, engine: engine.description };
}

/** A frame of a clip, the first not counted. */
async function sharpen(clipUrl: string, name: EngineName): Promise<Measured> {
  sharpener.chooseEngine(name);
  const { facts } = await sharpener.open(new File([await fileAt(clipUrl)], 'clip'), 2);
  await sharpener.start();
  const { secondsPerFrame, engine } = await sharpener.sharpen(
    {
      ...workingSize(facts, Math.max(facts.width, facts.height)),
      format: facts.formats[0]!,
      mirrored: false,
    },
    () => undefined,
  );
  return { seconds: secondsPerFrame, engine };
}

/** From the pixels of a photograph to MAXIM's picture, the network being loaded. */
async function deblur(photoUrl: string, modelUrl: string, way: MaximWay): Promise<Measured> {
  const { picture } = await readPhoto(await fileAt(photoUrl), false, Infinity);
  if (!maxims.has(way)) {
    const worker = new Worker(new URL('./maxim-worker.ts', import.meta.url), { type: 'module' });
    maxims.set(way, new WorkerCalls(worker));
  }
  const result = await maxims
    .get(way)!
    .call({ picture, modelUrl: new URL(modelUrl, location.href).href, way });
  drawPicture(canvas, result.picture);
  return { seconds: result.milliseconds / 1000, engine: result.engine };
}

const fileAt = async (url: string) => (await fetch(url)).blob();

Object.assign(window, { restore, sharpen, deblur });
