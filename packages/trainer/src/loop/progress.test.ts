import { expect, test } from '@jest/globals';
import { Progress, formatDuration } from './progress.js';

function stream(isTTY: boolean) {
  const written: string[] = [];
  return {
    written,
    stream: { isTTY, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream,
  };
}

test('durations in the two largest units', () => {
  expect([12.4, 200, 7500].map(formatDuration)).toEqual(['12 s', '3 min 20 s', '2 h 5 min']);
});

test('a terminal gets one line that is drawn over', () => {
  const { written, stream: terminal } = stream(true);
  const progress = new Progress(10, 0, terminal);
  progress.update(5, 'loss 1');
  expect(written[0]).toMatch(/^\r.*█{12}░{12} step 5\/10 {2}loss 1 {2}\d+ s left$/);
});

test('elsewhere plain lines come now and then, and always at the end', () => {
  const { written, stream: file } = stream(false);
  const progress = new Progress(10, 0, file);
  for (let step = 1; step <= 10; step++) progress.update(step, 'loss 1');
  expect(written.map((line) => line.slice(0, 10))).toEqual(['step 1/10 ', 'step 10/10']);
  expect(written[0]!.endsWith('\n')).toBe(true);
});
