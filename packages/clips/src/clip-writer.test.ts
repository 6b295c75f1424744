import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { UnblurError } from '@unblur/files';
import { ffmpeg, hasFfmpegHere, makeNumbered, openClipFolder } from './clip-passes.test-tool.js';
import {
  codingOfFrames,
  containerOf,
  openClipWriter,
  probeClip,
  readClip,
  type ClipWriter,
  type TimedFrame,
} from './index.js';

const { place, remove } = openClipFolder();
afterAll(remove);

/** A grey frame. */
function grey(width: number, height: number, value: number, timeSeconds: number): TimedFrame {
  return { width, height, data: new Float32Array(width * height * 3).fill(value), timeSeconds };
}

const open = (name: string, signal?: AbortSignal): Promise<ClipWriter> =>
  openClipWriter(place(name), name, containerOf(name)!, codingOfFrames(10), undefined, { signal });

/** The grey in the middle of each frame of a clip, in tenths of white. */
function greysOf(name: string): number[] {
  const bytes = ffmpeg('-i', place(name), '-vf', 'crop=2:2', '-f', 'rawvideo', '-pix_fmt', 'gray', '-');
  return [...bytes].filter((_, index) => index % 4 === 0).map((value) => Math.round(value / 25.5));
}

test.each([0, -1, NaN, Infinity, 0.0001])('a rate of %p is refused', (rate) => {
  expect(() => codingOfFrames(rate)).toThrow(
    `Expected a rate of at least 0.001 frames per second but received ${rate}`,
  );
});

test.each([
  [0.001, '1/1000'],
  [25, '25000/1000'],
  [29.97, '30000/1001'],
])('a rate of %p is written as %p', (rate, frameRate) => {
  expect(codingOfFrames(rate)).toMatchObject({
    frameRate,
    timeBase: frameRate.split('/').reverse().join('/'),
  });
});

(hasFfmpegHere ? describe : describe.skip)('a clip that is written', () => {
  test('has the frames of calls that do not wait for each other, in the order of the calls', async () => {
    const writer = await open('at-once.mp4');
    // Of more bytes than a pipe takes at once.
    await Promise.all([0, 2, 4, 6, 8].map((tenths, i) => writer.write(grey(640, 480, tenths / 10, i / 10))));
    await writer.finish();
    expect(greysOf('at-once.mp4')).toEqual([0, 2, 4, 6, 8]);
  });

  test('has the frames that were still being written when it was finished', async () => {
    const writer = await open('unawaited.mp4');
    const writes = [2, 4, 6].map((tenths, i) => writer.write(grey(640, 480, tenths / 10, i / 10)));
    await writer.finish();
    await Promise.all(writes);
    expect(greysOf('unawaited.mp4')).toEqual([2, 4, 6]);
  });

  test('refuses frames that are none, names both sizes, and goes on with the others', async () => {
    const writer = await open('sizes.mp4');
    const refusals: [TimedFrame, string][] = [
      [
        grey(32, 24, 0.5, 0.1),
        'Expected frames of one size for sizes.mp4, 64x48 like the first, but received one of 32x24; scale it first',
      ],
      [
        { ...grey(64, 48, 0.5, 0.1), data: new Float32Array(64 * 48) },
        'Expected a frame for sizes.mp4 with its 9216 RGB values (48 x 64 x 3) as `data` but received 3072',
      ],
      [
        { width: 64, height: 48, timeSeconds: 0.1 } as TimedFrame,
        'Expected a frame for sizes.mp4 with its 9216 RGB values (48 x 64 x 3) as `data` but received none',
      ],
      [
        grey(64, 48, 0.5, NaN),
        'Expected a frame for sizes.mp4 with the time at which it is shown, in seconds, but received NaN',
      ],
      [
        { ...grey(64, 48, 0.5, 0), timeSeconds: undefined } as unknown as TimedFrame,
        'Expected a frame for sizes.mp4 with the time at which it is shown, in seconds, but received nothing',
      ],
    ];
    await writer.write(grey(64, 48, 0.4, 0));
    for (const [frame, message] of refusals) {
      await expect(writer.write(frame)).rejects.toMatchObject({ name: 'UnblurError', message });
    }
    await writer.write(grey(64, 48, 0.6, 0.2));
    await writer.finish();
    expect(greysOf('sizes.mp4')).toEqual([4, 6]);
    const other = await open('half.mp4');
    await expect(other.write({ ...grey(2, 2, 0, 0), width: 1.5 })).rejects.toThrow(
      'Expected a frame of whole pixels for half.mp4 but received one of 1.5x2',
    );
    await other.abort();
  });

  test('takes no frame once it is finished, and then stays as it is', async () => {
    const writer = await open('finished.mp4');
    await writer.write(grey(64, 48, 0.5, 0));
    await writer.finish();
    const message =
      'Expected frames for finished.mp4 before it was finished; open another writer for another clip';
    await expect(writer.write(grey(64, 48, 0.5, 0.1))).rejects.toMatchObject({
      name: 'UnblurError',
      message,
    });
    await expect(writer.finish()).rejects.toMatchObject({ name: 'UnblurError', message });
    await writer.abort();
    expect(greysOf('finished.mp4')).toEqual([5]);
  });

  test('says so at once where the system ends ffmpeg, not after all frames', async () => {
    const writer = await open('ended.mp4');
    await writer.write(grey(64, 48, 0.5, 0));
    expect(spawnSync('pkill', ['-KILL', '-P', String(process.pid), 'ffmpeg']).status).toBe(0);
    const writeMany = async () => {
      for (let index = 1; index < 1000; index++) await writer.write(grey(64, 48, 0.5, index / 10));
    };
    await expect(writeMany()).rejects.toThrow('ffmpeg could not write the clip (it was ended by SIGKILL)');
    await writer.abort();
  });

  test('takes no frame once it is aborted, and leaves nothing of itself', async () => {
    const original = makeNumbered(place('original.mp4'), 3, 'N/10');
    const facts = await probeClip(original);
    const before = readdirSync(place('.'));
    for (const clip of [undefined, { path: original, facts }]) {
      const name = 'aborted.mkv';
      const writer = await openClipWriter(place(name), name, containerOf(name)!, codingOfFrames(10), clip);
      await writer.write(grey(64, 48, 0.5, 0));
      await writer.abort();
      for (const attempt of [writer.write(grey(64, 48, 0.5, 0.1)), writer.finish()]) {
        await expect(attempt).rejects.toThrow('Expected frames for aborted.mkv before it was aborted');
      }
      expect(readdirSync(place('.'))).toEqual(before);
    }
  });

  test('leaves a file of its name alone where it is aborted before the first frame', async () => {
    writeFileSync(place('mine.mp4'), 'mine');
    await (await open('mine.mp4')).abort();
    expect(existsSync(place('mine.mp4'))).toBe(true);
  });
});

(hasFfmpegHere ? test : test.skip)("an abort throws the signal's reason, whatever is at work", async () => {
  const clip = makeNumbered(place('aborting.mp4'), 20, 'N/10');
  const facts = await probeClip(clip);
  const choice = { hdr: 'keep' as const, deinterlace: true };
  for (const reason of [new Error('the client is gone'), null]) {
    const aborted = AbortSignal.abort(reason);
    await expect(probeClip(clip, { signal: aborted })).rejects.toBe(reason);
    await expect(open('refused.mp4', aborted)).rejects.toBe(reason);

    const whileReading = new AbortController();
    let frames = 0;
    const reading = async () => {
      for await (const _ of readClip(clip, facts, choice, { signal: whileReading.signal })) {
        if (++frames === 3) whileReading.abort(reason);
      }
    };
    await expect(reading()).rejects.toBe(reason);
    expect(frames).toBe(3);

    const whileWriting = new AbortController();
    const writer = await open('stopped.mp4', whileWriting.signal);
    await writer.write(grey(640, 480, 0.5, 0));
    const writes = [1, 2, 3].map((i) => writer.write(grey(640, 480, 0.5, i / 10)));
    whileWriting.abort(reason);
    for (const attempt of [...writes, writer.write(grey(640, 480, 0.5, 1)), writer.finish()]) {
      await expect(attempt).rejects.toBe(reason);
    }
    await writer.abort();
    expect(existsSync(place('stopped.mp4'))).toBe(false);
  }
});

test('what no clip can be written with, and what is no frame, is told', async () => {
  const [container, coding] = [containerOf('a.mp4')!, codingOfFrames(10)];
  const wrong: [Parameters<typeof openClipWriter>, string][] = [
    [
      [place('a.avi'), 'a.avi', containerOf('a.avi')!, coding, undefined],
      'but received no container for a.avi',
    ],
    [[undefined as never, 'a.mp4', container, coding, undefined], 'but received something else'],
    [[place('a.mp4'), 'a.mp4', container, undefined as never, undefined], 'but received something else'],
    [
      [place('a.mp4'), 'a.mp4', container, { ...coding, frameRate: 25 as never }, undefined],
      'but received something else',
    ],
    [[place('a.mp4'), 'a.mp4', container, coding, { path: 'b.mp4' } as never], 'but received something else'],
  ];
  for (const [received, message] of wrong) {
    await expect(openClipWriter(...received)).rejects.toThrow(UnblurError);
    await expect(openClipWriter(...received)).rejects.toThrow(message);
  }
  const writer = await open('a.mp4');
  await expect(writer.write(undefined as never)).rejects.toThrow(UnblurError);
  await writer.abort();
});
