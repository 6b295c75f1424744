import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expectOptions, type OptionNames } from '@unblur/files';
import { requirePositiveInteger, requireThat } from '../option-checks.js';
import { displayBytes } from '../pictures/picture-bytes.js';
import type { Sample, SampleValues } from '../sample.js';
import { samplesOfShard, shardCountOf, shardName } from '../shards/shard-division.js';
import type { ShardSample, ShardShape } from '../shards/shard-layout.node.js';
import {
  manifestFile,
  requireThisVersion,
  type ShardManifest,
  shardVersion,
} from '../shards/shard-manifest.node.js';
import { ShardWriter } from '../shards/shard-writer.node.js';
import { concatenate } from '../stacked-values.js';
import { describeRecipe, recipeOfSource, type SampleSource } from '../stream/recipes.node.js';
import { readAhead } from '../stream/sample-stream.node.js';
import { createSynthesisPool } from '../stream/synthesis-pool.node.js';
import { workInClaimedFolder } from './claimed-folder.node.js';
import { makeSamples } from './sample-set.node.js';

const defaultSamplesPerShard = 256;

/** How a set of shards is made. `part`, `workers` and `cacheMegabytes` do not change what is in them. */
export interface ShardSetOptions {
  source: SampleSource;
  seed: number;
  /** Where the shards go, with `manifest.json`. */
  out: string;
  /** Samples in the whole set. */
  count: number;
  /** Default 256; the last shard may have fewer. */
  samplesPerShard?: number | undefined;
  /**
   * Which part of the job this is: [i, n] makes the shards i, i + n, i + 2n, ... (i from 0). Default [0, 1]:
   * all.
   */
  part?: [index: number, parts: number] | undefined;
  /** Worker threads; 0 makes the samples in the calling thread. Default 1. */
  workers?: number | undefined;
  /** Memory for decoded pictures, in MiB, over all workers. Default 2048. */
  cacheMegabytes?: number | undefined;
  /** Called after each sample, counting this part's; those of finished shards count at once. */
  onProgress?: ((done: number, count: number) => void) | undefined;
  /** Stops the job between two samples; the shard in hand is given up. */
  signal?: AbortSignal | undefined;
}

const shardSetOptionNames: OptionNames<ShardSetOptions> = {
  source: true,
  seed: true,
  out: true,
  count: true,
  samplesPerShard: true,
  part: true,
  workers: true,
  cacheMegabytes: true,
  onProgress: 'function',
  signal: 'signal',
};

/**
 * Makes (a part of) a set of shards: blurred pictures with their frames, and what is known of the motion (the
 * camera's turn for panoramas, optical flow for layers). A shard appears under its name once it is whole; the same
 * call completes a job that was stopped, and no shard is made twice.
 *
 * @returns how many of its samples were there already and are kept.
 * @throws Error where `out` holds another set, or one made by another version; where a file of the source
 * cannot be used; where the disk is full. A shard that could not be finished is removed.
 */
export async function synthesizeShards(options: ShardSetOptions): Promise<{ kept: number }> {
  const {
    source,
    seed,
    out,
    count,
    samplesPerShard = defaultSamplesPerShard,
    part: [partIndex, parts] = [0, 1],
    workers = 1,
    cacheMegabytes = 2048,
    onProgress = () => {},
    signal,
  } = expectSet(options);
  const shards = shardsOfPart(count, samplesPerShard, [partIndex, parts]);
  const recipe = await recipeOfSource(source, seed);
  const { sizePixels, frames } = recipe.options;
  const manifest: ShardManifest = {
    version: shardVersion,
    count,
    samplesPerShard,
    sizePixels,
    frames,
    recipe: describeRecipe(recipe),
  };
  await requireThisVersion(out);
  const ownCount = shards.reduce((sum, { first, end }) => sum + end - first, 0);
  let done = 0;
  let kept = 0;
  await workInClaimedFolder(
    out,
    { fileName: manifestFile, description: manifest, part: [partIndex, parts] },
    async () => {
      const pool = createSynthesisPool(recipe, workers, cacheMegabytes * 2 ** 20);
      try {
        for (const { shard, first, end } of shards) {
          const path = join(out, shardName(shard));
          if (existsSync(path)) {
            kept += end - first;
            onProgress((done += end - first), ownCount);
          } else {
            let next = first;
            const samples = readAhead(
              () => (next < end ? pool.synthesize(next++) : undefined),
              // Two samples per worker are under way, so that no worker waits while one is written.
              Math.max(2 * workers, 1) - 1,
            );
            await writeShard(path, end - first, { sizePixels, frames }, samples, () => {
              signal?.throwIfAborted();
              onProgress(++done, ownCount);
            });
          }
        }
      } finally {
        await pool.close();
      }
    },
  );
  return { kept };
}

/**
 * The first samples that `synthesizeShards` would make, and their indices in the set, without writing them.
 *
 * @param most samples to make; fewer where the part has fewer, or none.
 * @throws as `synthesizeShards` does.
 */
export async function previewShards(
  options: Pick<ShardSetOptions, 'source' | 'seed' | 'count' | 'samplesPerShard' | 'part'>,
  most: number,
): Promise<{ samples: Sample[]; indices: number[] }> {
  const { source, seed, count, samplesPerShard = defaultSamplesPerShard, part = [0, 1] } = expectSet(options);
  const indices = shardsOfPart(count, samplesPerShard, part)
    .slice(0, most)
    .flatMap(({ first, end }) =>
      Array.from({ length: Math.min(end - first, most) }, (_, place) => first + place),
    )
    .slice(0, most);
  return { samples: await makeSamples(await recipeOfSource(source, seed), indices), indices };
}

/** @throws UnblurError unless these are options of a set of shards, or some of them. */
function expectSet<Options extends Partial<ShardSetOptions>>(options: Options): Options {
  return expectOptions<object>(
    options,
    shardSetOptionNames,
    "synthesizeShards({ source: { kind: 'panorama', folder: 'panoramas' }, out: 'shards', count: 8, seed: 1 })",
  ) as Options;
}

/** The shards of a part of a set, each with its first sample and the one after its last. */
function shardsOfPart(
  count: number,
  samplesPerShard: number,
  [partIndex, parts]: [number, number],
): { shard: number; first: number; end: number }[] {
  requireThat(
    Number.isInteger(parts) && Number.isInteger(partIndex) && partIndex >= 0 && partIndex < parts,
    'part',
    '[i, n] with i from 0 to n - 1',
    [partIndex, parts],
  );
  requirePositiveInteger('count', count);
  requirePositiveInteger('samplesPerShard', samplesPerShard);
  const set = { count, samplesPerShard };
  return Array.from({ length: shardCountOf(set) }, (_, shard) => ({
    shard,
    ...samplesOfShard(set, shard),
  })).filter(({ shard }) => shard % parts === partIndex);
}

async function writeShard(
  path: string,
  count: number,
  shape: ShardShape,
  samples: AsyncIterable<SampleValues>,
  onSample: () => void,
): Promise<void> {
  let writer: ShardWriter | undefined;
  try {
    for await (const values of samples) {
      const sample = toShardSample(values);
      // What is known of one sample of a source is known of all.
      writer ??= await ShardWriter.create(path, count, shape, {
        rotationDegrees: sample.rotationDegrees !== undefined,
        cameraTurn: sample.cameraTurn !== undefined,
        flowsPixels: sample.flowsPixels !== undefined,
      });
      await writer.add(sample);
      onSample();
    }
    await writer?.finish();
  } catch (error) {
    await writer?.discard();
    throw error;
  }
}

function toShardSample({
  blurred,
  frames,
  rotationDegrees,
  cameraTurn,
  flowsPixels,
}: SampleValues): ShardSample {
  return {
    blurred: displayBytes([blurred]),
    frames: displayBytes(frames),
    ...(rotationDegrees !== undefined && { rotationDegrees }),
    ...(cameraTurn && { cameraTurn }),
    ...(flowsPixels && { flowsPixels: concatenate(flowsPixels) }),
  };
}
