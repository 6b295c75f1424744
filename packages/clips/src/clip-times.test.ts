import { afterAll, describe, expect, test } from '@jest/globals';
import {
  ffmpeg,
  hasFfmpegHere,
  makeNumbered,
  numberedFrames,
  openClipFolder,
  passNumbers,
  readNumbers,
} from './clip-passes.test-tool.js';

const { place, remove } = openClipFolder();
afterAll(remove);

const sound = ['-f', 'lavfi', '-i', 'sine=d=1.2', '-c:a', 'aac'];
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

(hasFfmpegHere ? describe : describe.skip)('every frame comes out once, at its time', () => {
  test('10 frames at 30 and 10 at 10 frames per second', async () => {
    const clip = makeNumbered(place('two-rates.mp4'), 20, 'if(lt(N,10),N/30,10/30+(N-10)/10)');
    expect(readNumbers(clip).timesSeconds.at(-1)).toBeCloseTo(10 / 30 + 0.9, 3);
    const { after, movedSeconds } = await passNumbers(clip, place('two-rates-out.mp4'));
    expect(after).toEqual(upTo(20));
    expect(movedSeconds).toBeLessThan(0.001);
  });

  test('a picture that begins after the sound, in a format whose clock starts anywhere', async () => {
    const clip = makeNumbered(place('late.ts'), 12, 'N/25+0.5', sound);
    const { after } = await passNumbers(clip, place('late-out.mp4'));
    expect(after).toEqual(upTo(12));
    // The sound begins with a frame of 1024 samples that primes its decoder.
    expect(Math.abs(readNumbers(place('late-out.mp4')).timesSeconds[0]! - (0.5 + 1024 / 44100))).toBeLessThan(
      0.001,
    );
  });

  test('what an edit list leaves of a clip that was cut without decoding', async () => {
    const { input } = numberedFrames(20, 'N/25');
    ffmpeg(...input, ...sound, '-c:v', 'libx264', '-g', '8', '-keyint_min', '8', place('whole.mp4'));
    ffmpeg('-ss', '0.24', '-t', '0.4', '-i', place('whole.mp4'), '-c', 'copy', place('cut.mp4'));
    const { before, after, movedSeconds } = await passNumbers(place('cut.mp4'), place('cut-out.mp4'));
    expect(before[0]).toBe(6);
    expect(after).toEqual(before);
    expect(movedSeconds).toBeLessThan(0.001);
  });
});
