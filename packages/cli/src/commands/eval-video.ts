import type { VideoEvaluationReport, VideoProtocolName } from '@unblur/evaluation';
import type { Command } from 'commander';
import { abortOnInterruption } from '../interruption.js';
import { clearBar, drawProgress, printJson, printLine } from '../terminal.js';
import {
  addVideoDeblurrerOptions,
  openChosenVideoDeblurrer,
  type VideoDeblurrerOptions,
} from '../video-deblurrer-choice.js';

interface EvalVideoOptions extends VideoDeblurrerOptions {
  protocol: VideoProtocolName;
}

/** `unblur eval-video`: deblurred videos against known sharp ones. */
export function defineEvalVideo(program: Command): void {
  const command = program
    .command('eval-video')
    .description('score deblurred videos against known sharp ones')
    .argument('<folder>', 'blur/<video>/<frame> and gt/<video>/<frame>, frames of the same names');
  command.addOption(
    command
      .createOption(
        '--protocol <name>',
        'published: 8-bit RGB, 4 pixels cut from each side, Gaussian SSIM; whole: nothing cut or rounded',
      )
      .choices(['published', 'whole'])
      .default('published'),
  );
  addVideoDeblurrerOptions(command).action(evaluate);
}

async function evaluate(folder: string, options: EvalVideoOptions): Promise<void> {
  const signal = abortOnInterruption();
  const { weightsName, deblurrer } = await openChosenVideoDeblurrer(options);
  const { evaluateVideoFolder } = await import('@unblur/evaluation');
  const report = await evaluateVideoFolder(folder, deblurrer, {
    protocol: options.protocol,
    onFrame: drawProgress,
    signal,
  });
  clearBar();
  if (options.json) printJson(report);
  else for (const line of describeReport(report, weightsName)) printLine(line);
}

function* describeReport(
  { samples, psnr, ssim, baseline, protocol, videos }: VideoEvaluationReport,
  weights: string,
): Generator<string> {
  const { name, borderPixels, roundsTo8Bit, colour, ssimWindow } = protocol;
  yield `${samples} frames of ${videos.length} videos, weights ${weights}; protocol ${name}: ${colour}, ${roundsTo8Bit ? '8 bit' : 'not rounded'}, ${borderPixels} pixels cut from each side, ${ssimWindow} SSIM`;
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
