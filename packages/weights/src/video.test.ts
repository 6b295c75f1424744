import { existsSync, readFileSync } from 'node:fs';
import { readVideoDeblurWeights, validateVideoDeblurConfig } from '@unblur/core-model';
import { describe, it } from '@jest/globals';
import { defaultVideoWeights } from './video.js';
import { itIsFitToShip } from './weights-file.test-tool.js';

const { name, url } = defaultVideoWeights;
const isHere = existsSync(url);
if (!isHere) console.log(`This package holds no ${name}.safetensors: the weights for video are not tested.`);

(isHere ? describe : describe.skip)('the bundled weights for video', () => {
  it('fit the config in their header', () => validateVideoDeblurConfig(readVideoDeblurWeights(readFileSync(url)).config));

  itIsFitToShip(defaultVideoWeights);
});
