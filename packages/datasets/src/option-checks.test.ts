import { expect, test } from '@jest/globals';
import { layeredDefaults, resolveLayeredOptions } from './layers/layered-options.js';
import { panoramaDefaults, resolvePanoramaOptions } from './panorama/panorama-options.js';
import { resolveVideoOptions, videoDefaults } from './video/video-options.js';

const absurdValues: unknown[] = [1e9, -1e9, 1e-9, NaN, '7', [], {}, [null], ['0', '1'], [1e9, 1e9]];
/** Where null means something. */
const allowedNull = ['photoPixels', 'coverageDegrees', 'eulerDegrees', 'augmentation.jpegQuality'];
/** Options that may be as small, or as near to nothing, as can be. */
const allowsTiny = [
  'turnDegrees',
  'zoomPercent',
  'bend',
  'rollShare',
  'minPanoramaPixelsPerPixel',
  'augmentation.jpegShare',
];

const kinds: [string, object, (given: never) => unknown][] = [
  ['panorama', panoramaDefaults, resolvePanoramaOptions],
  ['layers', layeredDefaults, resolveLayeredOptions],
  ['video', { ...videoDefaults, windowFrames: [7] }, resolveVideoOptions],
];

test.each(kinds)('an absurd value of any option is refused in one line (%s)', (_, defaults, resolve) => {
  const { augmentation, ...own } = defaults as { augmentation: object };
  const options = [...Object.keys(own), ...Object.keys(augmentation).map((key) => `augmentation.${key}`)];
  for (const option of options) {
    for (const value of [...absurdValues, ...(allowedNull.includes(option) ? [] : [null])]) {
      if (value === 1e-9 && allowsTiny.includes(option)) continue;
      const [first, second] = option.split('.') as [string, string?];
      const given = second ? { augmentation: { [second]: value } } : { [first]: value };
      expect({ option, value, refused: messageOf(() => resolve(given as never)) }).toEqual({
        option,
        value,
        refused: expect.stringMatching(/^Expected [^\n]* to be [^\n]* but received [^\n]*\.$/),
      });
    }
  }
});

function messageOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
