import { createEagerRestorer, type EagerRestorer, type EagerScene } from '@unblur/restoration';
import { imageOfPicture, pictureOfImage, type Picture } from '../picture.js';
import { summarizeMotion, type MotionSummary } from '../player/motion-summary.js';
import { answerCalls } from '../worker-calls.js';
import type { EngineName } from './engine-names.js';
import { activateEngine, type ActiveEngine } from './engines.js';
import { earlyOrder } from './frame-order.js';
import { downloadWeights, type WeightsProgress } from './weights-download.js';

export type RestoringRequest =
  | ({ kind: 'restore' } & RestoreRequest)
  /** The frame at one time of the photograph that was restored last. */
  | { kind: 'render'; sceneNumber: number; time: number };

export interface RestoreRequest {
  photo: Picture;
  /** Of the frames, in time order, the middle of the exposure (0) among them. */
  times: readonly number[];
  /** Engines to try, best first; those of the first request stay for the worker's life. */
  engines: readonly EngineName[];
  allowSoftware: boolean;
  weightsUrl: string;
}

/** What the worker tells on the way. */
export type RestoreReport =
  | { kind: 'engine'; name: EngineName; description: string }
  | ({ kind: 'weights' } & WeightsProgress)
  /** How much of the arithmetic of understanding the photograph is done, 0 to 1. */
  | { kind: 'share'; share: number }
  /** The motion is known, before any frame but the middle one is made. */
  | { kind: 'motion'; motion: MotionSummary }
  /** A frame is made: its place among the times, and how many are. */
  | { kind: 'frame'; index: number; picture: Picture; done: number };

export interface RestoringResults {
  restore: {
    sceneNumber: number;
    /** From the photograph's pixels to the last frame, the engine being ready. */
    milliseconds: number;
    /** What one frame took at least. */
    frameMilliseconds: number;
    engine: { name: EngineName; description: string };
  };
  /** Undefined once another photograph has come. */
  render: Picture | undefined;
}

/**
 * A larger photograph is restored in tiles, so that memory stays below what WebAssembly and telephones have.
 */
const largestTilePixels = 1_050_000;
const reportIntervalMilliseconds = 40;

let prepared: Promise<{ engine: ActiveEngine; restorer: EagerRestorer }> | undefined;
/** What the last photograph left behind for frames at further times. */
let current: { number: number; scene: EagerScene } | undefined;
let scenesSoFar = 0;

answerCalls<RestoringRequest, RestoringResults[keyof RestoringResults], RestoreReport>(
  async (request, report) => {
    if (request.kind === 'restore') return restore(request, report);
    if (!current || current.number !== request.sceneNumber) return { result: undefined };
    const { engine } = await prepared!;
    const picture = pictureOfImage(await Promise.race([current.scene.renderAt(request.time), engine.lost]));
    return { result: picture, transfer: [picture.rgba.buffer] };
  },
);

/**
 * The middle frame is made first, then the ends, then what lies between, so that there is something to see
 * early.
 */
async function restore(
  { photo, times, engines, allowSoftware, weightsUrl }: RestoreRequest,
  report: (report: RestoreReport, transfer?: Transferable[]) => void,
): Promise<{ result: RestoringResults['restore'] }> {
  prepared ??= prepare(engines, allowSoftware, weightsUrl, report);
  prepared.catch(() => (prepared = undefined));
  const { engine, restorer } = await prepared;
  report({ kind: 'engine', name: engine.name, description: engine.description });
  current?.scene.release();
  current = undefined;

  const start = performance.now();
  let reportedAt = 0;
  const onShare = (share: number) => {
    if (performance.now() - reportedAt < reportIntervalMilliseconds) return;
    reportedAt = performance.now();
    report({ kind: 'share', share });
  };
  const scene = await Promise.race([restorer.analyze(imageOfPicture(photo), { onShare }), engine.lost]);
  current = { number: ++scenesSoFar, scene };
  report({ kind: 'motion', motion: summarizeMotion(times.map((time) => scene.motionAt(time))) });

  let frameMilliseconds = Infinity;
  for (const [done, index] of earlyOrder(times).entries()) {
    const frameStart = performance.now();
    const picture = pictureOfImage(await Promise.race([scene.renderAt(times[index]!), engine.lost]));
    // The middle frame is made already.
    if (times[index] !== 0) frameMilliseconds = Math.min(frameMilliseconds, performance.now() - frameStart);
    report({ kind: 'frame', index, picture, done: done + 1 }, [picture.rgba.buffer]);
  }
  return {
    result: {
      sceneNumber: current.number,
      milliseconds: performance.now() - start,
      frameMilliseconds,
      engine: { name: engine.name, description: engine.description },
    },
  };
}

async function prepare(
  engines: readonly EngineName[],
  allowSoftware: boolean,
  weightsUrl: string,
  report: (report: RestoreReport) => void,
) {
  const [engine, weights] = await Promise.all([
    activateEngine(engines, { allowSoftware }),
    downloadWeights(weightsUrl, (progress) => report({ kind: 'weights', ...progress })),
  ]);
  return { engine, restorer: createEagerRestorer({ weights, maximumPixels: largestTilePixels }) };
}
