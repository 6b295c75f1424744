import { readFileSync } from 'node:fs';
import { videoDeblurFamily, videoDeblurPresets } from '@unblur/core-model';
import { describe, expect, test } from '@jest/globals';
import { defaultVideoWeights } from './video.js';
import { expectShippable } from './weights-file.test-tool.js';

describe('the bundled weights for video', () => {
  test('are of the small preset, of one stage', () => {
    expect(videoDeblurFamily.readWeights(readFileSync(defaultVideoWeights.url)).config).toEqual({
      ...videoDeblurPresets.small,
      stages: 1,
    });
  });

  expectShippable(defaultVideoWeights);
});
