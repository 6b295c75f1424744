import { consistencyTimes } from '@unblur/core-model';
import { consistencyRenderings, furtherRenderings, type TiledScene } from '@unblur/restoration';
import type { DownloadReport } from '../download/download.js';
import { imageOfPicture, pictureOfImage, type Picture } from '../picture.js';
import { summarizeMotion, type MotionSummary } from '../player/motion-summary.js';
import { answerCalls } from '../worker-calls.js';
import type { EngineSample } from './engine-check.js';
import type { EngineName } from './engine-names.js';
import { startWithWeights, streaksOfNoise } from './engine.js';
import { earlyOrder } from './frame-order.js';
import { PhotoEngine } from './photo-engine.js';
import { WorkRates } from './work-rates.js';

export type RestoringRequest =
  /** Must come first, and once. */
  | { kind: 'start'; engine: EngineName; weightsUrl: string; weightsBytes: number }
  /** What this engine is told from others by. */
  | { kind: 'sample' }
  /** How long a restoration of each size takes, the frames at `consistencyTimes` among so many. */
  | { kind: 'estimate'; sizes: readonly { width: number; height: number }[]; frames: number }
  /** @param times of the frames, in time order, the middle of the exposure (0) among them. */
  | { kind: 'restore'; photo: Picture; times: readonly number[] }
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

/** What a restoration takes. */
export interface Estimate {
  seconds: number;
  /** Otherwise a guess, from pictures too small to tell; most take less. */
  isMeasured: boolean;
}

type Report = (report: RestoreReport, transfer?: Transferable[]) => void;

let started: { photos: PhotoEngine; warmUpMilliseconds: number } | undefined;
/** What the last photograph left behind for frames at further times. */
let current: { number: number; scene: TiledScene } | undefined;
let scenesSoFar = 0;
const rates = new WorkRates();
/** Of the largest picture of which a frame was made. */
let mostPixels = 0;
/** Smaller pictures, and the first runs of all, are slower than what follows: they tell little of it. */
const tellingPixels = 50_000;
const isMeasured = (pixels: number) => mostPixels >= Math.min(pixels, tellingPixels);

answerCalls<RestoringRequest, RestoringResults, RestoreReport>(async (request, report) => {
  switch (request.kind) {
    case 'start':
      return { result: await start(request, report) };
    case 'sample':
      return { result: await (sampling = sample()) };
    case 'estimate':
      return {
        result: request.sizes.map(({ width, height }) => ({
          seconds: secondsFor(width, height, request.frames - consistencyTimes.length),
          isMeasured: isMeasured(width * height),
        })),
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
  const photos = new PhotoEngine(engine, weights, rates);
  report({ kind: 'warm-up' });
  started = { photos, warmUpMilliseconds: await warmUp(photos) };
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

/** Until frames can be had, those at `consistencyTimes` at once; then each further frame. */
function secondsOf(width: number, height: number): { preparation: number; frame: number } {
  const work = started!.photos.workFor(width, height);
  const frame = rates.seconds('frame', work.frame);
  return { preparation: rates.seconds('analysis', work.analysis) + consistencyRenderings * frame, frame };
}

/** @param renderings how many frames are made beside those that are there once a photograph is analyzed. */
function secondsFor(width: number, height: number, renderings: number): number {
  const { preparation, frame } = secondsOf(width, height);
  return preparation + renderings * frame;
}

/**
 * The middle frame is made first, then the ends, then what lies between, so that there is something to see
 * early.
 */
async function restore(
  { photo, times }: Extract<RestoringRequest, { kind: 'restore' }>,
  report: Report,
): Promise<RestoringResults['restore']> {
  const { photos } = started!;
  isPhotoWaiting = true;
  await sampling?.catch(() => undefined);
  await rendering;
  isPhotoWaiting = false;
  current?.scene.release();
  current = undefined;

  const start = performance.now();
  const { width, height } = photo;
  await photos.prepare(width, height);
  const renderings = furtherRenderings(times);
  const preparedShare = secondsOf(width, height).preparation / secondsFor(width, height, renderings);
  const tellPreparation = (share: number) => {
    const { preparation, frame } = secondsOf(width, height);
    const seconds = (1 - share) * preparation;
    report({
      kind: 'piece',
      fromShare: share * preparedShare,
      toShare: preparedShare,
      seconds,
      ...(isMeasured(width * height) && { secondsLeft: seconds + renderings * frame }),
    });
  };
  tellPreparation(0);
  const scene = await photos.analyze(imageOfPicture(photo), {
    onShare(share) {
      if (share < 1) tellPreparation(share);
    },
  });
  mostPixels = Math.max(mostPixels, width * height);
  current = { number: ++scenesSoFar, scene };
  report({ kind: 'motion', motion: summarizeMotion(times.map((time) => scene.motionAt(time))) });

  let rendered = 0;
  const shareRendered = () => preparedShare + ((1 - preparedShare) * rendered) / renderings;
  for (const [done, index] of earlyOrder(times).entries()) {
    const time = times[index]!;
    if (!consistencyTimes.includes(time)) {
      const { frame: seconds } = secondsOf(width, height);
      const secondsLeft = (renderings - rendered) * seconds;
      const fromShare = shareRendered();
      rendered++;
      report({ kind: 'piece', fromShare, toShare: shareRendered(), seconds, secondsLeft });
    }
    const picture = pictureOfImage(await scene.renderAt(time));
    report({ kind: 'frame', index, picture, done: done + 1 }, [picture.rgba.buffer]);
  }
  return { sceneNumber: current.number, milliseconds: performance.now() - start };
}

async function render({ sceneNumber, time }: Extract<RestoringRequest, { kind: 'render' }>) {
  if (isPhotoWaiting || current?.number !== sceneNumber) return { result: undefined };
  const picture = pictureOfImage(await current.scene.renderAt(time));
  return { result: picture, transfer: [picture.rgba.buffer] };
}
