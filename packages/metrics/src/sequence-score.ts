import { assertOptions } from './options.js';
import { mean } from './mean.js';
import { psnr } from './psnr.js';
import { assertScorable, assertScorableFrames, type ComparisonOptions, type RgbImage } from './rgb-image.js';
import { describe } from './received.js';
import { ssim, type SsimWindow } from './ssim.js';

/**
 * A blurred image is the same for a motion and its reverse, so restored frames may rightly come in reverse
 * order. `sequence`: the whole sequence in ground-truth order or reversed, whichever has the higher mean
 * PSNR. `per-frame`: each frame against its ground truth in the better of the two orders, frame by frame and
 * metric by metric. Scores higher; never mix the two rules.
 */
export type OrderRule = 'sequence' | 'per-frame';

/**
 * One metric over the frames of a sequence; index i belongs to ground-truth frame i, whatever order the
 * restored frames came in.
 */
export interface FrameScores {
  perFrame: number[];
  first: number;
  middle: number;
  last: number;
  /** Over all frames. */
  mean: number;
}

export interface SequenceScore {
  /** Whether the whole sequence has the higher mean PSNR in reverse. */
  reversed: boolean;
  /** In dB, each frame's value at most `maximumReportedPsnr`. */
  psnr: FrameScores;
  ssim: FrameScores;
  /**
   * Whether the first and the last restored frame have a higher PSNR against their own ground truth than
   * against the middle's: a mere copy of the middle has not. `null`: one frame alone is the middle.
   */
  closerToOwn: { first: boolean; last: boolean } | null;
}

export interface ScoreOptions extends ComparisonOptions {
  /** Default `gaussian`. */
  ssimWindow?: SsimWindow | undefined;
}

const scoreOptions: Record<keyof ScoreOptions, true> = { ssimWindow: true, peak: true, borderPixels: true };

/**
 * In dB. A frame identical to its ground truth has an infinite PSNR: it counts as this much, so that it
 * neither swallows a mean nor is lost in JSON.
 */
export const maximumReportedPsnr = 100;

/**
 * Scores restored frames against their ground truth, aware that their order may be reversed (see
 * `OrderRule`).
 *
 * @param restored N frames in time order, N odd
 * @param gt the N ground-truth frames in time order
 * @throws RangeError when the numbers of frames differ or are even, the sizes differ, or a value is none that
 * `psnr` takes (it names the frame by its index); when an option is not known.
 */
export function scoreSequence(
  restored: readonly RgbImage[],
  gt: readonly RgbImage[],
  rule: OrderRule = 'sequence',
  options: ScoreOptions = {},
): SequenceScore {
  assertOptions(options, scoreOptions);
  assertScorableFrames(restored, 'restored frame', options);
  assertScorableFrames(gt, 'ground-truth frame', options);
  if (restored.length !== gt.length || gt.length % 2 === 0) {
    throw new RangeError(
      `Expected as many restored as ground-truth frames, an odd number, but received ${restored.length} and ${gt.length}`,
    );
  }
  if (rule !== 'sequence' && rule !== 'per-frame') {
    throw new RangeError(`Expected the rule 'sequence' or 'per-frame' but received ${describe(rule)}`);
  }

  const backward = restored.toReversed();
  const forwardPsnr = psnrOfFrames(restored, gt, options);
  const backwardPsnr = psnrOfFrames(backward, gt, options);
  const reversed = mean(backwardPsnr) > mean(forwardPsnr);
  const inOrder = reversed ? backward : restored;
  const [psnrPerFrame, ssimPerFrame] =
    rule === 'sequence'
      ? [reversed ? backwardPsnr : forwardPsnr, ssimOfFrames(inOrder, gt, options)]
      : [
          largerOfEach(forwardPsnr, backwardPsnr),
          largerOfEach(ssimOfFrames(restored, gt, options), ssimOfFrames(backward, gt, options)),
        ];
  return {
    reversed,
    closerToOwn: framesCloserToOwn(inOrder, gt, options),
    psnr: frameScores(psnrPerFrame),
    ssim: frameScores(ssimPerFrame),
  };
}

/**
 * Scores the blurred image itself as if it were every frame: what a restoration has to beat.
 *
 * @param gt the ground-truth frames in time order, an odd number
 * @throws RangeError when their number is even, the sizes differ, a value is none that `psnr` takes, or an
 * option is not known.
 */
export function scoreBlurred(
  blurred: RgbImage,
  gt: readonly RgbImage[],
  options: ScoreOptions = {},
): SequenceScore {
  assertOptions(options, scoreOptions);
  assertScorable(blurred, 'the blurred image', options);
  assertScorableFrames(gt, 'ground-truth frame', options);
  if (gt.length % 2 === 0) {
    throw new RangeError(`Expected an odd number of ground-truth frames but received ${gt.length}`);
  }
  const frames = gt.map(() => blurred);
  return {
    reversed: false,
    closerToOwn: framesCloserToOwn(frames, gt, options),
    psnr: frameScores(psnrOfFrames(frames, gt, options)),
    ssim: frameScores(ssimOfFrames(frames, gt, options)),
  };
}

/** First, middle, last and mean of one value per frame (an odd number of them). */
export function frameScores(perFrame: number[]): FrameScores {
  return {
    perFrame,
    first: perFrame[0]!,
    middle: perFrame[(perFrame.length - 1) / 2]!,
    last: perFrame[perFrame.length - 1]!,
    mean: mean(perFrame),
  };
}

function framesCloserToOwn(
  frames: readonly RgbImage[],
  gt: readonly RgbImage[],
  options: ScoreOptions,
): SequenceScore['closerToOwn'] {
  if (gt.length === 1) return null;
  const middleGt = gt[(gt.length - 1) / 2]!;
  const isCloser = (frame: RgbImage, ownGt: RgbImage): boolean =>
    reportedPsnr(frame, ownGt, options) > reportedPsnr(frame, middleGt, options);
  return { first: isCloser(frames[0]!, gt[0]!), last: isCloser(frames.at(-1)!, gt.at(-1)!) };
}

function psnrOfFrames(frames: readonly RgbImage[], gt: readonly RgbImage[], options: ScoreOptions): number[] {
  return frames.map((frame, i) => reportedPsnr(frame, gt[i]!, options));
}

function ssimOfFrames(
  frames: readonly RgbImage[],
  gt: readonly RgbImage[],
  { ssimWindow: window, ...comparison }: ScoreOptions,
): number[] {
  return frames.map((frame, i) => ssim(frame, gt[i]!, { ...comparison, window }));
}

function largerOfEach(values: readonly number[], others: readonly number[]): number[] {
  return values.map((value, i) => Math.max(value, others[i]!));
}

function reportedPsnr(
  restored: RgbImage,
  gt: RgbImage,
  { ssimWindow: _, ...comparison }: ScoreOptions,
): number {
  return Math.min(psnr(restored, gt, comparison), maximumReportedPsnr);
}
