import type { FrameScores } from '@unblur/metrics';
import type { Experiment, ExperimentFigure, ExperimentMetric, ExperimentRow } from './experiment.js';
import type { TrainedNetwork } from './row-network.js';
import type { SetScores, Trial } from './trial.js';

/** A figure over the seeds of a row. */
export interface SeedFigure {
  mean: number;
  /** Standard deviation over the seeds (n - 1); `null` for a single one. */
  spread: number | null;
}

export interface TableCell {
  set: string;
  metric: ExperimentMetric;
  /** `first`, `middle`, `last`, `mean`, or `frame 0` and so on. */
  figure: string;
  /** `null`: not run, or there is none: not every network tells motion. */
  ours: SeedFigure | null;
  /** `null`: not known to us. */
  paper: number | null;
}

export interface TableRow {
  name: string;
  title: string;
  note: string | null;
  /** Seeds that are done; empty where nothing was trained. */
  seeds: number[];
  network: TrainedNetwork | null;
  cells: TableCell[];
}

/** What an experiment came to, as plain JSON. */
export interface ExperimentTable {
  name: string;
  title: string;
  note: string | null;
  paper: Experiment['paper'];
  /** Samples in each evaluated set. */
  samples: Record<string, number>;
  rows: TableRow[];
}

/** The table of an experiment. @param trials those that are done, by the name of the row. */
export function summarizeTrials(
  experiment: Experiment,
  trials: Record<string, readonly Trial[]>,
): ExperimentTable {
  const { name, title, note, paper } = experiment;
  const done = Object.values(trials).flat();
  const columns = columnsOf(experiment, done);
  const rows = experiment.rows.map((row) => {
    const own = trials[row.name] ?? [];
    return {
      name: row.name,
      title: row.title,
      note: row.note,
      seeds: own.flatMap(({ seed }) => seed ?? []),
      network: own[0]?.network ?? null,
      cells: columns.map((column) => ({
        ...column,
        ours: overSeeds(own.flatMap(({ scores }) => figureOf(scores[column.set]!, column) ?? [])),
        paper: paperFigure(row, column),
      })),
    };
  });
  const samples = Object.fromEntries(
    Object.keys(experiment.evaluation).flatMap((set) =>
      done[0] ? [[set, done[0].scores[set]!.samples]] : [],
    ),
  );
  return { name, title, note, paper, samples, rows };
}

/** The table as Markdown, the paper's figure beside ours. */
export function formatTable(
  table: ExperimentTable,
  { evaluation, sets, rows }: Pick<Experiment, 'evaluation' | 'sets' | 'rows'>,
): string {
  const columns = table.rows[0]!.cells;
  const paperIsKnown = table.rows.some(({ cells }) => cells.some(({ paper }) => paper !== null));
  const trainingSets = Object.keys(sets).filter((set) => !(set in evaluation));
  const severalSets = Object.keys(evaluation).length > 1;
  const heading = ({ set, metric, figure }: TableCell) =>
    `${severalSets ? `${evaluation[set]}: ` : ''}${metric.toUpperCase()} ${figure}`;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const lines = [
    `# ${table.title}`,
    '',
    ...trainingSets.map((set) => `Trained on ${describeSamples(undefined, sets[set])}.`),
    ...Object.entries(evaluation).map(
      ([set, description]) =>
        `Evaluated on ${description}: ${describeSamples(table.samples[set], sets[set])}.`,
    ),
    ...describePaper(table.paper),
    ...(table.note === null ? [] : [table.note]),
    '',
    `PSNR in dB, each sample's whole sequence in its better order; mean ± standard deviation over seeds (n - 1).${describeMotionFigures(columns)}${describePaperFigures(table.paper, paperIsKnown)}`,
    '',
    line(['', 'parameters', 'multiply-adds per pixel', 'steps', 'samples', 'seeds', ...columns.map(heading)]),
    line(['---', ...Array.from({ length: columns.length + 5 }, () => '---:')]),
    ...table.rows.map(({ name, title, note, network, seeds, cells }) =>
      line([
        [
          title,
          ...remarks(
            rows.find((row) => row.name === name)!,
            note,
          ),
        ].join('; '),
        describeCount(network?.parameters),
        describeCount(network?.multiplyAddsPerPixel && Math.round(network.multiplyAddsPerPixel)),
        describeCount(network?.steps),
        describeCount(network?.samples),
        seeds.join(', ') || '-',
        ...cells.map(
          ({ ours, paper, metric }) =>
            describeFigure(ours, metric, wasRun(cells)) + (paperIsKnown ? ` / ${paper ?? '?'}` : ''),
        ),
      ]),
    ),
    '',
  ];
  return lines.join('\n');
}

function describePaper(paper: Experiment['paper']): string[] {
  if (paper === null) return [];
  return [
    `The paper's data: ${paper.data}. These are small runs on other data: a comparison among themselves, not a reproduction.`,
    ...(paper.finding === null ? [] : [`The paper finds: ${paper.finding}.`]),
  ];
}

function describeMotionFigures(columns: readonly TableCell[]): string {
  return columns.some(({ metric }) => metric === 'epe')
    ? ' EPE in pixels: the mean end-point error of the motion found from the middle frame; of the photograph itself, that of no motion.'
    : '';
}

/** What follows the sentence on our figures. */
function describePaperFigures(paper: Experiment['paper'], areKnown: boolean): string {
  const place = paper === null ? '' : ` (${paper.place})`;
  if (areKnown) return ` After the stroke the paper's figure${place}, "?" where it is not known to us.`;
  return paper === null ? '' : ` The paper's figures${place} are not known to us.`;
}

type Column = Pick<TableCell, 'set' | 'metric' | 'figure'>;

function columnsOf({ evaluation, metrics, figures }: Experiment, done: readonly Trial[]): Column[] {
  const frames = (set: string, figure: ExperimentFigure): string[] => {
    if (figure !== 'per-frame') return [figure];
    return (done[0]?.scores[set]!.psnr.perFrame ?? []).map((_, frame) => `frame ${frame}`);
  };
  return Object.keys(evaluation).flatMap((set) =>
    metrics.flatMap((metric) =>
      figures
        // Motions are those from the middle frame.
        .filter((figure) => metric !== 'epe' || figure !== 'middle')
        .flatMap((figure) => frames(set, figure).map((name) => ({ set, metric, figure: name }))),
    ),
  );
}

/** Of a set; none where the network does not tell motion. */
function figureOf({ psnr, ssim, motion }: SetScores, { metric, figure }: Column): number | undefined {
  const scores: Partial<FrameScores> | undefined = { psnr, ssim, epe: motion?.found }[metric];
  const [, frame] = /^frame (\d+)$/.exec(figure) ?? [];
  return frame === undefined
    ? scores?.[figure as 'first' | 'middle' | 'last' | 'mean']
    : scores?.perFrame?.[Number(frame)];
}

function paperFigure({ paper }: ExperimentRow, { set, metric, figure }: Column): number | null {
  return paper[set]?.[metric]?.[figure] ?? null;
}

function overSeeds(values: readonly number[]): SeedFigure | null {
  if (values.length === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, spread: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null };
}

const wasRun = (cells: readonly TableCell[]): boolean => cells.some(({ ours }) => ours !== null);

function describeFigure(figure: SeedFigure | null, metric: ExperimentMetric, isRun: boolean): string {
  if (figure === null) return isRun ? '-' : 'not run';
  const digits = metric === 'ssim' ? 4 : 2;
  return figure.mean.toFixed(digits) + (figure.spread === null ? '' : ` ± ${figure.spread.toFixed(digits)}`);
}

function describeCount(count: number | null | undefined): string {
  return count === null || count === undefined ? '-' : count.toLocaleString('en-US');
}

const describeSampleCount = (count: number | undefined): string =>
  `${describeCount(count)} ${count === 1 ? 'sample' : 'samples'}`;

/** Such as `1,200 samples of 64x64, 3 frames, made from panoramas/train with seed 1`. */
function describeSamples(count: number | undefined, set: Experiment['sets'][string] | undefined): string {
  if (!set || !('source' in set)) {
    return `${count === undefined ? 'samples' : describeSampleCount(count)} as they are`;
  }
  const { sizePixels, frames, folder } = set.source as { sizePixels: number; frames: number; folder: string };
  const place = folder.split(/[\\/]/).slice(-2).join('/');
  return `${describeSampleCount(count ?? set.count)} of ${sizePixels}x${sizePixels}, ${frames} frames, made from ${place} with seed ${set.seed}`;
}

function remarks({ origin }: ExperimentRow, note: string | null): string[] {
  return [
    ...(origin.kind === 'trained-as' ? [`trained as ${origin.experiment}/${origin.row}`] : []),
    ...(note === null ? [] : [note]),
  ];
}
