import { describe, expect, test } from '@jest/globals';
import { frameExtractionPresets } from '../frame-extraction/frame-extraction-config.js';
import { frameExtractionFamily } from '../frame-extraction/frame-extraction-network.js';
import { narrowedPaper } from '../paper/narrowed-paper.test-tool.js';
import { paperFamily } from '../paper/paper-network.js';
import { photoPreset } from '../photo/photo-config.js';
import { photoFamily } from '../photo/photo-network.js';
import { narrowedVideo } from '../video-deblur/narrowed-video-deblur.test-tool.js';
import { videoDeblurPresets } from '../video-deblur/video-deblur-config.js';
import { videoDeblurFamily } from '../video-deblur/video-deblur-network.js';
import type { NetworkFamily } from './network-family.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';
import type { SafetensorsFile } from './safetensors.js';

/** Without its spatial transformers, which have thousands of weights. */
const config = narrowedPaper({
  featureTransformer: { spatialTransformer: false, localWarping: true },
  imageTransformer: false,
});
const values = () => paperFamily.initialWeights(config, 1);

describe('weights', () => {
  test('are refused where float16 would make them infinite', () => {
    const large = values();
    const [name, { shape }] = Object.entries(large)[0]!;
    large[name] = { shape, values: new Float32Array(large[name]!.values.length).fill(70_000) };
    expect(() => paperFamily.writeWeights(large, config, { dtype: 'float16' })).toThrow(
      `the limits of float16, but '${name}' holds 70000`,
    );
    expect(() => paperFamily.writeWeights(large, config, { dtype: 'float32' })).not.toThrow();
  });

  test.each([undefined, {}, { dtype: 'bfloat16' }])(
    'are written as one of two types, not as %j',
    (options) => {
      expect(() => paperFamily.writeWeights(values(), config, options as never)).toThrow(
        "Expected { dtype: 'float32' } or { dtype: 'float16' } to write weights but received",
      );
    },
  );

  test.each([undefined, []])('that are none are refused: %j', (none) => {
    expect(() => paperFamily.writeWeights(none as never, config, { dtype: 'float32' })).toThrow(
      'Expected weights that fit their config, by name, but received',
    );
  });

  test('round to float16 within half a unit in the last place', () => {
    const { values: read } = paperFamily.readWeights(
      paperFamily.writeWeights(values(), config, { dtype: 'float16' }),
    );
    for (const [name, { values: weights }] of Object.entries(values())) {
      const isNear = (weight: number, index: number) =>
        Math.abs(read[name]!.values[index]! - weight) <= Math.abs(weight) * 2 ** -11 + 2 ** -25;
      expect(Array.from(weights).filter((weight, index) => !isNear(weight, index))).toEqual([]);
    }
  });

  test('start from a seed: the same one gives the same weights, another one others', () => {
    const first = (seed: number) =>
      Array.from(paperFamily.initialWeights(config, seed)['encoder.level1.reduce.kernel']!.values);
    expect(first(1)).toEqual(first(1));
    expect(first(1)).not.toEqual(first(2));
  });

  test('start with the variance of He et al.: two over the number of inputs', () => {
    const { shape, values: weights } = paperFamily.initialWeights(
      narrowedPaper({ encoderChannels: [32, 64, 4, 4, 4] }),
      3,
    )['encoder.level2.reduce.kernel']!;
    const variance = weights.reduce((sum, weight) => sum + weight * weight, 0) / weights.length;
    expect(variance * (shape[0]! * shape[1]! * shape[2]!)).toBeCloseTo(2, 1);
  });

  test('are refused with the names and shapes that differ', () => {
    const wrong = values();
    delete wrong['encoder.level1.reduce.bias'];
    wrong['middle.level4.image.bias'] = { shape: [5], values: new Float32Array(5) };
    wrong['stranger'] = { shape: [1], values: new Float32Array(1) };
    expect(() => paperFamily.writeWeights(wrong, config, { dtype: 'float32' })).toThrow(
      "'encoder.level1.reduce.bias' [2] is missing; 'middle.level4.image.bias' is [5], not [3]; 'stranger' [1] is not part of the network",
    );
  });

  test('are refused with a value that is not finite', () => {
    const wrong = values();
    wrong['encoder.level2.extract.kernel']!.values[3] = NaN;
    expect(() => paperFamily.writeWeights(wrong, config, { dtype: 'float32' })).toThrow(
      "'encoder.level2.extract.kernel' holds NaN at index 3",
    );
  });
});

/** A file of the paper's network with something changed. */
function damaged({ tensors = {}, metadata = {} }: Partial<SafetensorsFile>): Uint8Array {
  const file = readSafetensors(paperFamily.writeWeights(values(), config, { dtype: 'float32' }));
  const all = Object.fromEntries([...Object.entries(file.tensors), ...Object.entries(tensors)]);
  return writeSafetensors({ tensors: all, metadata: { ...file.metadata, ...metadata } });
}

describe('files that nobody should have written', () => {
  test.each(['', '{', 'null', '7', '"text"', '[]'])('with %j for a config are refused', (json) => {
    expect(() => paperFamily.readWeights(damaged({ metadata: { 'unblur.paper': json } }))).toThrow(
      "Expected the config of a paper network as a JSON mapping in the header's 'unblur.paper' but received something else",
    );
  });

  test.each(['__proto__', '__proto__/polluted', 'constructor', 'toString', 'hasOwnProperty'])(
    "with a tensor named '%s' are refused, and nothing else is changed",
    (name) => {
      const file = damaged({
        tensors: Object.fromEntries([[name, { dtype: 'F32', shape: [1], values: new Float32Array([1]) }]]),
      });
      expect(Object.keys(readSafetensors(file).tensors)).toContain(name);
      expect(() => paperFamily.readWeights(file)).toThrow(`'${name}' [1] is not part of the network`);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    },
  );

  test('whose weights are no numbers with a fraction are refused', () => {
    expect(() =>
      paperFamily.readWeights(
        damaged({
          tensors: { 'encoder.level1.reduce.bias': { dtype: 'I32', shape: [2], values: new Int32Array(2) } },
        }),
      ),
    ).toThrow("Expected floating-point weights but tensor 'encoder.level1.reduce.bias' is I32.");
  });

  test('of another network are refused by its name', () => {
    expect(() => photoFamily.readWeights(damaged({}))).toThrow(
      "Expected weights of a photo network but the file's header has no 'unblur.photo': these are weights of something else ('unblur.paper').",
    );
  });
});

test('a network of more parameters than can be held is refused before any is made', () => {
  const wide = {
    ...photoPreset,
    channels: [1024, 1024, 1024, 1024] as [number, number, number, number],
    bottleneckBlocks: 32,
  };
  expect(() => photoFamily.initialWeights(wide, 1)).toThrow(
    /^Expected a network of at most 134217728 parameters but this config has \d+; give it fewer channels or layers\.$/,
  );
});

const absurdValues: unknown[] = [1e9, 1e8 + 1, -1, 0.5, null, '7', {}, [], [null], [[]], true];

/** Every config that differs from the given one in one place, by the path of that place. */
function* variationsOf(
  value: unknown,
  path = '',
): Generator<[path: string, replaced: unknown, config: unknown]> {
  if (path !== '') for (const replaced of absurdValues) yield [path, replaced, replaced];
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    for (const [at, replaced, varied] of variationsOf(
      (value as Record<string, unknown>)[key],
      `${path}/${key}`,
    )) {
      const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
      copy[key] = varied;
      yield [at, replaced, copy];
    }
  }
}

/** Every number is allowed by itself; together they ask for far too much. */
test.each<[string, NetworkFamily<unknown>, object, string]>([
  [
    'factors without a common multiple',
    frameExtractionFamily,
    {
      ...frameExtractionPresets.small,
      middle: { ...frameExtractionPresets.small.middle, factor: 15 },
      innerPair: { ...frameExtractionPresets.small.innerPair, factor: 16 },
      outerPair: { ...frameExtractionPresets.small.outerPair, factor: 13 },
    },
    'factors whose least common multiple is at most 256 for network.factor but received 3120.',
  ],
  [
    'many corrections of the flow',
    videoDeblurFamily,
    narrowedVideo('paper', {
      flow: {
        ...narrowedVideo('paper').flow,
        alignment: Array.from({ length: 3 }, () => ({ level: 1, iterations: 16 })),
      },
    }),
    'at most 32 iterations in all for network.flow.alignment but received 48.',
  ],
  [
    'frames of the flow that are enlarged',
    videoDeblurFamily,
    narrowedVideo('small', {
      flow: {
        ...narrowedVideo('small').flow,
        inputLevel: 5,
        pyramidChannels: [2, 2, 2, 2, 2, 2, 2, 2],
        finestLevel: 3,
      },
    }),
    'for which frames are multiples of at most 256 for network.flow but received 8192.',
  ],
])('%s are refused', (_, family, config, message) => {
  expect(() => family.shapesOf(config)).toThrow(message);
});

const families: [string, NetworkFamily<unknown>, unknown][] = [
  ['photo', photoFamily, { ...photoPreset, channels: [2, 3, 4, 5], trajectoryChannels: 3, frameChannels: 2 }],
  ['paper', paperFamily, narrowedPaper()],
  ['frame-extraction', frameExtractionFamily, frameExtractionPresets.small],
  ['video, ours', videoDeblurFamily, narrowedVideo('small', { scaleFusion: { scales: 2, channels: [3] } })],
  ['video, published', videoDeblurFamily, narrowedVideo('paper')],
];

test.each(families)('weights and config come back as they were written (%s)', (_, family, valid) => {
  const written = family.initialWeights(valid, 3);
  expect(
    family.readWeights(family.writeWeights(written, valid, { dtype: 'float32', metadata: { step: '4' } })),
  ).toEqual({ config: valid, values: written, metadata: { step: '4' } });
});

test('weights are not written with an option that is none', () => {
  const [, family, config] = families[0]!;
  const options = { dtype: 'float16', metaData: { step: '4' } } as never;
  expect(() => family.writeWeights(family.initialWeights(config, 3), config, options)).toThrow(
    "Expected options among dtype, metadata in a call such as writeWeights(values, config, { dtype: 'float16' }) but received 'metaData'",
  );
});

/** The paths of all mappings in a config, but for those of lists. */
function mappingsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return [path, ...Object.entries(value).flatMap(([name, inner]) => mappingsOf(inner, [...path, name]))];
}

test.each(families)('a name that is not known is refused anywhere in a config (%s)', (_, family, valid) => {
  for (const path of mappingsOf(valid)) {
    const config = structuredClone(valid) as Record<string, unknown>;
    const place = path.reduce((inner, name) => inner[name] as Record<string, unknown>, config);
    place['frame'] = 7;
    expect(() => family.shapesOf(config)).toThrow(
      `for ${['network', ...path].join('.')} but received "frame".`,
    );
  }
});

test.each(families)(
  'an absurd value anywhere in a config is refused at once, in one line (%s)',
  (_, family, valid) => {
    let refused = 0;
    for (const [path, replaced, varied] of variationsOf(valid)) {
      const startMilliseconds = performance.now();
      let message: string | undefined;
      try {
        family.shapesOf(varied);
      } catch (error) {
        ({ message } = error as Error);
      }
      expect({ path, replaced, slow: performance.now() - startMilliseconds > 1000 }).toEqual({
        path,
        replaced,
        slow: false,
      });
      if (message === undefined) {
        // What no layer reads may be anything.
        if (typeof replaced === 'number' && !/(upscaledChannels|denseChannels)\/0/.test(path)) {
          throw new Error(`${path} took ${replaced}`);
        }
        continue;
      }
      expect({ path, replaced, message }).toEqual({
        path,
        replaced,
        message: expect.stringMatching(/^Expected .* for network.* but received .*\.$/),
      });
      refused++;
    }
    expect(refused).toBeGreaterThan(50);
  },
);

test.each<[string, NetworkFamily<unknown>, unknown, number]>([
  ['photo', photoFamily, photoPreset, 11.6],
  ['video, paper', videoDeblurFamily, videoDeblurPresets.paper, 16.2],
  ['video, small', videoDeblurFamily, videoDeblurPresets.small, 2.7],
  ['Jin et al., paper', frameExtractionFamily, frameExtractionPresets.paper, 18.2],
  ['Jin et al., small', frameExtractionFamily, frameExtractionPresets.small, 0.5],
])('a preset has the millions of parameters that the README says (%s)', (_, family, preset, millions) => {
  const { parameters } = family.summarize(preset, { height: 128, width: 128 });
  expect(parameters / 1e6).toBeCloseTo(millions, 1);
});

test.each<[string, NetworkFamily<unknown>]>([
  ['video', videoDeblurFamily],
  ['Jin et al.', frameExtractionFamily],
])('the size of what a config takes is told of a config alone (%s)', (_, family) => {
  expect(() => family.sizeMultiple({})).toThrow(/^Expected .* for network.* but received .*\.$/);
});
