import { existsSync, readFileSync, statSync } from 'node:fs';
import { readSafetensors, readVideoDeblurWeights, validateVideoDeblurConfig } from '@unblur/core-model';
import { describe, expect, it } from '@jest/globals';
import { defaultVideoWeights } from './video.js';

const largestFileBytes = 16e6;
const { name, url } = defaultVideoWeights;
const isHere = existsSync(url);
if (!isHere) console.log(`This package holds no ${name}.safetensors: the weights for video are not tested.`);

(isHere ? describe : describe.skip)('the bundled weights for video', () => {
  it('fit the config in their header', () => validateVideoDeblurConfig(readVideoDeblurWeights(readFileSync(url)).config));

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
