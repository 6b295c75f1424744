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

test.each(kinds)(
  'options that are undefined are at their defaults, inherited ones are taken (%s)',
  (_, defaults, resolve) => {
    const nothing = Object.fromEntries(Object.keys(defaults).map((name) => [name, undefined]));
    expect(resolve(nothing as never)).toEqual(resolve({} as never));
    const augmentation = Object.create({ gain: [1, 1], flips: undefined });
    expect(resolve(Object.create({ sizePixels: 48, augmentation }) as never)).toEqual(
      resolve({ sizePixels: 48, augmentation: { gain: [1, 1] } } as never),
    );
  },
);

test('an augmentation that is none is refused', () => {
  expect(() => resolvePanoramaOptions({ augmentation: 7 as never })).toThrow(
    'Expected options, such as { augmentation: { flips: false } }, but received a value of type number',
  );
});

test('a source without a kind is refused in one line', async () => {
  await expect(
    datasets.previewSampleSet({ source: { folder: 'a' } as never, count: 1, seed: 1 }),
  ).rejects.toThrow(/^Expected a source of kind panorama, .* but received nothing\.$/);
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
  await expect(call()).rejects.toThrow(/^Expected \w+(, such as| to be) [^\n]* but received [^\n]*$/);
});

const source = { kind: 'panorama', folder: 'nowhere' } as const;
const stream = { folder: 'nowhere', batchSize: 1, seed: 1 };
const set = { source, out: 'nowhere', count: 1, seed: 1 };
const windows = { sources: [{ folder: 'nowhere' }], sizePixels: 16, batchSize: 1, seed: 1 };

test.each<[string, (unknown: object) => unknown]>([
  ['panoramaBatches', (unknown) => datasets.panoramaBatches({ ...stream, ...unknown }).next()],
  ['layeredBatches', (unknown) => datasets.layeredBatches({ ...stream, ...unknown }).next()],
  ['videoBatches', (unknown) => datasets.videoBatches({ ...stream, ...unknown }).next()],
  [
    'mixedBatches',
    (unknown) =>
      datasets
        .mixedBatches({ sources: [source], sizePixels: 16, frames: 3, batchSize: 1, seed: 1, ...unknown })
        .next(),
  ],
  ['shardBatches', (unknown) => datasets.shardBatches({ ...stream, ...unknown }).next()],
  ['videoWindowBatches', (unknown) => datasets.videoWindowBatches({ ...windows, ...unknown }).next()],
  [
    'a source of videoWindowBatches',
    (unknown) =>
      datasets.videoWindowBatches({ ...windows, sources: [{ folder: 'nowhere', ...unknown }] }).next(),
  ],
  [
    'videoSamples',
    (unknown) => datasets.videoSamples([], { frames: 3, averaging: 'display', ...unknown }).next(),
  ],
  ['synthesizeSampleSet', (unknown) => datasets.synthesizeSampleSet({ ...set, ...unknown })],
  ['its source', (unknown) => datasets.synthesizeSampleSet({ ...set, source: { ...source, ...unknown } })],
  [
    'its augmentation',
    (unknown) => datasets.synthesizeSampleSet({ ...set, source: { ...source, augmentation: unknown } }),
  ],
  ['previewSampleSet', (unknown) => datasets.previewSampleSet({ ...set, ...unknown })],
  ['synthesizeShards', (unknown) => datasets.synthesizeShards({ ...set, ...unknown })],
  ['previewShards', (unknown) => datasets.previewShards({ ...set, ...unknown }, 1)],
  [
    'synthesizePairedVideos',
    (unknown) =>
      datasets.synthesizePairedVideos({ folder: 'nowhere', out: 'nowhere', frames: 3, ...unknown }),
  ],
  ['listPairedVideos', async (unknown) => datasets.listPairedVideos('nowhere', unknown)],
  ['writeSampleFolder', (unknown) => datasets.writeSampleFolder('nowhere', nothing, {}, unknown)],
  ['resolvePanoramaOptions', async (unknown) => datasets.resolvePanoramaOptions(unknown)],
  ['resolveLayeredOptions', async (unknown) => datasets.resolveLayeredOptions(unknown)],
  ['resolveVideoOptions', async (unknown) => datasets.resolveVideoOptions(unknown)],
])('an unknown option is refused with those there are: %s', async (_, call) => {
  await expect(call({ sizePixel: 64 })).rejects.toThrow(
    /^Expected options among \w+(, \w+)* in a call such as [^\n]* but received 'sizePixel'$/,
  );
});
