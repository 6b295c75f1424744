import { expect, test } from '@jest/globals';
import * as datasets from './index.js';
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

const nothing = undefined as never;

test.each<[string, () => unknown]>([
  ['panoramaBatches', () => datasets.panoramaBatches(nothing).next()],
  ['panoramaBatches, no folder', () => datasets.panoramaBatches({} as never).next()],
  ['layeredBatches', () => datasets.layeredBatches(nothing).next()],
  ['videoBatches', () => datasets.videoBatches(nothing).next()],
  ['videoBatches, no folder', () => datasets.videoBatches({} as never).next()],
  ['mixedBatches', () => datasets.mixedBatches(nothing).next()],
  ['mixedBatches, no sources', () => datasets.mixedBatches({} as never).next()],
  ['shardBatches', () => datasets.shardBatches(nothing).next()],
  ['videoWindowBatches', () => datasets.videoWindowBatches(nothing).next()],
  [
    'videoWindowBatches, no sources',
    () => datasets.videoWindowBatches({ sizePixels: 16, batchSize: 1, seed: 1 } as never).next(),
  ],
  ['videoSamples', () => datasets.videoSamples(nothing, nothing).next()],
  ['videoSamples, no options', () => datasets.videoSamples([], nothing).next()],
  ['synthesizeSampleSet', () => datasets.synthesizeSampleSet(nothing)],
  ['synthesizeSampleSet, no count', () => datasets.synthesizeSampleSet({ seed: 1 } as never)],
  ['synthesizeSampleSet, no source', () => datasets.synthesizeSampleSet({ count: 1, seed: 1 } as never)],
  ['previewSampleSet', () => datasets.previewSampleSet(nothing)],
  ['synthesizeShards', () => datasets.synthesizeShards(nothing)],
  ['synthesizeShards, no source', () => datasets.synthesizeShards({ count: 1, seed: 1 } as never)],
  ['synthesizePairedVideos', () => datasets.synthesizePairedVideos(nothing)],
  ['drawContactSheet', () => datasets.drawContactSheet(nothing)],
  ['drawContactSheet, no sample', () => datasets.drawContactSheet([])],
  ['listVideos', async () => datasets.listVideos(nothing)],
  ['listPairedVideos', async () => datasets.listPairedVideos(nothing)],
])('what is left out is told in one line: %s', async (_, call) => {
  await expect(call()).rejects.toThrow(/^Expected \w+ to be [^\n]* but received [^\n]*\.$/);
});
