import type { EvaluationReport, ScoredSample } from '@unblur/metrics';
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

interface NamedSample extends ScoredSample {
  name: string;
}

async function evaluate(folder: string, options: RestorerOptions): Promise<void> {
  const signal = abortOnInterruption();
  const { weightsName, restorer } = await openChosenRestorer(options);
  const { evaluateFolder } = await import('@unblur/inference');
  const perSample: NamedSample[] = [];
  const report = await evaluateFolder(folder, restorer, {
    onSample: (done, total, name, scores) => {
      perSample.push({ name, ...scores });
      drawProgress(done, total, name);
    },
    signal,
  });
  clearBar();
  await restorer.release();
  if (options.json) printJson({ ...report, perSample: perSample.map(describeSample) });
  else for (const line of describeReport(report, perSample, weightsName)) printLine(line);
}

/** A sample's scores in the shape of the whole report's. */
function describeSample({ name, restored: { psnr, ssim, closerToOwn }, blurred }: NamedSample): object {
  return { name, psnr, ssim, closerToOwn, baseline: { psnr: blurred.psnr, ssim: blurred.ssim } };
}

const middleGain = ({ restored, blurred }: NamedSample): number => restored.psnr.middle - blurred.psnr.middle;

function* describeReport(
  { samples, psnr, ssim, closerToOwn, baseline }: EvaluationReport,
  perSample: readonly NamedSample[],
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

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function describeRow(
  title: string,
  { first, middle, last, mean }: EvaluationReport['psnr'],
  digits: number,
): string {
  return (
    title.padEnd(10) + [first, middle, last, mean].map((value) => value.toFixed(digits).padStart(8)).join('')
  );
}
