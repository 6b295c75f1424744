import { expect, test } from '@jest/globals';
import { FrameTimes } from './frame-times.js';

test.each([
  ['Linux and macOS', '0x55d0c8a1b2c0', ''],
  ['Windows', '000002034c4359c0', '\r'],
])('learns time, size and pixel shape of a frame from ffmpeg on %s', async (_system, address, lineEnd) => {
  const times = new FrameTimes('1/1000', 0.04);
  const part = `[Parsed_showinfo_0 @ ${address}] [info]`;
  times.read(`${part} config in time_base: 1/90000, frame_rate: 25/1${lineEnd}`);
  times.read(`${part} n:   0 pts:  45000 pts_time:0.5 fmt:yuv420p sar:32/27 s:720x480 i:P${lineEnd}`);
  times.end();
  expect(await times.next()).toEqual({
    timeSeconds: 0.5,
    width: 720,
    height: 480,
    sampleAspectRatio: '32:27',
  });
  expect(await times.next()).toBeUndefined();
});
