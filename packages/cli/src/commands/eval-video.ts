import type { FrameDeblurrer, VideoEvaluationReport, VideoProtocolName } from '@unblur/evaluation';
import type { PairedVideoOptions } from '@unblur/datasets';
import type { Command } from 'commander';
import { counted } from '@unblur/files';
import { abortOnInterruption } from '../interruption.js';
import {
  addRestoredOption,
  otherFrames,
  ownFrames,
  type RestoredOption,
  type ScoredFrames,
} from '../scored-frames.js';
import { clearBar, drawProgress, printJson, printLine } from '../terminal.js';
import {
  addVideoDeblurrerOptions,
  openChosenVideoDeblurrer,
  type VideoDeblurrerOptions,
} from '../video-deblurrer-choice.js';

interface EvalVideoOptions extends VideoDeblurrerOptions, RestoredOption {
  protocol: VideoProtocolName;
  blurred?: string;
}

/** `unblur eval-video`: deblurred videos against known sharp ones. */
export function defineEvalVideo(program: Command): void {
  const command = program
    .command('eval-video')
    .description('score deblurred videos against known sharp ones')
    .argument(
      '<folder>',
      'blur/<video>/<frame> and gt/<video>/<frame>, frames of the same names; or all or part of GoPro, DVD or REDS in its own layout',
    );
  addRestoredOption(command, 'a sub-folder per video, with frames named as in gt', [
    'weights',
    'engine',
    'precision',
    'mirrored',
    'threads',
  ]);
  command.addOption(
    command
      .createOption(
        '--protocol <name>',
        'published: 8-bit RGB, 4 pixels cut from each side, Gaussian SSIM; whole: nothing cut or rounded',
      )
      .choices(['published', 'whole'])
      .default('published'),
  );
  command.option(
    '--blurred <name>',
    "which folders of blurred frames to use if a set has several, such as GoPro's blur_gamma",
  );
  addVideoDeblurrerOptions(command).action(evaluate);
}

async function evaluate(folder: string, options: EvalVideoOptions): Promise<void> {
  const signal = abortOnInterruption();
  const { deblurrer, label, scored } = await openScored(folder, options);
  const { evaluateVideoFolder } = await import('@unblur/evaluation');
  const report = await evaluateVideoFolder(folder, deblurrer, {
    protocol: options.protocol,
    ...pairedOf(options),
    onFrame: drawProgress,
    signal,
  });
  clearBar();
  const { blurred } = options;
  if (options.json) {
    printJson({ scored: { ...scored, ...(blurred !== undefined && { blurred }) }, ...report });
  } else {
    for (const line of describeReport(report, label)) printLine(line);
  }
}

const pairedOf = ({ blurred }: EvalVideoOptions): PairedVideoOptions => ({ blurredFolder: blurred });

interface Scored extends ScoredFrames {
  deblurrer: FrameDeblurrer;
}

async function openScored(folder: string, options: EvalVideoOptions): Promise<Scored> {
  const { restored, engine, precision, mirrored = false } = options;
  if (restored !== undefined) {
    const { openRestoredVideos } = await import('@unblur/evaluation');
    return { deblurrer: openRestoredVideos(restored, folder, pairedOf(options)), ...otherFrames(restored) };
  }
  const { weights, deblurrer } = await openChosenVideoDeblurrer(options);
  const { computedPrecision } = await import('@unblur/inference');
  const bytes = weights.map((each) => each.bytes);
  return {
    deblurrer,
    ...ownFrames(weights, { engine, precision: computedPrecision(bytes, engine, precision), mirrored }),
  };
}

function* describeReport(
  { samples, psnr, ssim, baseline, protocol, videos }: VideoEvaluationReport,
  label: string,
): Generator<string> {
  const { name, borderPixels, roundsTo8Bit, colour, ssimWindow } = protocol;
  yield `${counted(samples, 'frame')} of ${counted(videos.length, 'video')}, ${label}; protocol ${name}: ${colour}, ${roundsTo8Bit ? '8 bit' : 'not rounded'}, ${counted(borderPixels, 'pixel')} cut from each side, ${ssimWindow} SSIM`;
  yield '                      PSNR [dB]  blurred     SSIM  blurred';
  for (const video of videos) {
    yield describeRow(video.name, video.psnr, video.baseline.psnr, video.ssim, video.baseline.ssim);
  }
  yield describeRow('all frames', psnr.mean, baseline.psnr.mean, ssim.mean, baseline.ssim.mean);
}

function describeRow(
  name: string,
  psnr: number,
  blurredPsnr: number,
  ssim: number,
  blurredSsim: number,
): string {
  return `${name.padEnd(22)}${psnr.toFixed(2).padStart(9)}${blurredPsnr.toFixed(2).padStart(9)}${ssim.toFixed(4).padStart(9)}${blurredSsim.toFixed(4).padStart(9)}`;
}
