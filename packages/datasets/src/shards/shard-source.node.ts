import type { RgbImage } from '@unblur/metrics';
import {
  type AugmentationOptions,
  degrade,
  drawAugmentation,
  noAugmentation,
  rearrangePixels,
  requireAugmentation,
} from '../augmentation.js';
import { requireThat } from '../option-checks.js';
import { createRandom, type Random } from '../random.js';
import type { Sample } from '../sample.js';
import { readShardManifest, ShardFolder, type ShardManifest } from './shard-folder.node.js';

/** What is made of a stored sample. Plain data: a section of a run file. */
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

export type PartialShardCropOptions = Partial<Omit<ShardCropOptions, 'augmentation'>> & {
  augmentation?: Partial<AugmentationOptions>;
};

/** What a sample depends on besides its index. Plain data: it is sent to workers. */
export interface ShardRecipe {
  kind: 'shards';
  folder: string;
  manifest: Pick<ShardManifest, 'count' | 'samplesPerShard' | 'sizePixels' | 'frames'>;
  seed: number;
  options: ShardCropOptions;
}

/** @throws Error where there is no manifest, RangeError where the shards do not hold what is asked for. */
export async function shardRecipe(
  folder: string,
  seed: number,
  given: PartialShardCropOptions,
): Promise<ShardRecipe> {
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
  return { kind: 'shards', folder, manifest: { count, samplesPerShard, sizePixels, frames }, seed, options };
}

/**
 * Reads samples out of shards: sample i is a function of the recipe and i alone, and any `count` consecutive
 * ones from a multiple of it on are all different.
 */
export class ShardSynthesizer {
  readonly #shards: ShardFolder;
  #pass = -1;
  #order = new Uint32Array();

  readonly #recipe: ShardRecipe;
  constructor(recipe: ShardRecipe) {
    this.#recipe = recipe;
    this.#shards = new ShardFolder(recipe.folder, recipe.manifest);
  }

  async synthesize(sampleIndex: number): Promise<Sample> {
    const { seed, options, manifest } = this.#recipe;
    const { blurred, frames, rotationDegrees } = await this.#shards.read(this.#storedIndex(sampleIndex));

    const random = createRandom(seed, sampleIndex, 4);
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

  close(): Promise<void> {
    return this.#shards.close();
  }

  /** Each pass goes through all samples in an order of its own. */
  #storedIndex(sampleIndex: number): number {
    const {
      seed,
      manifest: { count },
    } = this.#recipe;
    const pass = Math.floor(sampleIndex / count);
    if (pass !== this.#pass) {
      const random = createRandom(seed, pass, 5);
      this.#order = Uint32Array.from({ length: count }, (_, index) => index);
      for (let last = count - 1; last > 0; last--) {
        const place = random.below(last + 1);
        [this.#order[last], this.#order[place]] = [this.#order[place]!, this.#order[last]!];
      }
      this.#pass = pass;
    }
    return this.#order[sampleIndex % count]!;
  }
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
