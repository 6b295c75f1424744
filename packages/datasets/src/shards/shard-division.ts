/** What is in a set of shards. */
export interface ShardSetContents {
  /** Samples of the whole set. */
  count: number;
  /** The last shard may have fewer. */
  samplesPerShard: number;
  sizePixels: number;
  frames: number;
}

/** How the samples of a set are divided into shards: in their order. */
type Division = Pick<ShardSetContents, 'count' | 'samplesPerShard'>;

export function shardCountOf({ count, samplesPerShard }: Division): number {
  return Math.ceil(count / samplesPerShard);
}

/** The first sample of a shard, and the one after its last. */
export function samplesOfShard(
  { count, samplesPerShard }: Division,
  shard: number,
): { first: number; end: number } {
  return { first: shard * samplesPerShard, end: Math.min((shard + 1) * samplesPerShard, count) };
}

/** Name of a shard's file. */
export function shardName(shard: number): string {
  return `shard-${String(shard).padStart(5, '0')}.safetensors`;
}
