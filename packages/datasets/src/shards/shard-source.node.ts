import { basename } from 'node:path';
import { expectOptions, type OptionNames } from '@unblur/files';
import type { RgbImage } from '@unblur/metrics';
import {
  type AugmentationOptions,
  degrade,
  drawAugmentation,
  noAugmentation,
  rearrangePixels,
  rearrangeVectors,
  requireAugmentation,
} from '../augmentation.js';
import type { Given } from '../exposure-options.js';
import { requireThat } from '../option-checks.js';
import { cropTurn, motionOfTurn, rearrangeTurn } from '../panorama/camera-turn.js';
import { createRandom, type Random } from '../random.js';
import { motionOfFlows, type Sample, splitEvenly } from '../sample.js';
import type { SourceKind } from '../stream/source-kind.node.js';
import type { ShardSample } from './shard-file.node.js';
import { readShardManifest, ShardFolder, type ShardManifest, shardsHoldMotion } from './shard-folder.node.js';

/** How a stored sample is cropped and augmented. Plain data: a section of a run file. */
export interface ShardCropOptions {
  /** Side of the random window that is cut out of the stored pictures; default: all of them. */
  sizePixels: number;
  /** Must be what the shards hold. */
  frames: number;
  /**
   * Flips, quarter turns, time reversal, noise and compression. Colour jitter does not apply: it would have
   * to come before the averaging. Default: none, as the samples were augmented when they were made.
   */
  augmentation: AugmentationOptions;
}

export type PartialShardCropOptions = Given<ShardCropOptions>;

const shardCropOptionNames: OptionNames<PartialShardCropOptions> = {
  sizePixels: true,
  frames: true,
  augmentation: true,
};

/** What a sample depends on besides its index. Plain data: it is sent to workers. */
export interface ShardRecipe {
  kind: 'shards';
  folder: string;
  manifest: Pick<ShardManifest, 'count' | 'samplesPerShard' | 'sizePixels' | 'frames'>;
  seed: number;
  options: ShardCropOptions;
}

/**
 * Samples are read out of shards; any `count` consecutive ones from a multiple of it on are all different.
 */
export const shardSource: SourceKind<PartialShardCropOptions, ShardRecipe> = {
  async recipeOf(folder, seed, given) {
    expectOptions(
      given,
      shardCropOptionNames,
      "mixedBatches({ sources: [{ kind: 'shards', folder: 'shards' }], sizePixels: 64, frames: 7, ... })",
    );
    const { count, samplesPerShard, sizePixels, frames } = await readShardManifest(folder);
    const options = {
      sizePixels,
      frames,
      ...given,
      augmentation: { ...noAugmentation, ...given.augmentation },
    };
    requireThat(
      options.frames === frames,
      'frames',
      `${frames}, as the shards in ${folder} hold,`,
      options.frames,
    );
    requireThat(
      Number.isInteger(options.sizePixels) && options.sizePixels >= 1 && options.sizePixels <= sizePixels,
      'sizePixels',
      `at most ${sizePixels}, the size in ${folder},`,
      options.sizePixels,
    );
    requireAugmentation(options.augmentation);
    const manifest = { count, samplesPerShard, sizePixels, frames };
    return { kind: 'shards', folder, manifest, seed, options };
  },
  fileNames: ({ folder }) => ({ folder: basename(folder) }),
  knowsMotion: shardsHoldMotion,
  open(recipe) {
    const { folder, manifest, seed, options } = recipe;
    const shards = new ShardFolder(folder, manifest);
    const storedIndexOf = passesInRandomOrder(manifest.count, seed);
    return {
      async synthesize(sampleIndex) {
        const stored = await shards.read(storedIndexOf(sampleIndex));
        return augmentStored(stored, manifest, options, createRandom(seed, sampleIndex, 4));
      },
      close: () => shards.close(),
    };
  },
};

function augmentStored(
  { blurred, frames, rotationDegrees, cameraTurn, flowsPixels }: ShardSample,
  manifest: ShardRecipe['manifest'],
  options: ShardCropOptions,
  random: Random,
): Sample {
  const { sizePixels: size } = options;
  const augmentation = drawAugmentation(random, options.augmentation);
  const window = drawWindow(random, manifest.sizePixels, size);
  const inTime = <T>(ofFrames: T[]): T[] => (augmentation.reverseTime ? ofFrames.reverse() : ofFrames);
  const toImage = (bytes: Uint8Array): RgbImage => ({
    width: size,
    height: size,
    data: rearrangePixels(
      cut(bytes, 3, window).map((byte) => byte / 255),
      size,
      augmentation,
    ),
  });
  const sample: Sample = {
    blurred: toImage(blurred),
    frames: inTime(splitEvenly(frames, manifest.frames).map(toImage)),
    ...(rotationDegrees !== undefined && { rotationDegrees }),
  };
  if (cameraTurn) {
    sample.cameraTurn = rearrangeTurn(cropTurn(cameraTurn, window.left, window.top), size, augmentation);
    sample.motionPixels = motionOfTurn(sample.cameraTurn, sample.blurred);
  }
  if (flowsPixels) {
    const flows = splitEvenly(flowsPixels, manifest.frames);
    sample.flowsPixels = inTime(
      flows.map((flow) => rearrangeVectors(cut(flow, 2, window), size, augmentation)),
    );
    sample.motionPixels = motionOfFlows(sample.flowsPixels);
  }
  degrade(sample.blurred, augmentation.noiseSigma, options.augmentation, random);
  return sample;
}

/**
 * Which of `count` stored samples is the one with an index: each pass goes through all of them in an order of
 * its own.
 */
function passesInRandomOrder(count: number, seed: number): (sampleIndex: number) => number {
  let orderedPass = -1;
  let order = new Uint32Array();
  return (sampleIndex) => {
    const pass = Math.floor(sampleIndex / count);
    if (pass !== orderedPass) {
      const random = createRandom(seed, pass, 5);
      order = Uint32Array.from({ length: count }, (_, index) => index);
      for (let last = count - 1; last > 0; last--) {
        const place = random.below(last + 1);
        [order[last], order[place]] = [order[place]!, order[last]!];
      }
      orderedPass = pass;
    }
    return order[sampleIndex % count]!;
  };
}

/** A square window of a square picture. */
interface CropWindow {
  left: number;
  top: number;
  size: number;
  /** Side of the whole picture. */
  storedSize: number;
}

function drawWindow(random: Random, storedSize: number, size: number): CropWindow {
  const places = storedSize - size + 1;
  return { left: random.below(places), top: random.below(places), size, storedSize };
}

/** The values of a picture that lie in a window, as floats. */
function cut(
  picture: Uint8Array | Float32Array,
  channels: number,
  { left, top, size, storedSize }: CropWindow,
): Float32Array {
  const values = new Float32Array(size * size * channels);
  const rowLength = size * channels;
  for (let row = 0; row < size; row++) {
    const start = ((top + row) * storedSize + left) * channels;
    values.set(picture.subarray(start, start + rowLength), row * rowLength);
  }
  return values;
}
