import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import {
  clipFamily,
  frameExtractionFamily,
  frameExtractionPresets,
  fromPublishedCheckpoint,
  paperFamily,
  paperPreset,
  photoFamily,
  videoDeblurFamily,
  videoDeblurPresets,
  type NetworkFamily,
  type VideoDeblurConfig,
} from '@unblur/core-model';
import {
  readSampleFolder,
  shardBatches,
  shardName,
  ShardWriter,
  writeFlow,
  type Random,
} from '@unblur/datasets';
import { evaluateFolder } from '@unblur/evaluation';
import {
  createRestorer,
  createVideoDeblurrer,
  encodeFrame,
  loadPhoto,
  type RgbImage,
} from '@unblur/inference';
import { loadRun, readCheckpoint, writeCheckpoint } from '@unblur/trainer';
import sharp from 'sharp';
import {
  floatBytes,
  growingCheckpoints,
  latin,
  olderCheckpoint,
  pickledMap,
  pickledTensor,
  pickledText,
  zippedCheckpoint,
} from '../checkpoint/hostile-checkpoint.test-tool.js';
import { readTorchCheckpoint } from '../checkpoint/torch-checkpoint.js';
import { untrainedClipWeights, untrainedConfig } from '../unblur-command.test-tool.js';
import { hostileJson, mutateBytes, mutateLines, mutateTree, pick } from './mutations.test-tool.js';
import { mutateSafetensors } from './safetensors-parts.test-tool.js';

/** A kind of input, and what reads it. */
export interface FuzzTarget {
  name: string;
  /**
   * Makes an input that follows from the random numbers alone, and has it read. @throws what the reader
   * throws.
   */
  tryOne(random: Random): Promise<void> | void;
}

const imageSizePixels = 32;
const picture: RgbImage = {
  width: imageSizePixels,
  height: imageSizePixels,
  data: Float32Array.from({ length: imageSizePixels ** 2 * 3 }, (_, index) => (index % 97) / 96),
};

/**
 * Every kind of input, read from a place of its own below the folder where it is a file.
 * @param restoredOneIn of so many weights that are accepted, one restores a picture.
 */
export async function fuzzTargets(
  folder: string,
  { restoredOneIn }: { restoredOneIn: number },
): Promise<FuzzTarget[]> {
  return [
    torchCheckpoints(),
    weights(restoredOneIn),
    trainingCheckpoints(join(folder, 'checkpoint.safetensors')),
    runFiles(join(folder, 'run.yaml')),
    await shards(join(folder, 'shards')),
    await pictures(),
    await sampleFolders(join(folder, 'set')),
  ];
}

function torchCheckpoints(): FuzzTarget {
  const pickles = [
    pickledMap(['w', pickledTensor()], ['flow.bias', pickledTensor({ offset: 'K\x01', shape: 'K\x02\x85' })]),
    pickledMap([
      'state_dict',
      `}${pickledText('module.w')}${pickledTensor({ shape: 'K\x03K\x01\x86', strides: 'K\x01K\x01\x86' })}s`,
    ]),
  ];
  const growing = Object.values(growingCheckpoints);
  return {
    name: 'PyTorch checkpoints',
    tryOne(random) {
      const pickle = pick(random, pickles);
      const storage = floatBytes(1, 2, 3);
      const mutated = Buffer.from(mutateBytes(latin(pickle), random)).toString('latin1');
      const makers = [
        () => zippedCheckpoint(mutated, { 0: storage }),
        () => olderCheckpoint(mutated, pickledText('0'), [storage]),
        () => mutateBytes(zippedCheckpoint(pickle, { 0: storage }), random),
        () => mutateBytes(olderCheckpoint(pickle, pickledText('0'), [storage]), random),
      ];
      const bytes =
        random.below(60) === 0
          ? pick(random, [(bytes: Uint8Array) => bytes, (bytes: Uint8Array) => mutateBytes(bytes, random)])(
              pick(random, growing)(),
            )
          : pick(random, makers)();
      fromPublishedCheckpoint(readTorchCheckpoint(bytes));
    },
  };
}

function weights(restoredOneIn: number): FuzzTarget {
  const narrow = { upscaledChannels: [2, 2, 2, 2, 2], denseChannels: [[2], [2], [2], [2], [2]] };
  const paper = {
    ...paperPreset,
    frames: 3,
    encoderChannels: [2, 2, 2, 2, 2],
    middleDecoder: narrow,
    frameDecoder: narrow,
    refiner: [{ channels: 2, dilation: 2 }],
  };
  const extractor = {
    factor: 4,
    channels: 4,
    groups: [[[1, 2]]] as [number, number][][],
    refinementChannels: 4,
  };
  const { small } = videoDeblurPresets;
  const video: VideoDeblurConfig = {
    ...small,
    flow: {
      ...small.flow,
      pyramidChannels: [4, 4, 4],
      pyramidConvolutions: 1,
      finestLevel: 2,
      searchRadiusPixels: 2,
      denseChannels: [4],
      refiner: [{ channels: 4, dilation: 2 }],
    },
    reconstruction: {
      encoderChannels: [3, 3, 4, 4, 4],
      middleDecoder: { upscaledChannels: [0, 2, 2, 2, 2], denseChannels: [[], [3], [3], [3], [3]] },
      refiner: [{ channels: 3, dilation: 1 }],
      exposureRefiner: { iterations: 1, times: 2, channels: [3] },
    },
    scaleFusion: null,
    stages: 1,
  };
  const restore = async (bytes: Uint8Array) => {
    const restorer = await createRestorer({ weights: bytes, threads: 1 });
    try {
      expectPlausible((await restorer.restore(picture)).frames);
    } finally {
      await restorer.release();
    }
  };
  const deblur = async (bytes: Uint8Array) => {
    for await (const frame of createVideoDeblurrer({ weights: bytes, threads: 1 }).deblur([
      picture,
      picture,
    ])) {
      expectPlausible([frame]);
    }
  };
  const fileOf = <Config>(family: NetworkFamily<Config>, config: Config) =>
    family.writeWeights(family.initialWeights(config, 1), config, { dtype: 'float32' });
  const kinds = [
    { family: photoFamily, file: fileOf(photoFamily, untrainedConfig), use: restore },
    { family: paperFamily, file: fileOf(paperFamily, paper), use: restore },
    {
      family: frameExtractionFamily,
      file: fileOf(frameExtractionFamily, {
        ...frameExtractionPresets.small,
        middle: extractor,
        innerPair: extractor,
        outerPair: extractor,
      }),
      use: restore,
    },
    { family: videoDeblurFamily, file: fileOf(videoDeblurFamily, video), use: deblur },
    { family: clipFamily, file: untrainedClipWeights(), use: deblur },
  ];
  return {
    name: 'weights',
    async tryOne(random) {
      const { family, file, use } = pick(random, kinds);
      const bytes = mutateSafetensors(file, random);
      family.readWeights(bytes);
      if (random.below(restoredOneIn) === 0) await use(bytes);
    },
  };
}

/** @throws where a frame is not what was asked for. */
function expectPlausible(frames: RgbImage[]): void {
  for (const { width, height, data } of frames) {
    if (
      width !== imageSizePixels ||
      height !== imageSizePixels ||
      data.length !== picture.data.length ||
      !data.every((value) => value >= 0 && value <= 1)
    ) {
      throw new WrongResult('a frame of another size, or of values that are none');
    }
  }
}

/** What a reader gave is wrong, and nothing refused it. */
export class WrongResult extends Error {}

function trainingCheckpoints(file: string): FuzzTarget {
  const values = (...numbers: number[]) => Float32Array.from(numbers);
  const arrays = () => ({ 'a.kernel': values(1, 2), b: values(3) });
  writeCheckpoint(file, {
    step: 12,
    samplesSeen: 48,
    validationSet: 'a set',
    bestPsnr: 27.5,
    trainedSeconds: 3.25,
    weights: { 'a.kernel': { shape: [2, 1], values: values(0.1, 2) }, b: { shape: [1], values: values(7) } },
    firstMoments: arrays(),
    secondMoments: arrays(),
    averages: arrays(),
  });
  const whole = new Uint8Array(readFileSync(file));
  return {
    name: 'training checkpoints',
    tryOne(random) {
      writeFileSync(file, mutateSafetensors(whole, random));
      const { step, weights: read } = readCheckpoint(file)!;
      if (!Number.isInteger(step) || Object.getPrototypeOf(read) !== Object.prototype) {
        throw new WrongResult('a checkpoint whose step is none, or whose weights inherit from a tensor');
      }
    },
  };
}

function runFiles(file: string): FuzzTarget {
  const sources = [
    {
      kind: 'panorama',
      folder: 'a',
      angleDegrees: [
        [0, [1, 2]],
        [1000, [1, 10]],
      ],
      stepPixels: 1,
      augmentation: { gain: [0.9, 1.1], jpegQuality: [60, 90] },
    },
    { kind: 'layers', folder: 'b', objects: [1, 2], weight: 2, averaging: { display: 1, 'linear-srgb': 2 } },
    { kind: 'video', folder: 'c', windowFrames: [7, 13], shrink: [1, 2] },
  ];
  const samples = {
    data: { sizePixels: 64, sources, workers: 1 },
    steps: 10,
    batchSize: 2,
    threads: 2,
    optimizer: { learningRate: 1e-4 },
    schedule: { kind: 'cosine', warmupSteps: 10 },
    validation: { panoramas: 'v', count: 4 },
  };
  const trees = [
    {
      system: 'photo',
      network: { preset: 'photo', channels: [8, 8, 8, 8] },
      frames: 7,
      loss: { epsilon: 1e-4, frameWeights: [1, 1, 1, 2, 1, 1, 1] },
      ...samples,
    },
    { system: 'paper', network: { frames: 7 }, loss: { levelWeights: [1, 0.5] }, ...samples },
    {
      system: 'frame-extraction',
      network: 'small',
      data: samples.data,
      stageSteps: [1, 1, 1, 1],
      validation: samples.validation,
    },
    {
      system: 'video-deblur',
      network: { preset: 'small', stages: 1 },
      data: { sources: [{ folder: 'd', exposureFrames: [3, 9] }] },
      steps: 5,
      flowPretraining: { folder: 'e', steps: 3 },
      validation: { folder: 'f' },
    },
  ];
  const asYaml = (tree: object) =>
    Object.entries(tree)
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
      .join('\n');
  return {
    name: 'run files',
    tryOne(random) {
      const tree = pick(random, trees);
      // JSON is YAML too.
      writeFileSync(
        file,
        random.below(2) === 0 ? mutateLines(asYaml(tree), random) : hostileJson(mutateTree(tree, random)),
      );
      loadRun(file);
    },
  };
}

async function shards(folder: string): Promise<FuzzTarget> {
  const [count, samplesPerShard, sizePixels, frames] = [5, 3, 8, 3];
  mkdirSync(folder);
  for (const [shard, samples] of [3, 2].entries()) {
    const writer = await ShardWriter.create(
      join(folder, shardName(shard)),
      samples,
      { sizePixels, frames },
      { rotationDegrees: true, cameraTurn: true, flowsPixels: true },
    );
    for (let sample = 0; sample < samples; sample++) {
      await writer.add({
        blurred: new Uint8Array(sizePixels ** 2 * 3),
        frames: new Uint8Array(frames * sizePixels ** 2 * 3),
        rotationDegrees: 1,
        cameraTurn: { focalPixels: 9, principalX: 4, principalY: 4, rotationRadians: [0.01, 0, 0] },
        flowsPixels: new Float32Array(frames * sizePixels ** 2 * 2),
      });
    }
    await writer.finish();
  }
  const recipe = { kind: 'panorama', seed: 1 };
  const manifest = { version: 2, count, samplesPerShard, sizePixels, frames, recipe };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  const whole = new Map(
    readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]),
  );
  return {
    name: 'shards and their manifests',
    async tryOne(random) {
      const name = pick(random, [...whole.keys(), 'manifest.json']);
      const bytes = whole.get(name)!;
      const mutated =
        name !== 'manifest.json'
          ? mutateSafetensors(bytes, random)
          : random.below(3) === 0
            ? mutateBytes(bytes, random)
            : hostileJson(mutateTree(manifest, random));
      writeFileSync(join(folder, name), mutated);
      try {
        let batches = 0;
        for await (const batch of shardBatches({ folder, batchSize: 2, seed: random.below(1000) })) {
          if (
            batch.blurred.length !== 2 * sizePixels ** 2 * 3 ||
            batch.frames.length !== 2 * frames * sizePixels ** 2 * 3
          ) {
            throw new WrongResult('a sample of another size than the shards hold');
          }
          if (++batches === 3) break;
        }
      } finally {
        writeFileSync(join(folder, name), bytes);
      }
    },
  };
}

async function pictures(): Promise<FuzzTarget> {
  const raw = sharp({ create: { width: 24, height: 16, channels: 3, background: '#a0b0c0' } });
  const files = await Promise.all(
    [
      raw.clone().png(),
      raw.clone().jpeg(),
      raw.clone().webp(),
      raw.clone().gif(),
      raw.clone().tiff(),
      raw
        .clone()
        .withExif({ IFD0: { Orientation: '6' } })
        .jpeg(),
      raw
        .clone()
        .withIccProfile('p3')
        .withExif({ IFD0: { Model: 'camera' } })
        .webp(),
    ].map((image) => image.toBuffer()),
  );
  const [png] = files as [Buffer];
  return {
    name: 'photographs',
    async tryOne(random) {
      const photo = await loadPhoto(
        random.below(8) === 0
          ? pngOfSize(
              png,
              pick(random, [0, 1, 8000, 12_000, 60_000, 0x7fffffff, 0xffffffff]),
              pick(random, [0, 1, 8000, 12_000, 0x7fffffff]),
            )
          : mutateBytes(pick(random, files), random),
        { colors: pick(random, ['srgb', 'own']) },
      );
      await encodeFrame(photo, { format: pick(random, ['png', 'jpeg']) }, photo);
    },
  };
}

/** A PNG file whose header, checksum and all, claims another size. */
function pngOfSize(png: Buffer, width: number, height: number): Uint8Array {
  const claimed = Buffer.from(png);
  claimed.writeUInt32BE(width, 16);
  claimed.writeUInt32BE(height, 20);
  claimed.writeUInt32BE(crc32(claimed.subarray(12, 29)), 29);
  return new Uint8Array(claimed);
}

async function sampleFolders(set: string): Promise<FuzzTarget> {
  const source = join(set, '..', 'picture.png');
  await sharp({ create: { width: 16, height: 16, channels: 3, background: '#808080' } })
    .png()
    .toFile(source);
  const flow = join(set, '..', 'flow.flo');
  await writeFlow(flow, { width: 16, height: 16, data: new Float32Array(16 * 16 * 2) });
  const flows = ['flow-0.flo', 'flow-1.flo', 'flow-2.flo'];
  const names = [
    'blur.png',
    'blur.jpg',
    'frame-0.png',
    'frame-1.png',
    'frame-2.png',
    'frame-3.png',
    'frame-4.png',
    'frame-01.png',
    'frame-20000000.png',
    'frame-99999999999999999999999.png',
    'frame--1.png',
    'frame-1e9.png',
    'frame-\u001b[31m.png',
    'FRAME-1.PNG',
    '__proto__.png',
    'notes.txt',
    'flow-3.flo',
    'flow-01.flo',
    'flow-99999999999999999999999.flo',
  ];
  const usual = ['blur.png', 'frame-0.png', 'frame-1.png', 'frame-2.png'];
  return {
    name: 'sample folders',
    async tryOne(random) {
      const sample = join(set, pick(random, ['sample-0', 'a\u001b[2J', '__proto__', 'b.partial']));
      mkdirSync(sample, { recursive: true });
      try {
        for (const name of [
          ...usual.filter(() => random.below(8) > 0),
          ...(random.below(2) === 0 ? flows.filter(() => random.below(8) > 0) : []),
          ...names.filter(() => random.below(6) === 0),
        ]) {
          const whole = name.endsWith('.flo') ? flow : source;
          if (random.below(12) === 0) {
            writeFileSync(join(sample, name), mutateBytes(readFileSync(whole), random));
          } else {
            copyFileSync(whole, join(sample, name));
          }
        }
        if (random.below(2) === 0) {
          await readSampleFolder(sample);
        } else {
          await evaluateFolder(set, {
            restore: (blurred) => Promise.resolve({ frames: [blurred, blurred, blurred] }),
          });
        }
      } finally {
        rmSync(sample, { recursive: true, force: true });
      }
    },
  };
}
