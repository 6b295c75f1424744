import { basename } from 'node:path';
import { frameTimes } from '@unblur/core-model';
import { findSampleFiles, listSampleFolders, readSampleFiles } from '@unblur/datasets';
import { expectOptions, type OptionNames, UnblurError } from '@unblur/files';
import {
  commonFrameCount,
  loadPhoto,
  selectFrames,
  type MotionField,
  type RgbImage,
} from '@unblur/inference';
import {
  averageMotion,
  scoreBlurred,
  scoreMotion,
  scoreSequence,
  summarizeScores,
  type EvaluationReport,
  type FrameScores,
  type MotionScore,
  type OrderRule,
  type ScoredSample,
  type ScoreOptions,
  type SequenceScore,
} from '@unblur/metrics';

/** The scores of one sample, in the shape of the whole report's. */
export interface SampleReport {
  name: string;
  psnr: FrameScores;
  ssim: FrameScores;
  closerToOwn: SequenceScore['closerToOwn'];
  baseline: { psnr: FrameScores; ssim: FrameScores };
  /** Where the sample has its true flow and the network tells motion, else `null`. */
  motion: MotionScore | null;
}

export interface PhotographReport extends EvaluationReport {
  /** The mean of the samples', `null` unless all have one. */
  motion: MotionScore | null;
  /** In the order of their names. */
  perSample: SampleReport[];
}

export interface EvaluateFolderOptions extends ScoreOptions {
  /** How the order of the restored frames is decided. Default `sequence`. */
  rule?: OrderRule;
  /** Called after each sample. */
  onSample?: (done: number, total: number, name: string) => void;
  signal?: AbortSignal;
}

const evaluateFolderOptionNames: OptionNames<EvaluateFolderOptions> = {
  rule: true,
  onSample: 'function',
  signal: 'signal',
  ssimWindow: true,
  peak: true,
  borderPixels: true,
};

/** Whatever restores frames from a blurred image. */
export interface FrameRestorer {
  /**
   * @param options.times from -1 to 1; given only where `anyTime` is true.
   * @param name of the sample: its folder's.
   * @returns frames in time order, an odd number; one alone is the middle one. `motionsPixels`: where the scene
   * lies in each, relative to the middle one.
   */
  restore(
    blurred: RgbImage,
    options: { times?: readonly number[] },
    name: string,
  ): Promise<{ frames: RgbImage[]; motionsPixels?: MotionField[] }>;
  /** Whether frames can be had at any time. */
  anyTime?: boolean;
  /** Whether it tells motion: without, its `motionsPixels` are not scored. Default false. */
  knowsMotion?: boolean;
}

/**
 * Gives the blurred photograph back as its own restoration, at any time, in which nothing moves: the baseline as
 * a row of its own.
 */
export const identityRestorer: FrameRestorer = {
  anyTime: true,
  knowsMotion: true,
  restore: async (blurred, { times = [] }) => ({
    frames: times.map(() => blurred),
    motionsPixels: times.map(() => ({ width: 1, height: 1, stridePixels: 1, data: new Float32Array(2) })),
  }),
};

/**
 * Scores a restorer on a folder with one sub-folder per sample: `blur.{png,jpg,webp}` and `frame-0 ...
 * frame-(N-1)` likewise, in time order, N odd. A restorer that has frames at any time gives as many. Where
 * another gives another number of frames, those at the same moments of the exposure are compared: the first,
 * middle and last of three against seven. One frame alone is compared with the middle one, and is all of
 * `first`, `middle`, `last` and `mean`.
 *
 * Images are compared in [0, 1] as they are, restored ones before any rounding to 8 bit. Of samples with
 * `flow-0.flo` ..., the motion is scored too, where the restorer tells it.
 *
 * @throws UnblurError for an unknown option; that names the sample and what is missing, unreadable or of another size.
 */
export async function evaluateFolder(
  folder: string,
  restorer: FrameRestorer,
  options: EvaluateFolderOptions = {},
): Promise<PhotographReport> {
  const {
    rule = 'sequence',
    onSample,
    signal,
    ...scoring
  } = expectOptions(
    options,
    evaluateFolderOptionNames,
    "evaluateFolder('samples', restorer, { rule: 'per-frame' })",
  );
  // All before the first is restored: what is missing from the last shows at once.
  const samples = listSampleFolders(folder).map(findSampleFiles);
  const scores: ScoredSample[] = [];
  const perSample: SampleReport[] = [];
  for (const sample of samples) {
    signal?.throwIfAborted();
    const name = basename(sample.folder);
    const { blurred, frames: gt, flowsPixels } = await readSampleFiles(sample, loadPhoto);
    const times = restorer.anyTime ? { times: frameTimes(gt.length) } : {};
    const { frames, motionsPixels } = await restorer.restore(blurred, times, name);
    const count = frames.length === 1 ? 1 : commonFrameCount(frames.length, gt.length);
    const comparedGt = framesAtSameMoments(gt, count);
    const compared = framesAtSameMoments(frames, count);
    const score = {
      restored: scoreSequence(compared, comparedGt, rule, scoring),
      blurred: scoreBlurred(blurred, comparedGt, scoring),
    };
    const countBefore = scores[0]?.restored.psnr.perFrame.length ?? count;
    if (countBefore !== count) {
      throw new UnblurError(
        `Expected ${countBefore} frames to compare, as in the samples before it, but sample ${sample.folder} has ${count} among its ${gt.length}; keep samples with different numbers of frames in separate folders`,
      );
    }
    const motion =
      flowsPixels && motionsPixels && restorer.knowsMotion && count > 1
        ? scoreMotion(
            framesAtSameMoments(motionsPixels, count),
            framesAtSameMoments(flowsPixels, count),
            blurred,
            { rule, reversed: score.restored.reversed },
          )
        : null;
    scores.push(score);
    perSample.push({ ...reportSample(name, score), motion });
    onSample?.(scores.length, samples.length, name);
  }
  const motion = averageMotion(perSample.map((sample) => sample.motion));
  return { ...summarizeScores(scores, rule), motion, perSample };
}

function framesAtSameMoments<T>(frames: readonly T[], count: number): T[] {
  if (count === 1) return [frames[(frames.length - 1) / 2]!];
  return selectFrames(frames.length, count).map((i) => frames[i]!);
}

function reportSample(name: string, { restored, blurred }: ScoredSample): Omit<SampleReport, 'motion'> {
  const { psnr, ssim, closerToOwn } = restored;
  return { name, psnr, ssim, closerToOwn, baseline: { psnr: blurred.psnr, ssim: blurred.ssim } };
}
