import { consistencyTimes } from '@unblur/core-model';
import { expect, test } from '@jest/globals';
import { ConsistentFrames, consistencyRenderings, type FrameMaker } from './consistent-frames.js';

/** Frames of two values, the time and 0.2, to which 0.1 is added; tells which were made. */
function openMaker() {
  const made: number[] = [];
  const maker: FrameMaker = {
    renderAt: async (time) => {
      made.push(time);
      return Float32Array.of(time, 0.2);
    },
    correctionFor: async (frames) => {
      expect(frames.map(([time]) => time)).toEqual(consistencyTimes.map(Math.fround));
      return Float32Array.of(0.1, 0.1);
    },
  };
  return { maker, made };
}
const rounded = (values: Float32Array) => Array.from(values, (value) => Number(value.toFixed(5)));

test('corrects every frame, and makes none twice unless it is asked for again', async () => {
  const { maker, made } = openMaker();
  const frames = await ConsistentFrames.prepare(maker);
  expect(made).toEqual(consistencyTimes);
  expect([frames.has(1), frames.has(0.5)]).toEqual([true, false]);
  expect(rounded(await frames.frameAt(0))).toEqual([0.1, 0.3]);
  expect(rounded(await frames.frameAt(1))).toEqual([1, 0.3]);
  expect(made).toEqual(consistencyTimes);
  expect(rounded(await frames.frameAt(0.5))).toEqual([0.6, 0.3]);
  expect(rounded(await frames.frameAt(1))).toEqual([1, 0.3]);
  expect(made.slice(consistencyTimes.length)).toEqual([0.5, 1]);
  frames.forget();
  expect(frames.has(-1)).toBe(false);
  expect(rounded(await frames.frameAt(-1))).toEqual([0, 0.3]);
});

test('tells each rendering, and stops between two', async () => {
  const told: number[] = [];
  await ConsistentFrames.prepare(openMaker().maker, { onRendering: (done) => told.push(done) });
  expect(told).toEqual(Array.from({ length: consistencyRenderings }, (_, index) => index));
  const { maker, made } = openMaker();
  const stop = new AbortController();
  const stopped = ConsistentFrames.prepare(maker, {
    onRendering: (done) => done === 2 && stop.abort(new Error('Enough.')),
    signal: stop.signal,
  });
  await expect(stopped).rejects.toThrow('Enough.');
  expect(made).toEqual(consistencyTimes.slice(0, 2));
});
