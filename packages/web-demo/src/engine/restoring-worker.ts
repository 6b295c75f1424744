import type { TiledScene } from '@unblur/restoration';
import type { DownloadReport } from '../download/download.js';
import { imageOfPicture, pictureOfImage, type Picture } from '../picture.js';
import { summarizeMotion, type MotionSummary } from '../player/motion-summary.js';
import { answerCalls } from '../worker-calls.js';
import type { EngineSample } from './engine-check.js';
import type { EngineName } from './engine-names.js';
import { startWithWeights, streaksOfNoise, type Engine } from './engine.js';
import { earlyOrder } from './frame-order.js';
import { PhotoEngine } from './photo-engine.js';

export type RestoringRequest =
  /** Must come first, and once. */
  | { kind: 'start'; engine: EngineName; weightsUrl: string; weightsBytes: number }
  /**
   * Lets the browser compile what the network runs, and measures it, on a small picture, unless a photograph
   * comes.
   */
  | { kind: 'warm-up' }
  /** After that: what this engine is told from others by. */
  | { kind: 'sample' }
  /** How long a restoration of each size takes. */
  | { kind: 'estimate'; sizes: readonly { width: number; height: number }[]; frames: number }
  /** @param times of the frames, in time order, the middle of the exposure (0) among them. */
  | { kind: 'restore'; photo: Picture; times: readonly number[] }
  /** The frame at one time of the photograph that was restored last. */
  | { kind: 'render'; sceneNumber: number; time: number };

export interface EngineFacts {
  name: EngineName;
  /** For people: `WebAssembly, 2 threads`. */
  description: string;
  gigaMultiplyAddsPerSecond: number;
}

/** What the worker tells on the way. */
export type RestoreReport =
  | DownloadReport
  /**
   * A piece of work begins: what part of all it is, from where to where, and how long it and the rest take.
   */
  | { kind: 'piece'; fromShare: number; toShare: number; seconds: number; secondsLeft: number }
  /** The motion is known, before any frame but the middle one is made. */
  | { kind: 'motion'; motion: MotionSummary }
  /** A frame is made: its place among the times, and how many are. */
  | { kind: 'frame'; index: number; picture: Picture; done: number };

export interface RestoringResults {
  start: EngineFacts;
  /** What a small picture takes; undefined when a photograph came before it was done. */
  'warm-up': number | undefined;
  /** Undefined when a photograph came before it was done. */
  sample: EngineSample | undefined;
  /** Seconds, one for each size. */
  estimate: number[];
  restore: {
    sceneNumber: number;
    /** From the photograph's pixels to the last frame, the engine being ready. */
    milliseconds: number;
    /** What one frame took at least. */
    frameMilliseconds: number;
  };
  /** Undefined once another photograph has come. */
  render: Picture | undefined;
}

type Report = (report: RestoreReport, transfer?: Transferable[]) => void;

let started: { engine: Engine; photos: PhotoEngine } | undefined;
/** What the last photograph left behind for frames at further times. */
let current: { number: number; scene: TiledScene } | undefined;
let scenesSoFar = 0;
/** Thousand millions of multiply-adds a second, as measured so far. */
const rates = { analysis: 0, frame: 0 };
/** What networks reach of the rate of the layers that the engine was measured by. */
const usualEfficiency = { analysis: 0.8, frame: 0.4 };

answerCalls<RestoringRequest, RestoringResults, RestoreReport>(async (request, report) => {
  switch (request.kind) {
    case 'start':
      return { result: await start(request, report) };
    case 'warm-up':
      return { result: await warmUpOnce() };
    case 'sample':
      return { result: await (sampling = sample()) };
    case 'estimate':
      return {
        result: request.sizes.map(({ width, height }) => secondsFor(width, height, request.frames)),
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
  started = { engine, photos: new PhotoEngine(engine, weights) };
  const { name, description, gigaMultiplyAddsPerSecond } = engine;
  for (const part of ['analysis', 'frame'] as const) {
    rates[part] = usualEfficiency[part] * gigaMultiplyAddsPerSecond;
  }
  return { name, description, gigaMultiplyAddsPerSecond };
}

/** As large as many a preview, which then need not wait for the network to be opened. */
const warmUpSize = { width: 192, height: 112 };

let warmingUp: Promise<number | undefined> | undefined;
let sampling: Promise<EngineSample | undefined> | undefined;
let rendering: Promise<void> | undefined;
/** A photograph waits for these to end. */
let isPhotoWaiting = false;

/** Again where a photograph came before it was done. */
function warmUpOnce(): Promise<number | undefined> {
  return (warmingUp ??= warmUp().then((milliseconds) => {
    if (milliseconds === undefined) warmingUp = undefined;
    return milliseconds;
  }));
}

/** @returns milliseconds. */
async function warmUp(): Promise<number | undefined> {
  const streaks = streaksOfNoise(warmUpSize);
  const work = started!.photos.workFor(warmUpSize.width, warmUpSize.height);
  let milliseconds: number | undefined;
  // The first round compiles.
  for (let round = 0; round < 2 && !isPhotoWaiting; round++) {
    const start = performance.now();
    const scene = await started!.photos.analyze(streaks, {});
    learn('analysis', work.analysis, secondsSince(start));
    const frameStart = performance.now();
    await scene.renderAt(1);
    learn('frame', work.frame, secondsSince(frameStart));
    if (round > 0) milliseconds = performance.now() - start;
    scene.release();
  }
  return milliseconds;
}

/** Frames in floating point, which all engines agree on; the time is that of frames as they are restored. */
async function sample(): Promise<EngineSample | undefined> {
  const milliseconds = await warmUpOnce();
  if (milliseconds === undefined || isPhotoWaiting) return undefined;
  const scene = await started!.photos.analyze(streaksOfNoise(warmUpSize), {}, 'float32');
  const frames = [(await scene.renderAt(0)).data, (await scene.renderAt(1)).data];
  scene.release();
  return { frames, milliseconds };
}

/** A single measurement may have been disturbed: it counts for half. */
function learn(part: keyof typeof rates, gigaMultiplyAdds: number, seconds: number): void {
  rates[part] = (rates[part] + gigaMultiplyAdds / seconds) / 2;
}

function secondsFor(width: number, height: number, frames: number): number {
  const work = started!.photos.workFor(width, height);
  return work.analysis / rates.analysis + ((frames - 1) * work.frame) / rates.frame;
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
  await warmingUp?.catch(() => undefined);
  await sampling?.catch(() => undefined);
  await rendering;
  isPhotoWaiting = false;
  current?.scene.release();
  current = undefined;

  const start = performance.now();
  const { width, height } = photo;
  await photos.prepare(width, height);
  const work = photos.workFor(width, height);
  const totalSeconds = secondsFor(width, height, times.length);
  const analysisSeconds = work.analysis / rates.analysis;
  const image = imageOfPicture(photo);
  const tellTiles = (share: number) =>
    report({
      kind: 'piece',
      fromShare: (share * analysisSeconds) / totalSeconds,
      toShare: analysisSeconds / totalSeconds,
      seconds: (1 - share) * analysisSeconds,
      secondsLeft: totalSeconds - share * analysisSeconds,
    });
  tellTiles(0);
  const analysisStart = performance.now();
  const scene = await photos.analyze(image, { onShare: (share) => share < 1 && tellTiles(share) });
  learn('analysis', work.analysis, secondsSince(analysisStart));
  current = { number: ++scenesSoFar, scene };
  report({ kind: 'motion', motion: summarizeMotion(times.map((time) => scene.motionAt(time))) });

  let frameMilliseconds = Infinity;
  const analysisShare = analysisSeconds / totalSeconds;
  for (const [done, index] of earlyOrder(times).entries()) {
    const frameSeconds = work.frame / rates.frame;
    const shareAfter = (frames: number) =>
      analysisShare + ((1 - analysisShare) * Math.max(0, frames)) / (times.length - 1);
    report({
      kind: 'piece',
      fromShare: shareAfter(done - 1),
      toShare: shareAfter(done),
      seconds: frameSeconds,
      secondsLeft: (times.length - done) * frameSeconds,
    });
    const frameStart = performance.now();
    const picture = pictureOfImage(await scene.renderAt(times[index]!));
    // The middle frame is made already.
    if (times[index] !== 0) {
      const seconds = secondsSince(frameStart);
      learn('frame', work.frame, seconds);
      frameMilliseconds = Math.min(frameMilliseconds, 1000 * seconds);
    }
    report({ kind: 'frame', index, picture, done: done + 1 }, [picture.rgba.buffer]);
  }
  return { sceneNumber: current.number, milliseconds: performance.now() - start, frameMilliseconds };
}

async function render({ sceneNumber, time }: Extract<RestoringRequest, { kind: 'render' }>) {
  if (isPhotoWaiting || current?.number !== sceneNumber) return { result: undefined };
  const picture = pictureOfImage(await current.scene.renderAt(time));
  return { result: picture, transfer: [picture.rgba.buffer] };
}

const secondsSince = (start: number) => (performance.now() - start) / 1000;
