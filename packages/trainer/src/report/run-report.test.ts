import { describe, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MetricsLog } from '../loop/metrics-log.js';
import { lineChart } from './line-chart.js';
import { writeRunReport } from './run-report.js';
import { newFolder } from '../new-folder.test-tool.js';

describe('lineChart', () => {
  test('puts the extremes on the edges of the plot', () => {
    const points = [
      [0, 10],
      [5, 20],
      [10, 10],
    ] as const;
    const svg = lineChart('t', [{ name: 'a', points }]);
    expect(svg).toContain('points="64.0,224.0 346.0,28.0 628.0,224.0"');
  });

  test('writes the name of a series in the colour of its line, whatever the stylesheet says of words', () => {
    const points = [
      [0, 1],
      [1, 2],
    ] as const;
    const series = ['first', 'last'].map((name) => ({ name, points }));
    const svg = lineChart('t', series);
    const lineColors = [...svg.matchAll(/<polyline [^>]*stroke="(#\w+)"/g)].map(([, color]) => color);
    const nameColors = [...svg.matchAll(/style="fill:(#\w+)">(?:first|last)</g)].map(([, color]) => color);
    expect(nameColors).toEqual(lineColors);
    expect(new Set(lineColors).size).toBe(2);
  });

  test('averages long series, escapes names and is empty without points', () => {
    const points = Array.from({ length: 6000 }, (_, index) => [index, index % 2] as const);
    const svg = lineChart('t', [{ name: '<b>', points }]);
    expect(svg).toContain('&lt;b&gt;');
    expect(svg.split(',').length).toBeLessThan(700);
    expect(lineChart('t', [{ name: 'a', points: [] }])).toBe('');
  });
});

describe('writeRunReport', () => {
  const folder = newFolder();

  test('is one page that refers to nothing outside itself', () => {
    const figures = { first: 25, middle: 26, last: 25.5, mean: 25.5 };
    const log = new MetricsLog(join(folder, 'metrics.jsonl'), 0);
    for (const step of [1, 2]) {
      log.append({
        kind: 'step',
        step,
        loss: { total: 1 / step, photometric: 1 },
        learningRate: 1e-3,
        gradientNorm: 2,
        samplesPerSecond: 3,
        dataWaitShare: 0,
      });
    }
    log.append({
      kind: 'validation',
      step: 2,
      samples: 4,
      psnr: figures,
      gain: { first: 1, middle: 0.5, last: 1, mean: 0.83 },
      ssim: figures,
      motion: {
        found: { first: 3, last: 3.5, mean: 3.25 },
        still: { first: 6, last: 6, mean: 6 },
      },
      best: true,
    });
    mkdirSync(join(folder, 'samples'));
    writeFileSync(join(folder, 'samples', 'step-0000002.png'), 'pixels');
    writeFileSync(join(folder, 'run.yaml'), 'steps: 2 # <here>\n');

    const page = readFileSync(writeRunReport(folder), 'utf8');
    expect(page).toContain('mean PSNR 25.50 dB, 0.83 dB above the blurred image, over 4 samples');
    expect(page).toContain('loss: photometric');
    expect(page).toContain('<th>motion error (px)</th>');
    expect(page).toContain('<td>3.25</td></tr>');
    expect(page).toContain('motion error in validation (pixels)');
    expect(page).toContain(Buffer.from('pixels').toString('base64'));
    expect(page).toContain('steps: 2 # &lt;here&gt;');
    expect(page).not.toMatch(/(src|href)="(?!data:)/);

    // While samples are made on the device, the log grows there.
    mkdirSync(join(folder, 'results'));
    renameSync(join(folder, 'metrics.jsonl'), join(folder, 'results', 'metrics.jsonl'));
    expect(readFileSync(writeRunReport(folder), 'utf8')).toBe(page);
  });

  test('says nothing of motion where none was scored', () => {
    const run = join(folder, 'plain');
    mkdirSync(run);
    const figures = { first: 25, middle: 26, last: 25.5, mean: 25.5 };
    const row = {
      kind: 'validation',
      step: 2,
      samples: 4,
      psnr: figures,
      gain: figures,
      ssim: figures,
    } as const;
    new MetricsLog(join(run, 'metrics.jsonl'), 0).append({ ...row, best: true });
    expect(readFileSync(writeRunReport(run), 'utf8')).not.toContain('motion');
  });

  test('of a folder without a run is refused', () => {
    expect(() => writeRunReport(join(folder, 'samples'))).toThrow('has no metrics.jsonl');
  });
});
