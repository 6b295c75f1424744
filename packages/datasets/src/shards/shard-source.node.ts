import { basename } from 'node:path';
import type { RgbImage } from '@unblur/metrics';
import {
  type AugmentationOptions,
  degrade,
  drawAugmentation,
  noAugmentation,
  rearrangePixels,
  requireAugmentation,
} from '../augmentation.js';
import type { Given } from '../exposure-options.js';
import { requireThat } from '../option-checks.js';
import { createRandom, type Random } from '../random.js';
import type { Sample } from '../sample.js';
import type { SourceKind } from '../stream/source-kind.node.js';
import type { ShardSample } from './shard-file.node.js';
import { readShardManifest, ShardFolder, type ShardManifest } from './shard-folder.node.js';

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
  { blurred, frames, rotationDegrees }: ShardSample,
  manifest: ShardRecipe['manifest'],
  options: ShardCropOptions,
  random: Random,
): Sample {
  const augmentation = drawAugmentation(random, options.augmentation);
  const cut = cropDrawer(random, manifest.sizePixels, options.sizePixels);
  const toImage = (bytes: Uint8Array): RgbImage => ({
    width: options.sizePixels,
    height: options.sizePixels,
    data: rearrangePixels(cut(bytes), options.sizePixels, augmentation),
  });
  const imageBytes = manifest.sizePixels ** 2 * 3;
  const latent = Array.from({ length: manifest.frames }, (_, index) =>
    toImage(frames.subarray(index * imageBytes, (index + 1) * imageBytes)),
  );
  if (augmentation.reverseTime) latent.reverse();
  const sample: Sample = {
    blurred: toImage(blurred),
    frames: latent,
    ...(rotationDegrees !== undefined && { rotationDegrees }),
  };
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

/** Cuts one random square window out of every picture it is given, as values in [0, 1]. */
function cropDrawer(random: Random, storedSize: number, size: number): (bytes: Uint8Array) => Float32Array {
  const left = random.below(storedSize - size + 1);
  const top = random.below(storedSize - size + 1);
  return (bytes) => {
    const values = new Float32Array(size * size * 3);
    for (let row = 0, target = 0; row < size; row++) {
      const start = ((top + row) * storedSize + left) * 3;
      for (let i = 0; i < size * 3; i++) values[target++] = bytes[start + i]! / 255;
    }
    return values;
  };
}
