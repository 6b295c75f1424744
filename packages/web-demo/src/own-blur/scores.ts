import { maximumReportedPsnr, psnr, ssim, type RgbImage } from '@unblur/metrics';

/** How near one frame of the truth is met, by three candidates. */
export interface FrameScore {
  /** PSNR in dB, at most 100. */
  psnr: CandidateScores;
  ssim: CandidateScores;
}

export interface CandidateScores {
  /** The blurred photograph itself: what a restoration has to beat. */
  blurred: number;
  forward: number;
  /** The restored frames in reverse order. */
  reverse: number;
}

/** Scores restored frames against the truth in both orders, since a blur does not tell which way time ran. */
export function scoreBothOrders(
  blurred: RgbImage,
  restored: readonly RgbImage[],
  truth: readonly RgbImage[],
): FrameScore[] {
  return truth.map((frame, index) => {
    const candidates = {
      blurred,
      forward: restored[index]!,
      reverse: restored[restored.length - 1 - index]!,
    };
    const scores = (metric: (a: RgbImage, b: RgbImage) => number): CandidateScores => ({
      blurred: metric(candidates.blurred, frame),
      forward: metric(candidates.forward, frame),
      reverse: metric(candidates.reverse, frame),
    });
    return { psnr: scores((a, b) => Math.min(psnr(a, b), maximumReportedPsnr)), ssim: scores(ssim) };
  });
}

/** The order that meets the truth better, by mean PSNR. */
export function betterOrder(scores: readonly FrameScore[]): 'forward' | 'reverse' {
  const sum = (order: 'forward' | 'reverse') => scores.reduce((total, { psnr }) => total + psnr[order], 0);
  return sum('reverse') > sum('forward') ? 'reverse' : 'forward';
}
