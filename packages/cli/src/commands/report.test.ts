import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { expectOneLine, openWorkplace } from '../unblur-command.test-tool.js';

const { folder, write, unblur } = openWorkplace();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('unblur report', () => {
  test('writes one page about a run and says where it is', () => {
    mkdirSync(join(folder, 'run'));
    write(
      'run/metrics.jsonl',
      '{"kind":"step","step":1,"loss":{"total":0.25},"learningRate":0.001,"gradientNorm":1,"samplesPerSecond":2,"dataWaitShare":0}\n',
    );
    const { code, stdout } = unblur(['report', 'run']);
    expect(code).toBe(0);
    expect(stdout.trim()).toBe(join('run', 'report.html'));
    expect(readFileSync(join(folder, 'run', 'report.html'), 'utf8')).toContain('loss: total');
  });

  test('wants the folder of a run', () => {
    expectOneLine(unblur(['report', 'nowhere']), /has no metrics\.jsonl/);
  });
});
