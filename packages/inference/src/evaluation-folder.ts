import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { frameTimes } from '@unblur/core-model';
import {
  scoreBlurred,
  scoreSequence,
  summarizeScores,
  type EvaluationReport,
  type OrderRule,
  type ScoredSample,
  type ScoreOptions,
} from '@unblur/metrics';
import { commonFrameCount, selectFrames } from './frame-selection.js';
import { loadPhoto } from './photo.js';
import type { RgbImage } from './raster.js';
import { explainFileError, UnblurError } from './unblur-error.js';

export interface EvaluateFolderOptions extends ScoreOptions {
  /** How the order of the restored frames is decided. Default `sequence`. */
  rule?: OrderRule;
  /** Called after each sample with its own scores. */
  onSample?: (done: number, total: number, name: string, scores: ScoredSample) => void;
  signal?: AbortSignal;
}

/** Whatever restores frames from a blurred image. */
export interface FrameRestorer {
  /** @param options.times from -1 to 1; given only where `anyTime` is true. */
  restore(blurred: RgbImage, options?: { times?: readonly number[] }): Promise<{ frames: RgbImage[] }>;
  /** Whether frames can be had at any time. */
  anyTime?: boolean;
}

/**
 * Scores a restorer on a folder with one sub-folder per sample: `blur.{png,jpg,webp}` and `frame-0 ...
 * frame-(N-1)` likewise, in time order, N odd. A restorer that has frames at any time gives as many. Where
 * another gives another number of frames, those at the same moments of the exposure are compared: the first,
 * middle and last of three against seven.
 *
 * Images are compared in [0, 1] as they are, restored ones before any rounding to 8 bit.
 *
 * @throws UnblurError that names the sample and what is missing, unreadable or of another size.
 */
export async function evaluateFolder(
  folder: string,
  restorer: FrameRestorer,
  { rule = 'sequence', onSample, signal, ...scoring }: EvaluateFolderOptions = {},
): Promise<EvaluationReport> {
  const samples = await findSamples(folder);
  const scores: ScoredSample[] = [];
  for (const sample of samples) {
    signal?.throwIfAborted();
    const blurred = await loadPhoto(sample.blurPath);
    const gt = await Promise.all(sample.framePaths.map((path) => loadPhoto(path)));
    gt.forEach((frame, i) => {
      if (frame.width !== blurred.width || frame.height !== blurred.height) {
        throw new UnblurError(
          `Sample ${sample.name}: expected all images at ${blurred.width}x${blurred.height}, the size of its blurred one, but ${basename(sample.framePaths[i]!)} is ${frame.width}x${frame.height}`,
        );
      }
    });
    const { frames } = await restorer.restore(
      blurred,
      restorer.anyTime ? { times: frameTimes(gt.length) } : undefined,
    );
    const count = commonFrameCount(frames.length, gt.length);
    const comparedGt = selectFrames(gt.length, count).map((i) => gt[i]!);
    const compared = selectFrames(frames.length, count).map((i) => frames[i]!);
    const score = {
      restored: scoreSequence(compared, comparedGt, rule, scoring),
      blurred: scoreBlurred(blurred, comparedGt, scoring),
    };
    if (scores[0] && scores[0].restored.psnr.perFrame.length !== count) {
      throw new UnblurError(
        `Sample ${sample.name} has ${gt.length} frames, of which ${count} can be compared, but ${scores[0].restored.psnr.perFrame.length} of the samples before it; keep samples of one number of frames in one folder`,
      );
    }
    scores.push(score);
    onSample?.(scores.length, samples.length, sample.name, score);
  }
  return summarizeScores(scores, rule);
}

interface SampleFiles {
  name: string;
  blurPath: string;
  framePaths: string[];
}

const namesInMessage = 5;

const imageName = /^(blur|frame-(\d+))\.(png|jpe?g|webp)$/i;

/**
 * Every sub-folder is a sample; hidden ones and plain files beside them are not. In the order of their names.
 */
async function findSamples(folder: string): Promise<SampleFiles[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw explainFileError('read', folder, cause);
  });
  const names = entries
    .filter((entry) => !entry.isFile() && !entry.name.startsWith('.'))
    .map(({ name }) => name);
  if (names.length === 0) {
    const isSample = entries.some(({ name }) => imageName.test(name));
    throw new UnblurError(
      `${folder} holds no samples; expected one sub-folder per sample with blur.png and frame-0.png, frame-1.png ...${isSample ? '; it is such a sample itself: name the folder that it lies in' : ''}`,
    );
  }
  return Promise.all(names.sort().map((name) => findSampleFiles(folder, name)));
}

async function findSampleFiles(folder: string, name: string): Promise<SampleFiles> {
  const path = join(folder, name);
  const files = await readdir(path).catch((cause: unknown) => {
    throw explainFileError('read', path, cause);
  });
  const blurs: string[] = [];
  // By their numbers: a list would be as long as the largest.
  const frames = new Map<number, string>();
  for (const file of files.sort()) {
    const [, stem, index] = imageName.exec(file) ?? [];
    if (stem === undefined) continue;
    const taken = index === undefined ? blurs[0] : frames.get(Number(index));
    if (taken !== undefined) {
      throw new UnblurError(
        `Sample ${name}: expected one ${stem} but received ${taken} and ${file}; remove one`,
      );
    }
    if (index === undefined) blurs.push(file);
    else frames.set(Number(index), file);
  }
  if (!blurs[0]) throw new UnblurError(`Sample ${name}: expected blur.png, .jpg or .webp but received none`);
  if (frames.size === 0) {
    throw new UnblurError(`Sample ${name}: expected frame-0.png, frame-1.png ... but received none`);
  }
  const inOrder = [...frames].sort(([a], [b]) => a - b);
  const last = inOrder.at(-1)![0];
  const missing: string[] = [];
  for (let index = 0; missing.length < namesInMessage && index < last; index++) {
    if (!frames.has(index)) missing.push(`frame-${index}`);
  }
  if (missing.length > 0) {
    const more = last + 1 - frames.size - missing.length;
    throw new UnblurError(
      `Sample ${name}: ${missing.join(', ')}${more > 0 ? ` and ${more} more` : ''} missing; expected frame-0 to frame-${last} without a gap`,
    );
  }
  if (frames.size < 3 || frames.size % 2 === 0) {
    throw new UnblurError(
      `Sample ${name}: expected an odd number of frames, 3 or more, but received ${frames.size}`,
    );
  }
  return { name, blurPath: join(path, blurs[0]), framePaths: inOrder.map(([, file]) => join(path, file)) };
}
