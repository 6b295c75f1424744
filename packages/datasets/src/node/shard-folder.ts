import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ShardReader, type ShardSample } from './shard-file.js';
import { readManifest, shardContents, shardName, type ShardManifest } from './shard-manifest.js';

/** The shards of a set, opened as they are needed. */
export class ShardFolder {
  readonly #readers = new Map<number, Promise<ShardReader>>();
  /** Names of the tensors in every shard. */
  #holds: string | undefined;

  readonly #manifest: Pick<ShardManifest, 'count' | 'samplesPerShard' | 'sizePixels' | 'frames'>;
  readonly #folder: string;
  constructor(
    folder: string,
    manifest: Pick<ShardManifest, 'count' | 'samplesPerShard' | 'sizePixels' | 'frames'>,
  ) {
    this.#manifest = manifest;
    this.#folder = folder;
  }

  /**
   * @throws Error where a shard is missing, damaged, or holds something else than the manifest says, by name.
   */
  async read(sample: number): Promise<ShardSample> {
    const { samplesPerShard } = this.#manifest;
    return (await this.#reader(Math.floor(sample / samplesPerShard))).read(sample % samplesPerShard);
  }

  async close(): Promise<void> {
    for (const reader of await Promise.allSettled(this.#readers.values())) {
      if (reader.status === 'fulfilled') await reader.value.close();
    }
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
    const reader = await ShardReader.open(path, shardContents(this.#manifest, shard));
    this.#holds ??= reader.holds;
    if (reader.holds === this.#holds) return reader;
    await reader.close();
    throw new Error(
      `Expected the tensors ${this.#holds} in ${path}, as in the other shards, but it holds ${reader.holds}.`,
    );
  }
}

/**
 * Reads a set's manifest and compares it with the set's first and last shard, before anything is made as
 * large as it says.
 * @throws Error where there is no manifest, a field of it makes no sense, or it does not fit the shards.
 */
export async function readShardManifest(folder: string): Promise<ShardManifest> {
  const manifest = await readManifest(folder);
  const shardCount = Math.ceil(manifest.count / manifest.samplesPerShard);
  if (existsSync(join(folder, shardName(shardCount)))) {
    throw new Error(
      `Expected ${shardCount} shards in ${folder}, as its manifest says, but there is ${shardName(shardCount)} too.`,
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
