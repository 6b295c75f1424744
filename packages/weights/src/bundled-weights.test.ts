import { readFileSync, readdirSync, statSync } from 'node:fs';
import { readSafetensors, readWeights, validateConfig } from '@unblur/core-model';
import { describe, expect, it } from '@jest/globals';
import { bundledWeights, bundledWeightsNames, defaultWeightsName, findBundledWeights } from './index.js';
import { defaultVideoWeights } from './video.js';

const largestFileBytes = 16 * 1024 * 1024;

describe.each(bundledWeightsNames)('the bundled weights %s', (name) => {
  const { url, frames } = bundledWeights[name];

  it('fit the config in their header, which restores the number of frames on the card', () => {
    const { config } = readWeights(readFileSync(url));
    validateConfig(config);
    expect(config.frames).toBe(frames);
  });

  it('are stored as float16 and take at most 16 MB', () => {
    const { tensors } = readSafetensors(readFileSync(url));
    expect(new Set(Object.values(tensors).map(({ dtype }) => dtype))).toEqual(new Set(['F16']));
    expect(statSync(url).size).toBeLessThanOrEqual(largestFileBytes);
  });

  it('come with a model card that names what a user must know', () => {
    const card = readFileSync(new URL(`../files/${name}.md`, import.meta.url), 'utf8').toLowerCase();
    for (const topic of ['data', 'steps', 'samples', 'wall time', 'machine', 'validation', 'licence', 'limits']) expect(card).toContain(topic);
  });
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
