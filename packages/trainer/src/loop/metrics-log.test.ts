import { expect, test } from '@jest/globals';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MetricsLog, readMetrics } from './metrics-log.js';
import { readEvents } from '../tensorboard/event-reader.test-tool.js';
import type { StepRow, ValidationRow } from './metrics-log.js';
import { newFolder } from '../new-folder.test-tool.js';

const folder = newFolder();

const row = (step: number): StepRow => ({
  kind: 'step',
  step,
  loss: { total: 1 / step },
  learningRate: 1e-3,
  gradientNorm: 2,
  samplesPerSecond: 3,
  dataWaitShare: 0,
});

const figure = { first: 1, middle: 2, last: 3, mean: 2.5 };
const validation: ValidationRow = {
  kind: 'validation',
  step: 1,
  samples: 4,
  psnr: figure,
  gain: figure,
  ssim: figure,
  motion: { found: { first: 1, last: 2, mean: 1.5 }, still: { first: 3, last: 3, mean: 3 } },
  best: true,
};

test('a resumed log drops the steps after the checkpoint and a line that was cut short', () => {
  const file = join(folder, 'metrics.jsonl');
  const log = new MetricsLog(file, 0);
  for (const step of [1, 2, 3]) log.append(row(step));
  appendFileSync(file, '{"kind":"step","st');
  expect(readMetrics(file).map(({ step }) => step)).toEqual([1, 2, 3]);
  new MetricsLog(file, 2).append(row(3));
  expect(readMetrics(file)).toEqual([row(1), row(2), row(3)]);
});

test('lines that are no rows are left out', () => {
  const file = join(folder, 'damaged.jsonl');
  const damaged: unknown[] = [
    null,
    7,
    [],
    {},
    { ...row(1), kind: 'stop' },
    { ...row(1), step: '1' },
    { ...row(1), step: -1 },
    { ...row(1), step: 1e300 },
    { ...row(1), loss: null },
    { ...row(1), loss: { total: 'a' } },
    { ...row(1), gradientNorm: null },
  ];
  const damagedValidations = ['samples', 'psnr', 'gain', 'ssim', 'motion'].flatMap((field) =>
    [null, [], { first: 1 }].map((value) => ({ ...validation, [field]: value })),
  );
  writeFileSync(
    file,
    [
      row(1),
      ...damaged,
      ...damagedValidations,
      validation,
      { kind: 'setback', step: 2 },
      { kind: 'setback', step: 2, rateFactor: 0.5 },
    ]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(''),
  );
  expect(readMetrics(file)).toEqual([row(1), validation, { kind: 'setback', step: 2, rateFactor: 0.5 }]);
});

test('every figure of a row is an event, by its place in the row', () => {
  const run = join(folder, 'run');
  mkdirSync(run);
  const log = new MetricsLog(join(run, 'metrics.jsonl'), 0);
  log.append(row(1));
  log.append(validation);
  const [step, validated] = readEvents(run);
  expect(step!.scalars).toEqual({
    'loss/total': 1,
    learningRate: Math.fround(1e-3),
    gradientNorm: 2,
    samplesPerSecond: 3,
    dataWaitShare: 0,
  });
  expect(validated!.scalars).toMatchObject({
    'validation/psnr/first': 1,
    'validation/psnr/middle': 2,
    'validation/psnr/last': 3,
    'validation/ssim/mean': 2.5,
    'validation/gain/mean': 2.5,
    'validation/motion/found/first': 1,
    'validation/motion/found/mean': 1.5,
    'validation/motion/still/mean': 3,
  });
});

test('a run from before there were events gets those of the steps it keeps', () => {
  const run = join(folder, 'old');
  mkdirSync(run);
  writeFileSync(
    join(run, 'metrics.jsonl'),
    [1, 2, 3].map((step) => `${JSON.stringify(row(step))}\n`).join(''),
  );
  new MetricsLog(join(run, 'metrics.jsonl'), 2).append(row(3));
  expect(readEvents(run).map(({ step }) => step)).toEqual([1, 2, 3]);
});
