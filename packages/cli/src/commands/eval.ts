import type { PhotographReport, SampleReport } from '@unblur/evaluation';
import type { Command } from 'commander';
import { abortOnInterruption } from '../interruption.js';
import { addRestorerOptions, openChosenRestorer, type RestorerOptions } from '../restorer-choice.js';
import { clearBar, drawProgress, printJson, printLine } from '../terminal.js';

/** `unblur eval`: restored frames against known sharp ones. */
export function defineEval(program: Command): void {
  const command = program
    .command('eval')
    .description('score restored frames against known sharp ones')
    .argument('<folder>', 'one sub-folder per sample: blur.png and frame-0.png ... (png, jpg or webp)');
  addRestorerOptions(command).action(evaluate);
}

async function evaluate(folder: string, options: RestorerOptions): Promise<void> {
  const signal = abortOnInterruption();
  const { weightsName, restorer } = await openChosenRestorer(options);
  const { evaluateFolder } = await import('@unblur/evaluation');
  const report = await evaluateFolder(folder, restorer, { onSample: drawProgress, signal });
  clearBar();
  await restorer.release();
  if (options.json) printJson(report);
  else for (const line of describeReport(report, weightsName)) printLine(line);
}

const middleGain = ({ psnr, baseline }: SampleReport): number => psnr.middle - baseline.psnr.middle;

function* describeReport(
  { samples, psnr, ssim, closerToOwn, baseline, perSample }: PhotographReport,
  weights: string,
): Generator<string> {
  yield `${samples} samples, weights ${weights}; each in the better order of its frames, decided once per sample`;
  yield '             first   middle    last    mean';
  yield describeRow('PSNR [dB]', psnr, 2);
  yield describeRow('  blurred', baseline.psnr, 2);
  yield describeRow('SSIM', ssim, 4);
  yield describeRow('  blurred', baseline.ssim, 4);
  yield `closer to its own ground truth than to the middle's: the first frame of ${percent(closerToOwn.first)} of the samples, the last of ${percent(closerToOwn.last)}`;
  const worst = perSample.reduce((least, sample) =>
    middleGain(sample) < middleGain(least) ? sample : least,
  );
  yield `the middle frame that gains least: ${worst.name}, ${middleGain(worst).toFixed(2)} dB`;
}

function percent(fraction: number): string {
  return `${Math.round(100 * fraction)} %`;
}

function describeRow(
  title: string,
  { first, middle, last, mean }: PhotographReport['psnr'],
  digits: number,
): string {
  return (
    title.padEnd(10) + [first, middle, last, mean].map((value) => value.toFixed(digits).padStart(8)).join('')
  );
}
