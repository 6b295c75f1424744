import { expect, test } from '@jest/globals';
import { photoPreset } from '../photo/photo-config.js';
import { photoFamily } from '../photo/photo-network.js';
import { isCalibrated, withLayerRanges } from './layer-ranges.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

const config = { ...photoPreset, channels: [4, 4, 4, 4] as [number, number, number, number] };
const file = photoFamily.writeWeights(photoFamily.initialWeights(config, 1), config, {
  dtype: 'float16',
  metadata: { trained: 'never' },
});
const ranges = { stem: { input: [0, 1] as [number, number], output: [-0.5, 2.25] as [number, number] } };

test('ranges come back, the weights and other entries unchanged', () => {
  const before = photoFamily.readWeights(file);
  expect(before.ranges).toBeUndefined();
  expect(isCalibrated(file)).toBe(false);
  expect(isCalibrated(withLayerRanges(file, ranges))).toBe(true);
  const calibrated = photoFamily.readWeights(withLayerRanges(file, ranges));
  expect(calibrated).toEqual({ ...before, ranges });
  expect(calibrated.metadata).toEqual({ trained: 'never' });
});

test('other ranges take the place of those that were there', () => {
  const other = { 'encoder0.block0.first': { input: [-1, 1], output: [-1, 1] } } as unknown as typeof ranges;
  const twice = withLayerRanges(withLayerRanges(file, ranges), other);
  expect(photoFamily.readWeights(twice).ranges).toEqual(other);
});

test.each([
  ['no JSON', '{', /JSON mapping.*damaged/],
  ['a list', '[]', /JSON mapping.*damaged/],
  ['another network’s layer', '{"nowhere":[0,1,0,1]}', /convolution of the network.*'nowhere'/],
  ['a layer of the prototype of objects', '{"__proto__x":[0,1,0,1]}', /convolution of the network/],
  ['too few numbers', '{"stem":[0,1,0]}', /'stem': \[0,1,0\]; calibrate these weights anew/],
  ['a range turned round', '{"stem":[1,0,0,1]}', /from least to greatest/],
  ['what is no number', '{"stem":["0",1,0,1]}', /from least to greatest/],
  ['more than float32 holds', '{"stem":[0,1e300,0,1]}', /from least to greatest/],
])('%s is refused', (_, json, message) => {
  const { tensors, metadata } = readSafetensors(file);
  const damaged = writeSafetensors({ tensors, metadata: { ...metadata, 'unblur.ranges': json } });
  expect(() => photoFamily.readWeights(damaged)).toThrow(message);
});
