import { describe, expect, test } from '@jest/globals';
import { UnblurError } from './file-error.js';
import { expectOptions, type OptionNames } from './options.js';

interface Options {
  frames?: number;
  scale?: number;
  mirrored?: boolean;
  onShare?: (share: number) => void;
  signal?: AbortSignal;
}

const known: OptionNames<Options> = {
  frames: true,
  scale: true,
  mirrored: 'boolean',
  onShare: 'function',
  signal: 'signal',
};
const check = (options: unknown) => expectOptions(options as Options, known, 'restore(photo, { frames: 7 })');

describe('options', () => {
  test.each([
    {},
    { frames: 7 },
    { frames: 7, scale: undefined, mirrored: undefined, onShare: undefined, signal: undefined },
    { mirrored: false, onShare: () => {}, signal: new AbortController().signal },
    { frames: 7, format: undefined },
  ])('may be %j', (options) => expect(() => check(options)).not.toThrow());

  test.each([
    [
      { frame: 7 },
      "Expected options among frames, scale, mirrored, onShare, signal in a call such as restore(photo, { frames: 7 }) but received 'frame'",
    ],
    [
      Object.create({ mirrored: 'no' }),
      'Expected true or false for mirrored but received a value of type string',
    ],
    [undefined, 'Expected options, such as restore(photo, { frames: 7 }), but received nothing'],
    [null, 'Expected options, such as restore(photo, { frames: 7 }), but received null'],
    [7, 'Expected options, such as restore(photo, { frames: 7 }), but received a value of type number'],
    [[], 'Expected options, such as restore(photo, { frames: 7 }), but received a list'],
    [{ mirrored: 'no' }, 'Expected true or false for mirrored but received a value of type string'],
    [{ onShare: null }, 'Expected a function for onShare but received null'],
    [
      { signal: new AbortController() },
      'Expected an AbortSignal, such as the signal of an AbortController, for signal but received an object of type AbortController',
    ],
    [
      new Uint8Array(1),
      'Expected options, such as restore(photo, { frames: 7 }), but received bytes by themselves',
    ],
  ])('may not be %j', (options, message) => expect(() => check(options)).toThrow(new UnblurError(message)));

  test('are read from prototypes too, and from getters of a class', () => {
    class Settings {
      get frames() {
        return 3;
      }
    }
    for (const options of [Object.create({ frames: 3 }), new Settings()]) {
      expect({ ...check(options) }).toEqual({ frames: 3 });
    }
  });
});
