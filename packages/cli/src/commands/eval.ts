import type { EndPointErrors, FrameRestorer, PhotographReport, SampleReport } from '@unblur/evaluation';
import type { Command } from 'commander';
import { counted } from '@unblur/files';
import { abortOnInterruption } from '../interruption.js';
import { addRestorerOptions, openChosenRestorer, type RestorerOptions } from '../restorer-choice.js';
import {
  addRestoredOption,
  otherFrames,
  ownFrames,
  type RestoredOption,
  type ScoredFrames,
} from '../scored-frames.js';
import { clearBar, drawProgress, printJson, printLine } from '../terminal.js';

type OrderRule = PhotographReport['rule'];

interface EvalOptions extends RestorerOptions, RestoredOption {
  rule: OrderRule;
}

/** How photographs are compared. */
const protocol = { borderPixels: 0, roundsTo8Bit: false, colour: 'RGB', ssimWindow: 'gaussian' } as const;

/** `unblur eval`: restored frames against known sharp ones. */
export function defineEval(program: Command): void {
  const command = program
    .command('eval')
    .description('score restored frames against known sharp ones')
    .argument(
      '<folder>',
      'one sub-folder per sample: blur.png and frame-0.png ... (png, jpg or webp); with flow-0.flo ..., motion is scored too',
    );
  addRestoredOption(
    command,
    'a sub-folder named after each sample, with frame-0.png ... or the middle frame alone',
    ['weights', 'engine', 'precision', 'mirrored', 'scale', 'memory', 'threads'],
  );
  command.addOption(
    command
      .createOption(
        '--rule <name>',
        'how the order of frames is chosen; sequence: the better order for the whole sample; per-frame: the better one for every frame, as some papers do, which scores higher',
      )
      .choices(['sequence', 'per-frame'] satisfies OrderRule[])
      .default('sequence'),
  );
  addRestorerOptions(command).action(evaluate);
}

async function evaluate(folder: string, options: EvalOptions): Promise<void> {
  const signal = abortOnInterruption();
  const { restorer, label, scored, release } = await openScored(folder, options);
  const { evaluateFolder } = await import('@unblur/evaluation');
  const report = await evaluateFolder(folder, restorer, {
    rule: options.rule,
    ssimWindow: protocol.ssimWindow,
    borderPixels: protocol.borderPixels,
    onSample: drawProgress,
    signal,
  });
  clearBar();
  await release();
  if (options.json) printJson({ scored, protocol, ...report });
  else for (const line of describeReport(report, label)) printLine(line);
}

interface Scored extends ScoredFrames {
  restorer: FrameRestorer;
  release(): Promise<void>;
}

async function openScored(folder: string, options: EvalOptions): Promise<Scored> {
  const { restored, engine, precision, scale, mirrored = false, memory } = options;
  if (restored !== undefined) {
    const { openRestoredSamples } = await import('@unblur/evaluation');
    return {
      restorer: openRestoredSamples(restored, folder),
      ...otherFrames(restored),
      release: async () => undefined,
    };
  }
  const { weights, restorer } = await openChosenRestorer(options);
  const { computedPrecision } = await import('@unblur/inference');
  const making = {
    engine,
    precision: computedPrecision(weights.bytes, engine, precision),
    scale,
    mirrored,
    ...(memory !== undefined && { memory }),
  };
  return {
    restorer,
    ...ownFrames(weights, making),
    release: () => restorer.release(),
  };
}

const middleGain = ({ psnr, baseline }: SampleReport): number => psnr.middle - baseline.psnr.middle;

function* describeReport(
  { samples, rule, psnr, ssim, closerToOwn, baseline, motion, perSample }: PhotographReport,
  label: string,
): Generator<string> {
  const isMiddleAlone = psnr.perFrame.length === 1;
  const order = isMiddleAlone
    ? 'the middle frame alone'
    : `each in the better order of its frames, decided ${rule === 'sequence' ? 'once per sample' : 'for every frame'}`;
  yield `${counted(samples, 'sample')}, ${label}; ${order}`;
  yield isMiddleAlone ? '            middle' : '             first   middle    last    mean';
  yield describeRow('PSNR [dB]', psnr, 2);
  yield describeRow('  blurred', baseline.psnr, 2);
  yield describeRow('SSIM', ssim, 4);
  yield describeRow('  blurred', baseline.ssim, 4);
  if (motion) {
    yield describeMotion('EPE [px]', motion.found);
    yield describeMotion('  still', motion.still);
  }
  if (closerToOwn) {
    yield `closer to its own ground truth than to the middle's: the first frame of ${percent(closerToOwn.first)} of the samples, the last of ${percent(closerToOwn.last)}`;
  }
  const worst = perSample.reduce((least, sample) =>
    middleGain(sample) < middleGain(least) ? sample : least,
  );
  yield `smallest gain of a middle frame: ${worst.name}, ${middleGain(worst).toFixed(2)} dB`;
}

function percent(fraction: number): string {
  return `${Math.round(100 * fraction)} %`;
}

/** Nothing moves from the middle frame to itself. */
function describeMotion(title: string, { first, last, mean }: EndPointErrors): string {
  const columns = [first.toFixed(2), '', last.toFixed(2), mean.toFixed(2)];
  return title.padEnd(10) + columns.map((column) => column.padStart(8)).join('');
}

function describeRow(
  title: string,
  { perFrame, first, middle, last, mean }: PhotographReport['psnr'],
  digits: number,
): string {
  const values = perFrame.length === 1 ? [middle] : [first, middle, last, mean];
  return title.padEnd(10) + values.map((value) => value.toFixed(digits).padStart(8)).join('');
}
