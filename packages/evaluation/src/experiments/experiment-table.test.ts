import { describe, expect, test } from '@jest/globals';
import type { Experiment } from './experiment.js';
import { formatTable, summarizeTrials } from './experiment-table.js';
import type { Trial } from './trial.js';

const scores = (perFrame: number[]) => ({
  perFrame,
  first: perFrame[0]!,
  middle: perFrame[1]!,
  last: perFrame[2]!,
  mean: perFrame.reduce((sum, value) => sum + value, 0) / 3,
});
const trial = (
  seed: number | null,
  psnr: number[],
  motion: Trial['scores'][string]['motion'] = null,
): Trial => ({
  seed,
  network:
    seed === null ? null : { parameters: 1234, multiplyAddsPerPixel: 5678.4, steps: 300, samples: 1200 },
  scores: {
    val: {
      samples: 4,
      rule: 'sequence',
      psnr: scores(psnr),
      ssim: scores([0.5, 0.5, 0.5]),
      closerToOwn: { first: 1, last: 1 },
      baseline: { psnr: scores(psnr), ssim: scores([0, 0, 0]) },
      motion,
    },
  },
});

const row = (name: string, paper = {}) => ({
  name,
  title: name.toUpperCase(),
  note: null,
  paper,
  origin: { kind: 'input' as const },
});
const experiment: Experiment = {
  name: 'table-9',
  title: 'Table 9',
  note: null,
  seeds: [1, 2, 3],
  sets: { val: { folder: 'val' } },
  evaluation: { val: 'turning cameras' },
  metrics: ['psnr'],
  figures: ['mean', 'per-frame'],
  rows: [row('input'), row('ours', { val: { psnr: { mean: 25.5 } } }), row('later')],
  paper: { place: 'Table 9', data: 'SUN360', finding: null },
};

describe('summarizeTrials', () => {
  const table = summarizeTrials(experiment, {
    input: [trial(null, [20, 22, 21])],
    ours: [trial(1, [21, 24, 21]), trial(2, [23, 24, 25]), trial(3, [22, 24, 23])],
  });
  const figureOf = (name: string, figure: string) =>
    table.rows.find((candidate) => candidate.name === name)!.cells.find((cell) => cell.figure === figure)!;

  test('takes mean and standard deviation over the seeds', () => {
    // Means over frames 22, 24 and 23; first frames 21, 23 and 22.
    expect(figureOf('ours', 'mean').ours).toEqual({ mean: 23, spread: 1 });
    expect(figureOf('ours', 'frame 0').ours).toEqual({ mean: 22, spread: 1 });
    expect(figureOf('ours', 'frame 1').ours).toEqual({ mean: 24, spread: 0 });
  });

  test('has no spread for a single trial, and nothing for a row that is not run', () => {
    expect(figureOf('input', 'mean').ours).toEqual({ mean: 21, spread: null });
    expect(figureOf('later', 'mean').ours).toBeNull();
  });

  test("puts the paper's figure beside ours, and says where it is not known", () => {
    expect(figureOf('ours', 'mean').paper).toBe(25.5);
    const markdown = formatTable(table, experiment);
    expect(markdown).toContain(
      '| OURS | 1,234 | 5,678 | 300 | 1,200 | 1, 2, 3 | 23.00 ± 1.00 / 25.5 | 22.00 ± 1.00 / ? |',
    );
    expect(markdown).toContain('| LATER | - | - | - | - | - | not run / ? |');
    expect(markdown).toContain('not a reproduction');
    expect(markdown).toContain('turning cameras: 4 samples as they are');
  });

  test('names the data of training, and says once if none of the figures is known', () => {
    const source = { kind: 'panorama' as const, folder: '/data/panoramas/train', sizePixels: 64, frames: 3 };
    const known = {
      ...experiment,
      rows: [{ ...row('ours'), origin: { kind: 'trained-as' as const, experiment: 'table-5', row: 'all' } }],
      sets: { ...experiment.sets, train: { source, count: 1200, seed: 7, format: 'shards' as const } },
    };
    const markdown = formatTable(summarizeTrials(known, { ours: [trial(1, [21, 24, 21])] }), known);
    expect(markdown).toContain(
      'Trained on 1,200 samples of 64x64, 3 frames, made from panoramas/train with seed 7.',
    );
    expect(markdown).toContain("The paper's figures (Table 9) are not known to us.");
    expect(markdown).toContain(
      '| OURS; trained as table-5/all | 1,234 | 5,678 | 300 | 1,200 | 1 | 22.00 | 21.00 |',
    );
  });

  test('says no number of samples in a folder that is only trained on', () => {
    const own = {
      ...experiment,
      rows: [{ ...row('ours'), origin: { kind: 'trained-as' as const, experiment: 'table-5', row: 'all' } }],
      sets: { ...experiment.sets, train: { folder: '/data/mine' } },
    };
    const markdown = formatTable(summarizeTrials(own, { ours: [trial(1, [21, 24, 21])] }), own);
    expect(markdown).toContain('Trained on samples as they are.');
  });

  test('has the error of the motion, where the network tells it', () => {
    const errors = (first: number, last: number) => ({
      perFrame: [first, 0, last],
      first,
      last,
      mean: (first + last) / 2,
    });
    const told = (first: number) => ({ found: errors(first, 1), still: errors(5, 5) });
    const own: Experiment = {
      ...experiment,
      paper: null,
      metrics: ['psnr', 'epe'],
      figures: ['first', 'middle', 'last'],
    };
    const markdown = formatTable(
      summarizeTrials(own, {
        input: [trial(null, [20, 22, 21])],
        ours: [trial(1, [21, 24, 21], told(2)), trial(2, [21, 24, 21], told(4))],
      }),
      own,
    );
    expect(markdown).toContain('| PSNR last | EPE first | EPE last |');
    expect(markdown).toContain('EPE in pixels: ');
    expect(markdown).toContain('| 21.00 ± 0.00 | 3.00 ± 1.41 | 1.00 ± 0.00 |');
    expect(markdown).toContain('| 22.00 | 21.00 | - | - |');
    expect(markdown).toContain('| not run | not run | not run | not run | not run |');
  });

  test('says nothing of a paper where there is none', () => {
    const own = { ...experiment, paper: null, rows: [row('ours')] };
    const markdown = formatTable(summarizeTrials(own, { ours: [trial(1, [21, 24, 21])] }), own);
    expect(markdown).not.toMatch(/paper|reproduction/);
    expect(markdown).toContain('standard deviation over seeds (n - 1).\n');
    expect(markdown).toContain('| OURS | 1,234 | 5,678 | 300 | 1,200 | 1 | 22.00 |');
  });
});
