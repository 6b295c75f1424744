import { readFileSync, readdirSync } from 'node:fs';
import { photoFamily, photoPreset } from '@unblur/core-model';
import { describe, expect, test } from '@jest/globals';
import { bundledWeights, bundledWeightsNames, defaultWeightsName, findBundledWeights } from './index.js';
import { defaultVideoWeights } from './video.js';
import { expectShippable } from './weights-file.test-tool.js';

describe.each(bundledWeightsNames)('the bundled weights %s', (name) => {
  const { url } = bundledWeights[name];

  test('are of the network that is shipped, and fit the config in their header', () => {
    expect(photoFamily.readWeights(readFileSync(url)).config).toEqual(photoPreset);
  });

  expectShippable({ name, url });
});

test('lists every file of the package but that for video', () => {
  const files = readdirSync(new URL('../files/', import.meta.url)).filter(
    (file) => file.endsWith('.safetensors') && file !== `${defaultVideoWeights.name}.safetensors`,
  );
  expect(files.sort()).toEqual(bundledWeightsNames.map((name) => `${name}.safetensors`).sort());
});

test('has its default among the bundled weights', () => {
  expect(findBundledWeights(defaultWeightsName)).toBe(bundledWeights[defaultWeightsName]);
});

test('names the weights there are when asked for others', () => {
  expect(() => findBundledWeights('panorama-9')).toThrow(
    "Expected the name of bundled weights (photo) but received 'panorama-9'; those for video are in @unblur/weights/video.",
  );
  expect(() => findBundledWeights('toString')).toThrow('Expected the name of bundled weights');
});
