import { beforeAll, describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { photoFamily, readSafetensors } from '@unblur/core-model';
import type { PhotoConfig } from '@unblur/core-model';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { loadRun } from '../systems/load-run.js';
import { tinyNetwork } from '../systems/photo/tiny-network.test-tool.js';
import { planDeviceRun } from './plan.js';
import { packRun, writePlan } from './archive.js';
import { newFolder } from '../new-folder.test-tool.js';

const folder = newFolder();

const lines: Record<string, string> = {
  network: JSON.stringify(tinyNetwork),
  data: '{ sizePixels: 32, sources: [{ kind: panorama, folder: panoramas }, { kind: layers, folder: panoramas, weight: 2 }, { kind: video, folder: clips }] }',
  engine: 'torch',
  synthesis: 'device',
  frames: '3',
  steps: '100',
  batchSize: '4',
  optimizer: '{ learningRate: 0.01 }',
  schedule: '{ kind: cosine, warmupSteps: 20, finalShare: 0 }',
  device: '{ samples: 16, sizePixels: 48 }',
  validation: '{ panoramas: panoramas, count: 1, sizePixels: 32 }',
};

/** Lines of the run file that differ; `undefined` leaves one out. */
type Changes = Record<string, string | undefined>;

function runFile(changes: Changes): string {
  const file = join(folder, 'run.yaml');
  writeFileSync(
    file,
    Object.entries({ ...lines, ...changes })
      .flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${value}\n`]))
      .join(''),
  );
  return file;
}
const plan = (changes: Changes = {}) => planDeviceRun(loadRun(runFile(changes)));

interface Stage {
  until: number;
  graph: string;
  batchSize: number;
  groups: { weights: string[]; rates: number[] }[];
}

beforeAll(async () => {
  for (const [name, count] of [
    ['panoramas', 2],
    ['clips/a', 3],
  ] as const) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let index = 0; index < count; index++) {
      const noise = Buffer.from(
        Uint8Array.from(
          { length: 512 * 256 * 3 },
          (_, place) => 128 + 90 * Math.sin(place * (0.013 + index / 100)),
        ),
      );
      await sharp(noise, { raw: { width: 512, height: 256, channels: 3 } })
        .png()
        .toFile(join(folder, name, `${index}.png`));
    }
  }
});

describe('the plan of a run on the device', () => {
  test('holds rates as the schedule has them, over the whole run', async () => {
    const {
      plan: { stages, frames },
    } = await plan();
    expect(frames).toBe(3);
    const [
      {
        until,
        groups: [{ rates }],
      },
    ] = stages as [Stage & { groups: [Stage['groups'][number]] }];
    expect(until).toBe(1);
    expect(Math.max(...rates)).toBeCloseTo(0.01, 4);
    // A fifth of the run is the warm-up.
    expect(rates[Math.round(0.1 * (rates.length - 1))]).toBeCloseTo(0.005, 3);
    expect(rates.at(-1)).toBeCloseTo(0, 5);
  });

  test('cuts the run where crops change, each with a graph of its own', async () => {
    const run = loadRun(
      runFile({
        device:
          '{ samples: 16, sizePixels: 48, crops: [{ share: 0.75, sizePixels: 16, batchSize: 8 }, { share: 0.25, sizePixels: 48, batchSize: 2 }] }',
      }),
    );
    let validationReads = 0;
    const {
      plan: { stages },
      files,
    } = await planDeviceRun({
      ...run,
      definition: {
        ...run.definition,
        open: (config) => {
          const system = run.definition.open(config);
          return {
            ...system,
            readValidationSamples: () => {
              validationReads += 1;
              return system.readValidationSamples();
            },
          };
        },
      },
    });
    expect(validationReads).toBe(1);
    expect((stages as Stage[]).map(({ until, batchSize }) => [until, batchSize])).toEqual([
      [0.75, 8],
      [1, 2],
    ]);
    expect(new Set((stages as Stage[]).map(({ graph }) => graph)).size).toBe(2);
    for (const { graph } of stages as Stage[]) expect(files.get(graph)!.length).toBeGreaterThan(1000);
    const [first, second] = stages as [Stage, Stage];
    expect(second.groups[0]!.rates[0]).toBeCloseTo(first.groups[0]!.rates.at(-1)!, 5);
  });

  test('holds starting weights where they are read from a file; others are drawn where the run trains', async () => {
    const drawn = await plan({ seed: '5' });
    expect(drawn.files.has('weights.safetensors')).toBe(false);
    const config = (loadRun(runFile({})).config as unknown as { network: PhotoConfig }).network;
    expect(drawn.plan['drawing']).toEqual(photoFamily.drawing(config, 5));
    const weights = photoFamily.initialWeights(config, 7);
    writeFileSync(
      join(folder, 'start.safetensors'),
      photoFamily.writeWeights(weights, config, { dtype: 'float32' }),
    );
    const read = await plan({ initialWeights: '{ file: start.safetensors }' });
    expect(Object.keys(readSafetensors(read.files.get('weights.safetensors')!).tensors)).toEqual(
      Object.keys(weights),
    );
    expect(read.plan['drawing']).toBeUndefined();
  });

  test('of networks that are trained one after the other, each has its share and its weights', async () => {
    const {
      plan: { stages },
    } = await plan({
      system: 'frame-extraction',
      network: '{ preset: small, frames: 3 }',
      stageSteps: '[60, 20]',
      frames: undefined,
      steps: undefined,
    });
    const [middle, pair] = stages as [Stage, Stage];
    expect([middle.until, pair.until]).toEqual([0.75, 1]);
    expect(middle.groups[0]!.weights.some((name) => pair.groups[0]!.weights.includes(name))).toBe(false);
  });

  test.each<[Changes, string]>([
    [
      { device: '{ samples: 16, sizePixels: 28 }' },
      "Expected at least 32 for 'device.sizePixels' but received 28.",
    ],
    [
      { device: '{ samples: 2, sizePixels: 48 }' },
      "Expected at least 4, the size of a batch, for 'device.samples' but received 2.",
    ],
    [
      { device: '{ samples: 16, sizePixels: 50 }' },
      "Expected a multiple of 4 for 'device.sizePixels' but received 50.",
    ],
    [
      {
        data: '{ sizePixels: 32, sources: [{ kind: panorama, folder: panoramas }, { kind: shards, folder: shards }] }',
      },
      "'data.sources[1]' is of kind 'shards', which holds finished ones; train on them with 'synthesis: processor'.",
    ],
    [
      { data: '{ sizePixels: 32, sources: [{ kind: samples, folder: samples }] }' },
      "'data.sources[0]' is of kind 'samples', which holds finished ones; train on them with 'synthesis: processor'.",
    ],
  ])('%j is refused', async (changes, message) => {
    await expect(plan(changes)).rejects.toThrow(message);
  });

  test('recorded pairs are refused for a network that needs every frame', async () => {
    const paper = {
      system: 'paper',
      network: '{ preset: paper, frames: 3 }',
      frames: undefined,
      device: '{ samples: 16, sizePixels: 64 }',
      validation: '{ panoramas: panoramas, count: 1, sizePixels: 64 }',
    };
    await expect(
      plan({ ...paper, data: '{ sizePixels: 64, sources: [{ kind: pairs, folder: clips }] }' }),
    ).rejects.toThrow("'data.sources[0]' is of kind 'pairs', which knows only the middle one");
  });
});

describe('a packed run', () => {
  test('holds every picture once, in files no larger than a part, and what trains', async () => {
    const archive = join(folder, 'packed');
    writeFileSync(join(folder, 'clips', 'a', '._0.png'), 'what macOS leaves beside a file');
    const { pictures, files } = await packRun(runFile({}), archive, { maxMib: 3, partMib: 1 });
    expect(pictures).toBe(5);
    const { sources, files: names } = JSON.parse(readFileSync(join(archive, 'plan.json'), 'utf8')) as {
      sources: { images: number; weight: number; options: { kind: string } }[];
      files: string[];
    };
    expect(sources.map(({ images, weight, options: { kind } }) => [images, weight, kind])).toEqual([
      [0, 1, 'panorama'],
      [0, 2, 'layers'],
      [1, 1, 'video'],
    ]);
    for (const name of names) expect(readFileSync(join(archive, name)).length).toBeLessThanOrEqual(2 ** 20);
    const packed = names
      .filter((name) => name.startsWith('images-'))
      .flatMap((name) => Object.entries(readSafetensors(readFileSync(join(archive, name))).tensors));
    expect(packed.map(([name]) => name).sort()).toEqual([
      '0/0.png',
      '0/1.png',
      '1/a/0.png',
      '1/a/1.png',
      '1/a/2.png',
    ]);
    await expect(sharp(packed[0]![1].values as Uint8Array).metadata()).resolves.toMatchObject({
      format: 'webp',
      width: 512,
      height: 256,
    });
    expect(files).toBeGreaterThan(names.length);
    await expect(packRun(runFile({}), archive)).rejects.toThrow('is not empty; choose another, or empty it');
  });

  test('keeps sources of one folder apart by their videos', () => {
    const archive = newFolder();
    const sources = [
      { folder: 'clips', weight: 1, videos: ['street'] },
      { folder: 'clips', weight: 3, videos: ['park'] },
    ];
    writePlan(archive, { plan: {}, files: new Map(), sources }, 'the run file');
    const written = JSON.parse(readFileSync(join(archive, 'plan.json'), 'utf8')) as { sources: unknown };
    expect(written.sources).toEqual([
      { weight: 1, images: 0, options: { videos: ['street'] } },
      { weight: 3, images: 0, options: { videos: ['park'] } },
    ]);
  });

  test('that does not fit is refused, and nothing is left', async () => {
    const archive = join(folder, 'too-large');
    await expect(packRun(runFile({}), archive, { maxMib: 1, partMib: 1 })).rejects.toThrow(
      /Expected the 5 pictures of 'data.sources' to fit in .* raise --max-mib, or use fewer/,
    );
  });
});
