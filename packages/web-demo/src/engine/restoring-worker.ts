import { createEagerRestorer, type EagerRestorer } from '@unblur/inference/restoration';
import { imageOfPicture, pictureOfImage, type Picture } from '../picture.js';
import { summarizeMotion, type MotionSummary } from '../player/motion-summary.js';
import { answerCalls } from '../worker-calls.js';
import type { EngineName } from './engine-names.js';
import { activateEngine, type ActiveEngine } from './engines.js';
import { downloadWeights, type WeightsProgress } from './weights-download.js';

export interface RestoreRequest {
  photo: Picture;
  /** Engines to try, best first; those of the first request stay for the worker's life. */
  engines: readonly EngineName[];
  allowSoftware: boolean;
  weightsUrl: string;
}

/** What the worker tells on the way. */
export type RestoreReport =
  | { kind: 'engine'; name: EngineName; description: string }
  | ({ kind: 'weights' } & WeightsProgress)
  /** How much of the arithmetic is done, 0 to 1. */
  | { kind: 'share'; share: number };

export interface Restoration {
  frames: Picture[];
  motion: MotionSummary;
  /** From the photograph's pixels to the frames, the engine being ready. */
  milliseconds: number;
  engine: { name: EngineName; description: string };
}

/** A larger photograph is restored in tiles, so that memory stays below what WebAssembly and telephones have. */
const largestTilePixels = 1_050_000;
const reportIntervalMilliseconds = 40;

let prepared: Promise<{ engine: ActiveEngine; restorer: EagerRestorer }> | undefined;

answerCalls<RestoreRequest, Restoration, RestoreReport>(async ({ photo, engines, allowSoftware, weightsUrl }, report) => {
  prepared ??= prepare(engines, allowSoftware, weightsUrl, report);
  prepared.catch(() => (prepared = undefined));
  const { engine, restorer } = await prepared;
  report({ kind: 'engine', name: engine.name, description: engine.description });

  const start = performance.now();
  let reportedAt = 0;
  const onShare = (share: number) => {
    if (performance.now() - reportedAt < reportIntervalMilliseconds) return;
    reportedAt = performance.now();
    report({ kind: 'share', share });
  };
  const { frames, motionsPixels } = await Promise.race([restorer.restore(imageOfPicture(photo), { onShare }), engine.lost]);
  const pictures = frames.map(pictureOfImage);
  const motion = summarizeMotion(motionsPixels);
  const result = { frames: pictures, motion, milliseconds: performance.now() - start, engine: { name: engine.name, description: engine.description } };
  return { result, transfer: [...pictures.map(({ rgba }) => rgba.buffer), motion.exposure.data.buffer as ArrayBuffer] };
});

async function prepare(engines: readonly EngineName[], allowSoftware: boolean, weightsUrl: string, report: (report: RestoreReport) => void) {
  const [engine, weights] = await Promise.all([
    activateEngine(engines, { allowSoftware }),
    downloadWeights(weightsUrl, (progress) => report({ kind: 'weights', ...progress })),
  ]);
  return { engine, restorer: createEagerRestorer({ weights, maximumPixels: largestTilePixels }) };
}
