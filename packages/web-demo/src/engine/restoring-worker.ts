import { consistencyTimes } from '@unblur/core-model';
import { furtherRenderings, type TiledScene } from '@unblur/restoration';
import type { DownloadReport } from '../download/download.js';
import { imageOfPicture, pictureOfImage, type Picture } from '../picture.js';
import { summarizeMotion, type MotionSummary } from '../player/motion-summary.js';
import { answerCalls } from '../worker-calls.js';
import type { EngineSample } from './engine-check.js';
import type { EngineName } from './engine-names.js';
import { startWithWeights, streaksOfNoise } from './engine.js';
import { earlyOrder } from './frame-order.js';
import { PhotoEngine } from './photo-engine.js';
import { PhotoTimes, type Estimate } from './photo-times.js';
import { WorkRates } from './work-rates.js';

export type RestoringRequest =
  /** Must come first, and once. */
  | { kind: 'start'; engine: EngineName; weightsUrl: string; weightsBytes: number }
  /** What this engine is told from others by. */
  | { kind: 'sample' }
  /**
   * How long a restoration of each size takes, the frames at `consistencyTimes` among so many. @param blur
   * where it is known: how far things move from the middle of the exposure to its end, of the longer side.
   */
  | {
      kind: 'estimate';
      sizes: readonly { width: number; height: number }[];
      frames: number;
      blur: number | undefined;
    }
  /** @param times of the frames, in time order, the middle of the exposure (0) among them. */
  | { kind: 'restore'; photo: Picture; times: readonly number[]; blur: number | undefined }
  /** The frame at one time of the photograph that was restored last. */
  | { kind: 'render'; sceneNumber: number; time: number };

export interface EngineFacts {
  name: EngineName;
  /** For people: `WebAssembly, 2 threads`. */
  description: string;
}

/** What the worker tells on the way. */
export type RestoreReport =
  | DownloadReport
  /** All is there; the network is opened and measured. */
  | { kind: 'warm-up' }
  | PieceOfWork
  /** The motion is known; the frames follow. */
  | { kind: 'motion'; motion: MotionSummary }
  /** A frame is made: its place among the times, and how many are. */
  | { kind: 'frame'; index: number; picture: Picture; done: number };

export interface RestoringResults {
  start: EngineFacts;
  /** Undefined when a photograph came before it was done. */
  sample: EngineSample | undefined;
  /** One for each size. */
  estimate: Estimate[];
  restore: {
    sceneNumber: number;
    /** From the photograph's pixels to the last frame, the engine being ready. */
    milliseconds: number;
  };
  /** Undefined once another photograph has come. */
  render: Picture | undefined;
}

/** A piece of work begins: what part of all it is, from where to where, and how long it and the rest take. */
export interface PieceOfWork {
  kind: 'piece';
  fromShare: number;
  toShare: number;
  seconds: number;
  /** Left out as long as that is a guess. */
  secondsLeft?: number;
}

type Report = (report: RestoreReport, transfer?: Transferable[]) => void;

let started: { photos: PhotoEngine; times: PhotoTimes; warmUpMilliseconds: number } | undefined;
/** What the last photograph left behind for frames at further times. */
let current: { number: number; scene: TiledScene } | undefined;
let scenesSoFar = 0;

answerCalls<RestoringRequest, RestoringResults, RestoreReport>(async (request, report) => {
  switch (request.kind) {
    case 'start':
      return { result: await start(request, report) };
    case 'sample':
      return { result: await (sampling = sample()) };
    case 'estimate':
      return {
        result: request.sizes.map((size) =>
          started!.times.estimate(size, request.frames - consistencyTimes.length, request.blur),
        ),
      };
    case 'restore':
      return { result: await restore(request, report) };
    case 'render': {
      const rendered = render(request);
      rendering = Promise.allSettled([rendering, rendered]).then(() => undefined);
      return rendered;
    }
  }
});

async function start(
  request: Extract<RestoringRequest, { kind: 'start' }>,
  report: Report,
): Promise<EngineFacts> {
  const { engine, weights } = await startWithWeights(request.engine, request, report);
  const rates = new WorkRates();
  const photos = new PhotoEngine(engine, weights, rates);
  report({ kind: 'warm-up' });
  const times = new PhotoTimes((width, height) => photos.workFor(width, height), rates);
  started = { photos, times, warmUpMilliseconds: await warmUp(photos) };
  return { name: engine.name, description: engine.description };
}

/** As large as many a preview, which then need not wait for the network to be opened. */
const warmUpSize = { width: 192, height: 112 };

let sampling: Promise<EngineSample | undefined> | undefined;
let rendering: Promise<void> | undefined;
/** A photograph waits for these to end. */
let isPhotoWaiting = false;

/**
 * Lets the browser compile what the network runs, and measures that, so that what photographs take can be told.
 *
 * @returns what a small picture takes then.
 */
async function warmUp(photos: PhotoEngine): Promise<number> {
  const streaks = streaksOfNoise(warmUpSize);
  let milliseconds = 0;
  // The first round compiles.
  for (let round = 0; round < 2; round++) {
    const start = performance.now();
    const scene = await photos.analyze(streaks, {});
    milliseconds = performance.now() - start;
    scene.release();
  }
  return milliseconds;
}

/** Frames in floating point, which all engines agree on; the time is that of frames as they are restored. */
async function sample(): Promise<EngineSample | undefined> {
  if (isPhotoWaiting) return undefined;
  const { photos, warmUpMilliseconds: milliseconds } = started!;
  const scene = await photos.analyze(streaksOfNoise(warmUpSize), {}, 'float32');
  const frames = [(await scene.renderAt(0)).data, (await scene.renderAt(1)).data];
  scene.release();
  return { frames, milliseconds };
}

/**
 * The middle frame is made first, then the ends, then what lies between, so that there is something to see
 * early.
 */
async function restore(
  { photo, times, blur }: Extract<RestoringRequest, { kind: 'restore' }>,
  report: Report,
): Promise<RestoringResults['restore']> {
  const { photos, times: photoTimes } = started!;
  isPhotoWaiting = true;
  await sampling?.catch(() => undefined);
  await rendering;
  isPhotoWaiting = false;
  current?.scene.release();
  current = undefined;

  const start = performance.now();
  await photos.prepare(photo.width, photo.height);
  const clock = photoTimes.begin(photo, furtherRenderings(times), blur);
  report(clock.prepare(0));
  const scene = await photos.analyze(imageOfPicture(photo), {
    onHalfSize: (counts) => clock.knowHalfSize(counts),
    onShare: (share) => report(clock.prepare(share)),
  });
  current = { number: ++scenesSoFar, scene };
  report({ kind: 'motion', motion: summarizeMotion(times.map((time) => scene.motionAt(time))) });

  for (const [done, index] of earlyOrder(times).entries()) {
    const time = times[index]!;
    if (!consistencyTimes.includes(time)) report(clock.nextFrame());
    const picture = pictureOfImage(await scene.renderAt(time));
    report({ kind: 'frame', index, picture, done: done + 1 }, [picture.rgba.buffer]);
  }
  clock.end();
  return { sceneNumber: current.number, milliseconds: performance.now() - start };
}

async function render({ sceneNumber, time }: Extract<RestoringRequest, { kind: 'render' }>) {
  if (isPhotoWaiting || current?.number !== sceneNumber) return { result: undefined };
  const picture = pictureOfImage(await current.scene.renderAt(time));
  return { result: picture, transfer: [picture.rgba.buffer] };
}
