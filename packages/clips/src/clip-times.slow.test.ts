import { afterAll, describe, expect, test } from '@jest/globals';
import { ffmpeg, hasFfmpegHere, makeNumbered, openClipFolder, passNumbers } from './clip-passes.test-tool.js';

const { place, remove } = openClipFolder();
afterAll(remove);

const sound = ['-f', 'lavfi', '-i', 'sine=d=1.2', '-c:a', 'aac'];
const twoRates = 'if(lt(N,10),N/30,10/30+(N-10)/10)';
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

(hasFfmpegHere ? describe : describe.skip)('every frame comes out once, at its time', () => {
  test.each([
    { what: 'a gap', time: 'N/30+0.71*gt(N,7)', from: 'gap.mov', to: 'gap-out.mp4' },
    { what: 'a late start with sound', time: 'N/30+0.5', more: sound, from: 'late.mp4', to: 'late-out.mp4' },
    {
      what: 'a late start in Matroska',
      time: 'N/30+0.5',
      more: sound,
      from: 'late.mkv',
      to: 'late-out.webm',
    },
    { what: 'broadcast rate', time: 'N*1001/30000', more: sound, from: 'ntsc.mp4', to: 'ntsc-out.mkv' },
    {
      what: 'times that waver as those of phones',
      time: 'N/30+0.004*sin(N*N)',
      more: sound,
      from: 'phone.mp4',
      to: 'phone-out.mp4',
    },
    {
      what: 'two rates to a transport stream',
      time: twoRates,
      more: sound,
      from: 'two.mp4',
      to: 'two-out.ts',
    },
  ])('$what', async ({ time, more, from, to }) => {
    const { before, after, movedSeconds } = await passNumbers(
      makeNumbered(place(from), 20, time, more),
      place(to),
    );
    expect(before).toEqual(upTo(20));
    expect(after).toEqual(before);
    expect(movedSeconds).toBeLessThan(0.001);
  });

  test.each([
    {
      what: 'VP9 with frames that are never shown',
      name: 'hidden.webm',
      codec: ['-c:v', 'libvpx-vp9', '-b:v', '1M', '-auto-alt-ref', '1', '-lag-in-frames', '16'],
    },
    { what: 'MPEG-2', name: 'program.mpg', codec: ['-c:v', 'mpeg2video', '-q:v', '2', '-bf', '2'] },
    {
      what: 'MPEG-4 in AVI, which has no times',
      name: 'old.avi',
      codec: ['-c:v', 'mpeg4', '-bf', '2', '-q:v', '2'],
    },
    { what: 'H.264 without a container', name: 'bare.h264', codec: ['-c:v', 'libx264', '-bf', '2'] },
  ])('$what', async ({ name, codec }) => {
    ffmpeg('-i', makeNumbered(place(`${name}.mkv`), 20, 'N/25'), ...codec, place(name));
    const { before, after, timesSeconds: times } = await passNumbers(place(name), place(`${name}.mp4`));
    expect(before).toEqual(upTo(20));
    expect(after).toEqual(before);
    times.forEach((time, index) => expect(Math.abs(time - times[0]! - index / 25)).toBeLessThan(0.001));
  });
});
