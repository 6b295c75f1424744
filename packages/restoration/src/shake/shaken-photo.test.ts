import { describe, expect, test } from '@jest/globals';
import { UnblurError } from '@unblur/files/file-error';
import { bentPath, blurredBy, pattern, psnrAtBestShift } from './shaken-pattern.test-tool.js';
import { restoreShaken } from './shaken-photo.js';

const truth = pattern(192, 160);
const shaken = blurredBy(truth, bentPath());

describe('a photograph taken with a shaking hand', () => {
  test('becomes sharp, by a path found from it alone', async () => {
    const shares: number[] = [];
    const { frame, kernel } = await restoreShaken(shaken, { onShare: (share) => shares.push(share) });
    expect([frame.width, frame.height]).toEqual([192, 160]);
    expect(psnrAtBestShift(frame, truth) - psnrAtBestShift(shaken, truth)).toBeGreaterThan(3);
    expect(kernel.data.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 10);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });

  test('is left when the signal says so', async () => {
    const stop = new AbortController();
    const restored = restoreShaken(shaken, {
      signal: stop.signal,
      onShare: (share) => share > 0.1 && stop.abort(new Error('enough')),
    });
    await expect(restored).rejects.toThrow('enough');
  });

  test('that is too small is refused', async () => {
    const small = pattern(63, 100);
    await expect(restoreShaken(small)).rejects.toThrow(UnblurError);
    await expect(restoreShaken(small)).rejects.toThrow('at least 64x64 pixels but received 63x100');
  });

  test('that is of one colour comes back as it is', async () => {
    const grey = { width: 64, height: 64, data: new Float32Array(64 * 64 * 3).fill(0.25) };
    const { frame } = await restoreShaken(grey);
    frame.data.forEach((value) => expect(value).toBeCloseTo(0.25, 4));
  });
});
