import { expect, test } from '@jest/globals';
import { chooseEngine, verdictAfterLoss, type EngineSample } from './engine-check.js';

const values = Float32Array.from({ length: 300 }, (_, index) => (index % 17) / 17);
const processor: EngineSample = { frames: [values, values.map((value) => 1 - value)], milliseconds: 400 };
const graphics = (change: (value: number, place: number) => number, milliseconds = 40): EngineSample => ({
  frames: processor.frames.map((frame) => frame.map(change)),
  milliseconds,
});

test('takes WebGPU where it is right and faster', () => {
  expect(
    chooseEngine(
      graphics((value) => value + 1e-5),
      processor,
    ),
  ).toEqual({ engine: 'webgpu' });
});

test.each<[string, EngineSample, RegExp]>([
  [
    'wrong everywhere',
    graphics((value) => value * 0.99),
    /different pictures here \(off by 0\.5 % on average\)/,
  ],
  [
    'wrong in one place',
    graphics((value, place) => (place === 7 ? value + 0.02 : value)),
    /different pictures/,
  ],
  [
    'no number in one place',
    graphics((value, place) => (place === 7 ? NaN : value)),
    /different pictures here$/,
  ],
  ['short of a frame', { frames: [values], milliseconds: 40 }, /different pictures here$/],
  ['as fast as WebAssembly', graphics((value) => value, 390), /no faster here \(0\.39 s against 0\.40 s/],
  ['slower', graphics((value) => value, 11_000), /no faster here \(11\.0 s against 0\.40 s/],
])('refuses WebGPU where it is %s', (_, sample, reason) => {
  expect(chooseEngine(sample, processor)).toEqual({ engine: 'wasm', reason: expect.stringMatching(reason) });
});

test('gives a graphics device that was lost one more chance', () => {
  const once = verdictAfterLoss({ engine: 'webgpu' });
  expect(once).toEqual({ engine: 'webgpu', losses: 1 });
  expect(verdictAfterLoss(once)).toMatchObject({ engine: 'wasm', reason: 'WebGPU failed twice here' });
});
