import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { counted, writeAtomicallySync } from '@unblur/files';
import { framePositions, readMetrics } from '../loop/metrics-log.js';
import type { FigureByPosition, StepRow, ValidationRow } from '../loop/metrics-log.js';
import { runFiles } from '../loop/run-folder.js';
import { escapeHtml, lineChart } from './line-chart.js';
import type { Series } from './line-chart.js';

const picturesShown = 6;

/**
 * Writes `report.html` into a run's folder: one page that needs no other file, with the loss terms, the
 * validation figures per frame position, learning rate, throughput, sample pictures over time and the
 * resolved run.
 *
 * @returns the path of the page.
 * @throws if the folder holds no run.
 */
export function writeRunReport(runFolder: string): string {
  const file = (name: string) => join(runFolder, name);
  // While a run makes its samples on the device, its log grows in a folder of its own.
  const log = [runFiles.metrics, join(runFiles.results, runFiles.metrics)].map(file).find(existsSync);
  if (log === undefined) {
    throw new Error(`Expected the folder of a run but '${runFolder}' has no ${runFiles.metrics}.`);
  }
  const rows = readMetrics(log);
  const steps = rows.filter((row) => row.kind === 'step');
  const validations = rows.filter((row) => row.kind === 'validation');
  const page = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(basename(resolve(runFolder)))}</title>
<style>:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:1340px;margin:2rem auto;padding:0 1rem}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(480px,1fr));gap:1rem}svg{width:100%}svg text{font-size:11px;fill:currentColor}svg .title{font-size:13px;font-weight:600}
table{border-collapse:collapse}td,th{padding:.15rem .8rem;text-align:right;border-bottom:1px solid #8884}img{max-width:100%;image-rendering:pixelated}pre{background:#8882;padding:1rem;overflow:auto}</style>
<h1>${escapeHtml(basename(resolve(runFolder)))}</h1>
<p>${summary(steps, validations)}</p>
${validationTable(validations)}
<div class="charts">${charts(steps, validations).join('')}</div>
<h2>Validation samples</h2>
<p>Per sample three rows: blurred input, restored frames, ground truth.</p>
${pictures(file(runFiles.samples))}
<h2>Run</h2>
<pre>${existsSync(file(runFiles.config)) ? escapeHtml(readFileSync(file(runFiles.config), 'utf8')) : ''}</pre>
</html>
`;
  const target = file('report.html');
  writeAtomicallySync(target, page);
  return target;
}

function summary(steps: readonly StepRow[], validations: readonly ValidationRow[]): string {
  const best = validations.findLast((row) => row.best);
  const trained = `${counted(steps.at(-1)?.step ?? 0, 'step')}.`;
  return best
    ? `${trained} Best validation at step ${best.step}: mean PSNR ${best.psnr.mean.toFixed(2)} dB, ${best.gain.mean.toFixed(2)} dB above the blurred image, over ${counted(best.samples, 'sample')} in the better order of each whole sequence.`
    : trained;
}

function validationTable(validations: readonly ValidationRow[]): string {
  const cells = (figures: FigureByPosition) =>
    framePositions.map((position) => `<td>${figures[position].toFixed(2)}</td>`).join('');
  const withMotion = validations.some(({ motion }) => motion);
  const motionCell = ({ motion }: ValidationRow) =>
    withMotion ? `<td>${motion ? motion.found.mean.toFixed(2) : ''}</td>` : '';
  const body = validations
    .map((row) => {
      const { step, psnr, gain, ssim } = row;
      return `<tr><td>${step}</td>${cells(psnr)}${cells(gain)}<td>${ssim.mean.toFixed(4)}</td>${motionCell(row)}</tr>`;
    })
    .join('');
  const positions = framePositions.map((position) => `<th>${position}</th>`).join('');
  const [motionTitle, motionHead] = withMotion ? ['<th>motion error (px)</th>', '<th>mean</th>'] : ['', ''];
  return `<table><tr><th></th><th colspan="4">PSNR (dB)</th><th colspan="4">gain over the blurred image (dB)</th><th>SSIM</th>${motionTitle}</tr><tr><th>step</th>${positions}${positions}<th>mean</th>${motionHead}</tr>${body}</table>`;
}

function charts(steps: readonly StepRow[], validations: readonly ValidationRow[]): string[] {
  const ofSteps = (name: string, value: (row: StepRow) => number | undefined): Series => ({
    name,
    points: steps.flatMap((row) => {
      const y = value(row);
      return y === undefined ? [] : [[row.step, y] as const];
    }),
  });
  const byPosition = (figure: 'psnr' | 'gain' | 'ssim'): Series[] =>
    framePositions.map((position) => ({
      name: position,
      points: validations.map((row) => [row.step, row[figure][position]] as const),
    }));
  const motions = validations.flatMap(({ step, motion }) => (motion ? [{ step, ...motion }] : []));
  const ofMotions = (name: string, value: (motion: (typeof motions)[number]) => number): Series => ({
    name,
    points: motions.map((motion) => [motion.step, value(motion)] as const),
  });
  const terms = [...new Set(steps.flatMap(({ loss }) => Object.keys(loss)))];
  return [
    ...terms.map((term) =>
      lineChart(`loss: ${term}`, [
        ofSteps(term, ({ loss }) => (Object.hasOwn(loss, term) ? loss[term] : undefined)),
      ]),
    ),
    lineChart('validation PSNR (dB)', byPosition('psnr')),
    lineChart('gain over the blurred image (dB)', byPosition('gain')),
    lineChart('validation SSIM', byPosition('ssim')),
    ...(motions.length === 0
      ? []
      : [
          lineChart('motion error in validation (pixels)', [
            ofMotions('first', ({ found }) => found.first),
            ofMotions('last', ({ found }) => found.last),
            ofMotions('mean', ({ found }) => found.mean),
            ofMotions('mean, of no motion', ({ still }) => still.mean),
          ]),
        ]),
    lineChart('learning rate', [ofSteps('learning rate', ({ learningRate }) => learningRate)]),
    lineChart('gradient norm', [ofSteps('gradient norm', ({ gradientNorm }) => gradientNorm)]),
    lineChart('samples per second', [ofSteps('samples/s', ({ samplesPerSecond }) => samplesPerSecond)]),
    lineChart('share of time waiting for samples', [
      ofSteps('waiting', ({ dataWaitShare }) => dataWaitShare),
    ]),
  ];
}

/** The pictures, evenly over the run and with the last. */
function pictures(folder: string): string {
  if (!existsSync(folder)) return '';
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.png'))
    .sort();
  const shown = names.filter((_, index) => {
    const slot = (of: number) => Math.floor((of * picturesShown) / names.length);
    return slot(index + 1) > slot(index);
  });
  return shown
    .map(
      (name) =>
        `<h3>${escapeHtml(name)}</h3><img alt="${escapeHtml(name)}" src="data:image/png;base64,${readFileSync(join(folder, name)).toString('base64')}">`,
    )
    .join('\n');
}
