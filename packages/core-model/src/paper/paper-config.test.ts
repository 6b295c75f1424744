import { expect, test } from '@jest/globals';
import { paperPreset, validatePaperConfig } from './paper-config.js';

test('the preset holds together', () => expect(() => validatePaperConfig(paperPreset)).not.toThrow());

test.each([
  [
    { frames: 4 },
    'Expected an odd number of frames, 3 or more and at most 31, for network.frames but received 4.',
  ],
  [{ frames: 1e8 + 1 }, 'network.frames but received 100000001.'],
  [
    { encoderChannels: [16, 32] },
    'Expected a list of 5 whole numbers from 1 to 1024 for network.encoderChannels but received [16,32].',
  ],
  [{ middleDecoder: null }, 'Expected a mapping for network.middleDecoder but received null.'],
  [
    { frameDecoder: { ...paperPreset.frameDecoder, upscaledChannels: [0, 1, 1, 1, 1] } },
    'network.frameDecoder.upscaledChannels but received [0,1,1,1,1].',
  ],
  [
    { frameDecoder: { ...paperPreset.frameDecoder, denseChannels: [[1], [1], [], [1], [1]] } },
    'Expected a list of 1 to 32 whole numbers from 1 to 1024 for network.frameDecoder.denseChannels[2] but received [].',
  ],
  [
    { refiner: [{ channels: 4, dilation: 0 }] },
    'Expected a list of at most 32 { channels (1 to 1024), dilation (1 to 64) } for network.refiner but received [{"channels":4,"dilation":0}].',
  ],
  [
    { featureTransformer: { spatialTransformer: 1, localWarping: true } },
    'Expected true or false for network.featureTransformer.spatialTransformer but received 1.',
  ],
  [{ imageTransformer: 'none' }, 'Expected true or false for network.imageTransformer but received "none".'],
])('a config with %j is refused', (changes, message) => {
  expect(() => validatePaperConfig({ ...paperPreset, ...changes } as typeof paperPreset)).toThrow(message);
});
