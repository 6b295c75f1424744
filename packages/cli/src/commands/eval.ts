import type { EvaluationReport } from '@unblur/metrics';
import type { Command } from 'commander';
import { abortOnInterruption } from '../interruption.js';
import { addRunOptions, type RunOptions } from '../run-options.js';
import { clearBar, drawProgress, printJson, printLine } from '../terminal.js';
import { addWeightsOptions, readChosenWeights, type WeightsOptions } from '../weights-choice.js';

/** `unblur eval`: restored frames against known sharp ones. */
export function defineEval(program: Command): void {
  const command = program
    .command('eval')
    .description('score restored frames against known sharp ones')
    .argument('<folder>', 'one sub-folder per sample: blur.png and frame-0.png ... (png, jpg or webp)');
  addRunOptions(addWeightsOptions(command)).action(evaluate);
}

async function evaluate(folder: string, options: WeightsOptions & RunOptions): Promise<void> {
  const signal = abortOnInterruption();
  const { name, bytes } = await readChosenWeights(options);
  const { createRestorer, evaluateFolder } = await import('@unblur/inference');
  const restorer = await createRestorer({ weights: bytes, threads: options.threads });
  const report = await evaluateFolder(folder, restorer, { onSample: drawProgress, signal });
  clearBar();
  await restorer.release();
  if (options.json) printJson(report);
  else for (const line of describeReport(report, name)) printLine(line);
}

function* describeReport({ samples, psnr, ssim, closerToOwn, baseline }: EvaluationReport, weights: string): Generator<string> {
  yield `${samples} samples, weights ${weights}; each in the better order of its frames, decided once per sample`;
  yield '             first   middle    last    mean';
  yield describeRow('PSNR [dB]', psnr, 2);
  yield describeRow('  blurred', baseline.psnr, 2);
  yield describeRow('SSIM', ssim, 4);
  yield describeRow('  blurred', baseline.ssim, 4);
  yield `closer to its own ground truth than to the middle's: the first frame of ${percent(closerToOwn.first)} of the samples, the last of ${percent(closerToOwn.last)}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function describeRow(title: string, { first, middle, last, mean }: EvaluationReport['psnr'], digits: number): string {
  return title.padEnd(10) + [first, middle, last, mean].map((value) => value.toFixed(digits).padStart(8)).join('');
}
