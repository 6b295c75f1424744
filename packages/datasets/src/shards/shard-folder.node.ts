import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { samplesOfShard, shardCountOf, shardName, type ShardSetContents } from './shard-division.js';
import type { ShardSample } from './shard-layout.node.js';
import { readManifest, type ShardManifest } from './shard-manifest.node.js';
import { ShardReader } from './shard-reader.node.js';

/** The shards of a set, opened as they are needed. */
export class ShardFolder {
  readonly #readers = new Map<number, Promise<ShardReader>>();
  readonly #underWay = new Set<Promise<ShardSample>>();

  readonly #folder: string;
  readonly #contents: ShardSetContents;
  constructor(folder: string, contents: ShardSetContents) {
    this.#folder = folder;
    this.#contents = contents;
  }

  /**
   * @throws Error where a shard is missing, damaged, or holds something else than the manifest says, by name.
   */
  read(sample: number): Promise<ShardSample> {
    const reading = this.#read(sample);
    this.#underWay.add(reading);
    return reading.finally(() => this.#underWay.delete(reading));
  }

  /** Waits for what is being read. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    for (const reader of await Promise.allSettled(this.#readers.values())) {
      if (reader.status === 'fulfilled') await reader.value.close();
    }
  }

  async #read(sample: number): Promise<ShardSample> {
    const { samplesPerShard } = this.#contents;
    return (await this.#reader(Math.floor(sample / samplesPerShard))).read(sample % samplesPerShard);
  }

  #reader(shard: number): Promise<ShardReader> {
    const known = this.#readers.get(shard);
    if (known) return known;
    const reader = this.#openShard(shard);
    this.#readers.set(shard, reader);
    return reader;
  }

  async #openShard(shard: number): Promise<ShardReader> {
    const path = join(this.#folder, shardName(shard));
    const { first, end } = samplesOfShard(this.#contents, shard);
    const reader = await ShardReader.open(path, { ...this.#contents, count: end - first });
    if (shard === 0) return reader;
    try {
      // Whichever is opened first: the first shard says what all of them hold.
      const { holds } = await this.#reader(0);
      if (reader.holds === holds) return reader;
      throw new Error(
        `Expected the tensors ${holds} in ${path}, as in the first shard, but it holds ${reader.holds}.`,
      );
    } catch (error) {
      await reader.close();
      throw error;
    }
  }
}

/**
 * Reads a set's manifest and compares it with the set's first and last shard, before any memory is allocated
 * for what it claims.
 * @throws Error where there is no manifest, a field of it makes no sense, or it does not fit the shards.
 */
export async function readShardManifest(folder: string): Promise<ShardManifest> {
  const manifest = await readManifest(folder);
  const shardCount = shardCountOf(manifest);
  if (existsSync(join(folder, shardName(shardCount)))) {
    throw new Error(
      `Expected ${shardCount} shards in ${folder}, as its manifest says, but received ${shardName(shardCount)} too.`,
    );
  }
  const shards = new ShardFolder(folder, manifest);
  try {
    for (const sample of new Set([0, manifest.count - 1])) await shards.read(sample);
  } finally {
    await shards.close();
  }
  return manifest;
}

/** Whether the motion of a set's samples is stored with them. @throws as `readShardManifest` and `ShardFolder` do. */
export async function shardsHoldMotion(folder: string): Promise<boolean> {
  const shards = new ShardFolder(folder, await readShardManifest(folder));
  try {
    const { cameraTurn, flowsPixels } = await shards.read(0);
    return cameraTurn !== undefined || flowsPixels !== undefined;
  } finally {
    await shards.close();
  }
}
