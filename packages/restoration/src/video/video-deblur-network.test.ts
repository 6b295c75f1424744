import { describe, expect, test } from '@jest/globals';
import { averageReconstructions, type VideoDeblurSessions } from './video-deblur-network.js';

const [width, height] = [5, 3];
const numbered = (channels: number, first: number) =>
  Float32Array.from({ length: width * height * channels }, (_, i) => first + i);
const [previous, centre, next] = [numbered(3, 100), numbered(3, 300), numbered(3, 700)];
const [toPrevious, toNext] = [numbered(2, 1000), numbered(2, 2000)];

/** The averaged reconstruction of a network that computes a value for each pixel and channel. */
async function average(
  value: (pixel: number, channel: number, inputs: Parameters<VideoDeblurSessions['reconstruct']>) => number,
): Promise<Float32Array> {
  const results = numbered(3, 0);
  const sessions: VideoDeblurSessions = {
    width,
    height,
    pyramidLengths: [],
    describe: () => Promise.reject(new Error('not asked for')),
    match: () => Promise.reject(new Error('not asked for')),
    reconstruct: async (...inputs) => results.map((_, i) => value(Math.floor(i / 3), i % 3, inputs)),
  };
  return averageReconstructions(sessions).reconstruct(previous, centre, next, toPrevious, toNext);
}

describe('averageReconstructions', () => {
  test('leaves what commutes with mirroring as it is', async () => {
    expect(
      await average(
        (pixel, channel, [before, middle, after]) =>
          before[3 * pixel + channel]! - middle[3 * pixel + channel]! + after[3 * pixel + channel]! / 4,
      ),
    ).toEqual(centre.map((value, i) => previous[i]! - value + next[i]! / 4));
  });

  test('takes what tells left from right away: the neighbour to the left becomes the mean of both neighbours', async () => {
    const sharp = await average((pixel, channel, [, middle]) =>
      pixel % width === 0 ? 0 : middle[3 * (pixel - 1) + channel]!,
    );
    const [pixel, channel] = [width + 2, 1];
    expect(sharp[3 * pixel + channel]).toBe(
      (centre[3 * (pixel - 1) + channel]! + centre[3 * (pixel + 1) + channel]!) / 2,
    );
  });

  test('turns flows to the other side, each at its own place: their horizontal part cancels, the vertical stays', async () => {
    const dx = await average((pixel, _channel, [, , , toBefore]) => toBefore[2 * pixel]!);
    const dy = await average((pixel, _channel, [, , , , toAfter]) => toAfter[2 * pixel + 1]!);
    for (let pixel = 0; pixel < width * height; pixel++) {
      expect(dx[3 * pixel]).toBe(0);
      expect(dy[3 * pixel]).toBe(toNext[2 * pixel + 1]);
    }
  });
});
