import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MetricsLog, readMetrics } from './metrics-log.js';
import type { StepRow } from './metrics-log.js';

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'unblur-metrics-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const row = (step: number): StepRow => ({ kind: 'step', step, loss: { total: 1 / step }, learningRate: 1e-3, gradientNorm: 2, samplesPerSecond: 3, dataWaitShare: 0 });

test('a resumed log drops the steps after the checkpoint and a line that was cut short', () => {
  const file = join(folder, 'metrics.jsonl');
  const log = new MetricsLog(file, 0);
  for (const step of [1, 2, 3]) log.append(row(step));
  appendFileSync(file, '{"kind":"step","st');
  expect(readMetrics(file).map(({ step }) => step)).toEqual([1, 2, 3]);
  new MetricsLog(file, 2).append(row(3));
  expect(readMetrics(file)).toEqual([row(1), row(2), row(3)]);
});
