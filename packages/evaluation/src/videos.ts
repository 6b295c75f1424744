import { basename } from 'node:path';
import { listPairedVideos, type PairedVideoOptions } from '@unblur/datasets';
import { expectOptions, type OptionNames, UnblurError } from '@unblur/files';
import { excerptOfValue } from '@unblur/files/parsed-value';
import { loadPhoto, readFrames, type RgbImage } from '@unblur/inference';
import {
  scoreBlurred,
  scoreSequence,
  summarizeScores,
  type EvaluationReport,
  type ScoredSample,
  type SsimWindow,
} from '@unblur/metrics';

/** How frames are compared with their ground truth; numbers under different protocols do not compare. */
export interface VideoProtocol {
  /** Rows and columns left out on every side. */
  borderPixels: number;
  /** Whether restored frames are rounded to 8 bit first, as a saved picture is. */
  roundsTo8Bit: boolean;
  colour: 'RGB';
  ssimWindow: SsimWindow;
}

/** `published`: as CDVD-TSP's figures are measured. `whole`: whole frames, values as they are. */
export const videoProtocols = {
  published: { borderPixels: 4, roundsTo8Bit: true, colour: 'RGB', ssimWindow: 'gaussian' },
  whole: { borderPixels: 0, roundsTo8Bit: false, colour: 'RGB', ssimWindow: 'gaussian' },
} as const satisfies Record<string, VideoProtocol>;

export type VideoProtocolName = keyof typeof videoProtocols;

/**
 * Every frame counts as a sample of its own, so `first`, `middle`, `last` and `mean` are the same: the mean
 * over all frames of all videos.
 */
export interface VideoEvaluationReport extends EvaluationReport {
  protocol: VideoProtocol & { name: VideoProtocolName };
  /** Means over the frames of each video. */
  videos: {
    name: string;
    frames: number;
    psnr: number;
    ssim: number;
    baseline: { psnr: number; ssim: number };
  }[];
}

/** Whatever deblurs the frames of a video. */
export interface FrameDeblurrer {
  /**
   * @param options.overwrites whether each frame may be written over the one before it.
   * @param video its name: its folder's.
   * @returns as many frames as `frames` has.
   */
  deblur(
    frames: AsyncIterable<RgbImage> | Iterable<RgbImage>,
    options: { overwrites: boolean },
    video: string,
  ): AsyncIterable<RgbImage>;
}

export interface EvaluateVideosOptions extends PairedVideoOptions {
  protocol?: VideoProtocolName;
  /** Called after each frame. */
  onFrame?: (done: number, total: number, video: string) => void;
  signal?: AbortSignal;
}

const evaluateVideosOptionNames: OptionNames<EvaluateVideosOptions> = {
  protocol: true,
  blurredFolder: true,
  onFrame: 'function',
  signal: 'signal',
};

/**
 * Deblurs the blurred videos below a folder, which may be a published set as it comes (see `listPairedVideos`),
 * and scores every frame against the sharp one of the same name, whatever its format. The blurred frames
 * themselves are scored as the baseline.
 *
 * @throws UnblurError for an unknown option or protocol; Error that names the video and what is missing, unreadable or of
 * another size.
 */
export async function evaluateVideoFolder(
  folder: string,
  deblurrer: FrameDeblurrer,
  options: EvaluateVideosOptions = {},
): Promise<VideoEvaluationReport> {
  const {
    protocol = 'published',
    blurredFolder,
    onFrame,
    signal,
  } = expectOptions(
    options,
    evaluateVideosOptionNames,
    "evaluateVideoFolder('videos', deblurrer, { protocol: 'whole' })",
  );
  if (!Object.hasOwn(videoProtocols, protocol)) {
    throw new UnblurError(
      `Expected the protocol ${Object.keys(videoProtocols).join(' or ')} but received ${excerptOfValue(protocol)}`,
    );
  }
  const rule = videoProtocols[protocol];
  const videos = listPairedVideos(folder, { blurredFolder });
  const total = videos.reduce((sum, { blurred }) => sum + blurred.length, 0);
  const scores: ScoredSample[] = [];
  const perVideo: VideoEvaluationReport['videos'] = [];
  for (const { name, blurred: blurPaths, sharp: gtPaths } of videos) {
    const ownScores: ScoredSample[] = [];
    const frames = readFrames(blurPaths, signal);
    for await (const restored of deblurrer.deblur(frames, { overwrites: true }, name)) {
      signal?.throwIfAborted();
      const index = ownScores.length;
      if (index === blurPaths.length) expectFrameCount(name, index + 1, blurPaths.length);
      const [blurred, gt] = [await loadPhoto(blurPaths[index]!), await loadPhoto(gtPaths[index]!)];
      if (gt.width !== blurred.width || gt.height !== blurred.height) {
        throw new UnblurError(
          `Video ${name}: expected ${basename(gtPaths[index]!)} at ${blurred.width}x${blurred.height} like its blurred frame, but it is ${gt.width}x${gt.height}`,
        );
      }
      if (restored.width !== gt.width || restored.height !== gt.height) {
        throw new UnblurError(
          `Video ${name}: expected the restored ${basename(gtPaths[index]!)} at ${gt.width}x${gt.height} like its ground truth, but it is ${restored.width}x${restored.height}`,
        );
      }
      ownScores.push(scoreFrame(restored, blurred, gt, rule));
      onFrame?.(scores.length + ownScores.length, total, name);
    }
    expectFrameCount(name, ownScores.length, blurPaths.length);
    scores.push(...ownScores);
    const { psnr, ssim, baseline } = summarizeScores(ownScores);
    perVideo.push({
      name,
      frames: ownScores.length,
      psnr: psnr.mean,
      ssim: ssim.mean,
      baseline: { psnr: baseline.psnr.mean, ssim: baseline.ssim.mean },
    });
  }
  return { ...summarizeScores(scores), protocol: { name: protocol, ...rule }, videos: perVideo };
}

function expectFrameCount(video: string, received: number, blurred: number): void {
  if (received === blurred) return;
  throw new UnblurError(
    `Video ${video}: expected ${blurred} restored frames, one for each blurred one, but received ${received > blurred ? 'more' : received}`,
  );
}

function scoreFrame(
  restored: RgbImage,
  blurred: RgbImage,
  gt: RgbImage,
  { borderPixels, roundsTo8Bit, ssimWindow }: VideoProtocol,
): ScoredSample {
  const options = { borderPixels, ssimWindow };
  const saved = roundsTo8Bit
    ? { ...restored, data: restored.data.map((value) => Math.round(value * 255) / 255) }
    : restored;
  return {
    restored: scoreSequence([saved], [gt], 'sequence', options),
    blurred: scoreBlurred(blurred, [gt], options),
  };
}
