import { expect, test } from '@jest/globals';
import { photoPreset, validatePhotoConfig } from './photo-config.js';

test('the preset holds together', () => expect(() => validatePhotoConfig(photoPreset)).not.toThrow());

test.each([
  [
    { channels: [64, 128, 192] },
    'Expected a list of 4 whole numbers from 1 to 1024 for network.channels but received [64,128,192].',
  ],
  [{ channels: [64, 128, 192, 1025] }, 'network.channels but received [64,128,192,1025].'],
  [{ encoderBlocks: [2, 0, 3] }, 'network.encoderBlocks but received [2,0,3].'],
  [{ decoderBlocks: null }, 'network.decoderBlocks but received null.'],
  [
    { bottleneckBlocks: 1e9 },
    'Expected a whole number from 1 to 32 for network.bottleneckBlocks but received 1000000000.',
  ],
  [{ trajectoryChannels: 2.5 }, 'network.trajectoryChannels but received 2.5.'],
  [{ trajectoryBlocks: undefined }, 'network.trajectoryBlocks but received nothing.'],
  [{ frameChannels: '48' }, 'network.frameChannels but received "48".'],
  [{ frameBlocks: 33 }, 'network.frameBlocks but received 33.'],
  [
    { frameChanels: 48 },
    /^Expected nothing but channels, .*, frameChannels, frameBlocks for network but received "frameChanels"\.$/,
  ],
])('a config with %j is refused', (changes, message) => {
  expect(() => validatePhotoConfig({ ...photoPreset, ...changes } as typeof photoPreset)).toThrow(message);
});
