import { readFileSync, readdirSync } from 'node:fs';
import { readWeights, validateConfig } from '@unblur/core-model';
import { describe, expect, it } from '@jest/globals';
import { bundledWeights, bundledWeightsNames, defaultWeightsName, findBundledWeights } from './index.js';
import { defaultVideoWeights } from './video.js';
import { itIsFitToShip } from './weights-file.test-tool.js';

describe.each(bundledWeightsNames)('the bundled weights %s', (name) => {
  const { url, frames } = bundledWeights[name];

  it('fit the config in their header, which restores the number of frames on the card', () => {
    const { config } = readWeights(readFileSync(url));
    validateConfig(config);
    expect(config.frames).toBe(frames);
  });

  itIsFitToShip({ name, url });
});

it('lists every file of the package but that for video', () => {
  const files = readdirSync(new URL('../files/', import.meta.url)).filter((file) => file.endsWith('.safetensors') && file !== `${defaultVideoWeights.name}.safetensors`);
  expect(files.sort()).toEqual(bundledWeightsNames.map((name) => `${name}.safetensors`).sort());
});

it('has its default among the bundled weights', () => {
  expect(findBundledWeights(defaultWeightsName)).toBe(bundledWeights[defaultWeightsName]);
});

it('names the weights there are when asked for others', () => {
  expect(() => findBundledWeights('panorama-9')).toThrow("Expected the name of bundled weights (photo-7-small) but received 'panorama-9'.");
  expect(() => findBundledWeights('toString')).toThrow('Expected the name of bundled weights');
});
