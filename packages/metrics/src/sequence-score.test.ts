import { describe, expect, test } from '@jest/globals';
import { maximumReportedPsnr, scoreBlurred, scoreSequence, summarizeScores, type RgbImage } from './index.js';

/** A 16x16 image whose mean is `value`, with a pattern so that SSIM has something to see. */
function image(value: number): RgbImage {
  return {
    width: 16,
    height: 16,
    data: Float32Array.from({ length: 768 }, (_, i) => value + 0.05 * Math.sin(i)),
  };
}

const gt = [0.2, 0.4, 0.6, 0.8, 0.9].map(image);
/** Each frame 0.01 from its ground truth: 40 dB. */
const restored = [0.21, 0.41, 0.61, 0.81, 0.91].map(image);

describe('rule sequence', () => {
  test('a restored sequence and its reverse score the same, frame by frame', () => {
    const forward = scoreSequence(restored, gt);
    const backward = scoreSequence([...restored].reverse(), gt);
    expect(forward.reversed).toBe(false);
    expect(backward.reversed).toBe(true);
    expect(backward.psnr).toEqual(forward.psnr);
    expect(backward.ssim).toEqual(forward.ssim);
    for (const value of forward.psnr.perFrame) expect(value).toBeCloseTo(40, 3);
  });

  test('one order for the whole sequence: a frame that only fits reversed stays wrong', () => {
    const swapped = [0.2, 0.8, 0.6, 0.4, 0.9].map(image);
    const { psnr, reversed } = scoreSequence(swapped, gt);
    expect(reversed).toBe(false);
    expect(psnr.perFrame[1]).toBeCloseTo(-20 * Math.log10(0.4), 3);
    expect(scoreSequence(swapped, gt, 'per-frame').psnr.perFrame[1]).toBe(maximumReportedPsnr);
  });

  test('an exact tie is scored forward', () => {
    const still = gt.map(() => image(0.5));
    expect(scoreSequence(still, gt).reversed).toBe(false);
  });
});

test('per-frame is never below sequence', () => {
  const wrong = [0.5, 0.3, 0.6, 0.45, 0.3].map(image);
  const sequence = scoreSequence(wrong, gt, 'sequence');
  const perFrame = scoreSequence(wrong, gt, 'per-frame');
  sequence.psnr.perFrame.forEach((value, i) =>
    expect(perFrame.psnr.perFrame[i]).toBeGreaterThanOrEqual(value),
  );
  expect(perFrame.psnr.mean).toBeGreaterThan(sequence.psnr.mean);
});

test('a copy of the middle is not closer to the ends, whichever way round', () => {
  expect(scoreSequence(restored, gt).closerToOwn).toEqual({ first: true, last: true });
  expect(scoreSequence([...restored].reverse(), gt).closerToOwn).toEqual({ first: true, last: true });
  expect(
    scoreSequence(
      gt.map(() => image(0.6)),
      gt,
    ).closerToOwn,
  ).toEqual({ first: false, last: false });
  const stuckAtEnd = [...restored.slice(0, 4), image(0.65)];
  expect(scoreSequence(stuckAtEnd, gt).closerToOwn).toEqual({ first: true, last: false });
  const scored = [restored, stuckAtEnd].map((frames) => ({
    restored: scoreSequence(frames, gt),
    blurred: scoreBlurred(image(0.6), gt),
  }));
  expect(summarizeScores(scored).closerToOwn).toEqual({ first: 1, last: 0.5 });
  expect(scored[0]!.blurred.closerToOwn).toEqual({ first: false, last: false });
});

test('one frame alone is the middle, not the first or last of a sequence', () => {
  const alone = {
    restored: scoreSequence([restored[2]!], [gt[2]!]),
    blurred: scoreBlurred(image(0.6), [gt[2]!]),
  };
  expect(alone.restored.closerToOwn).toBeNull();
  expect(alone.blurred.closerToOwn).toBeNull();
  expect(summarizeScores([alone, alone]).closerToOwn).toBeNull();
});

test('identical frames count as 100 dB, so that means stay finite and JSON keeps them', () => {
  const score = scoreSequence([image(0.21), gt[1]!, gt[2]!, gt[3]!, gt[4]!], gt);
  expect(score.psnr.last).toBe(100);
  expect(score.psnr.mean).toBeCloseTo((40 + 4 * 100) / 5, 3);
});

test('rejects frames that do not pair up', () => {
  expect(() => scoreSequence(restored.slice(1), gt)).toThrow('an odd number, but received 4 and 5');
  expect(() => scoreSequence(restored.slice(1), gt.slice(1))).toThrow('an odd number, but received 4 and 4');
  expect(() => scoreSequence(restored, gt, 'best' as 'sequence')).toThrow(
    "Expected the rule 'sequence' or 'per-frame' but received 'best'",
  );
  expect(() => scoreSequence(restored, gt, {} as 'sequence')).toThrow(
    "Expected the rule 'sequence' or 'per-frame' but received a value of type object",
  );
});

test('names the frame that is none, or holds values that are not finite', () => {
  const damaged = image(0.6);
  damaged.data.fill(NaN, 0, 3);
  const notFinite = 'to hold finite values but 3 of 768 are not, the first NaN in column 0, row 0';
  for (const [call, message] of [
    [() => scoreSequence(restored.with(1, damaged), gt), `Expected restored frame 1 ${notFinite}`],
    [() => scoreSequence(restored, gt.with(2, damaged)), `Expected ground-truth frame 2 ${notFinite}`],
    [() => scoreBlurred(damaged, gt), `Expected the blurred image ${notFinite}`],
    [() => scoreSequence(undefined as never, gt), 'Expected a list of restored frames but received nothing'],
    [() => scoreSequence(restored, image(1) as never), 'Expected a list of ground-truth frames but received'],
    [() => scoreSequence(restored.with(4, {} as never), gt), 'Expected restored frame 4 as { width, height,'],
    [() => scoreBlurred('blur.png' as never, gt), 'Expected the blurred image as { width, height, data }'],
    [() => scoreBlurred(image(1), []), 'Expected an odd number of ground-truth frames but received 0'],
    [() => summarizeScores([{}] as never), 'Expected a list of samples as { restored, blurred }'],
    [() => summarizeScores(undefined as never), 'Expected a list of samples as { restored, blurred }'],
  ] as const) {
    expect(call).toThrow(message);
  }
});

describe('summarizeScores', () => {
  const blurred = image(0.6);
  const scored = (frames: RgbImage[]) => ({
    restored: scoreSequence(frames, gt),
    blurred: scoreBlurred(blurred, gt),
  });

  test('averages each ground-truth frame over the samples, reversed ones in their better order', () => {
    const twentyDecibels = gt.map((_, i) => image([0.2, 0.4, 0.6, 0.8, 0.9][i]! + 0.1));
    const report = summarizeScores([scored(restored), scored([...twentyDecibels].reverse())]);
    expect(report.samples).toBe(2);
    expect(report.rule).toBe('sequence');
    for (const value of [
      ...report.psnr.perFrame,
      report.psnr.first,
      report.psnr.middle,
      report.psnr.last,
      report.psnr.mean,
    ]) {
      expect(value).toBeCloseTo(30, 3);
    }
    expect(report.baseline.psnr.first).toBeCloseTo(-20 * Math.log10(0.4), 3);
    expect(report.baseline.psnr.middle).toBe(100);
    expect(report.ssim.mean).toBeGreaterThan(report.baseline.ssim.mean);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test('rejects an empty set and mixed lengths', () => {
    const short = {
      restored: scoreSequence(restored.slice(0, 3), gt.slice(0, 3)),
      blurred: scoreBlurred(blurred, gt.slice(0, 3)),
    };
    expect(() => summarizeScores([])).toThrow('Expected at least one scored sample but received none');
    expect(() => summarizeScores([scored(restored), short])).toThrow(
      'Expected one number of frames in all samples but received 5 and 3',
    );
  });
});

test('bytes are scored with their peak, refused by name without it', () => {
  const asBytes = (frames: RgbImage[]) =>
    frames.map((frame) => ({ ...frame, data: frame.data.map((value) => value * 255) }));
  const [restoredBytes, gtBytes, blurred] = [asBytes(restored), asBytes(gt), asBytes([image(0.6)])[0]!];
  expect(() => scoreSequence(restored, gtBytes)).toThrow(
    'Expected ground-truth frame 0 to hold values up to a peak of 1',
  );
  expect(() => scoreBlurred(blurred, gt)).toThrow(
    'Expected the blurred image to hold values up to a peak of 1',
  );
  const score = scoreSequence(restoredBytes, gtBytes, 'sequence', { peak: 255 });
  expect(score.psnr.mean).toBeCloseTo(40, 3);
  expect(score.ssim.mean).toBeCloseTo(scoreSequence(restored, gt).ssim.mean, 6);
  expect(scoreBlurred(blurred, gtBytes, { peak: 255 }).psnr.middle).toBe(maximumReportedPsnr);
});

test('an option that is none is refused', () => {
  const message = "Expected options among ssimWindow, peak, borderPixels but received 'window'";
  expect(() => scoreSequence(restored, gt, 'sequence', { window: 'uniform' } as never)).toThrow(message);
  expect(() => scoreBlurred(image(0.6), gt, { window: 'uniform' } as never)).toThrow(message);
});
