import { basename } from 'node:path';
import { requireThat } from '../option-checks.js';
import type { SourceKind } from '../source-kind.node.js';
import { splitEvenly } from '../stacked-values.js';
import {
  augmentStored,
  expectStoredOptions,
  type PartialStoredSampleOptions,
  passesInRandomOrder,
  requireWindowSize,
  type StoredSample,
  type StoredSampleOptions,
} from '../stored-sample.js';
import type { ShardSetContents } from './shard-division.js';
import { readShardManifest, ShardFolder, shardsHoldMotion } from './shard-folder.node.js';
import type { ShardSample, ShardShape } from './shard-layout.node.js';

/** What a sample depends on besides its index. Plain data: it is sent to workers. */
export interface ShardRecipe {
  kind: 'shards';
  folder: string;
  manifest: ShardSetContents;
  seed: number;
  options: StoredSampleOptions;
}

/** Samples are read out of shards. */
export const shardSource: SourceKind<PartialStoredSampleOptions, ShardRecipe> = {
  async recipeOf(folder, seed, given) {
    const known = expectStoredOptions('shards', given);
    const { count, samplesPerShard, sizePixels, frames } = await readShardManifest(folder);
    const options = { sizePixels, frames, ...known };
    requireThat(
      options.frames === frames,
      'frames',
      `${frames}, as the shards in ${folder} hold,`,
      options.frames,
    );
    requireWindowSize(options.sizePixels, sizePixels, `the size in ${folder}`);
    const manifest = { count, samplesPerShard, sizePixels, frames };
    return { kind: 'shards', folder, manifest, seed, options };
  },
  fileNames: ({ folder }) => ({ folder: basename(folder) }),
  knowsMotion: shardsHoldMotion,
  isStored: true,
  open({ folder, manifest, seed, options }) {
    const shards = new ShardFolder(folder, manifest);
    const storedIndexOf = passesInRandomOrder(manifest.count, seed);
    return {
      async synthesize(sampleIndex) {
        const stored = await shards.read(storedIndexOf(sampleIndex));
        return augmentStored(toStoredSample(stored, manifest), options, seed, sampleIndex);
      },
      close: () => shards.close(),
    };
  },
};

function toStoredSample(
  { blurred, frames, flowsPixels, ...motion }: ShardSample,
  { sizePixels, frames: count }: ShardShape,
): StoredSample {
  const picture = (rgb: Uint8Array) => ({ width: sizePixels, height: sizePixels, rgb });
  return {
    ...motion,
    blurred: picture(blurred),
    frames: splitEvenly(frames, count).map(picture),
    ...(flowsPixels && { flowsPixels: splitEvenly(flowsPixels, count) }),
  };
}
