import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { explainFileError, UnblurError } from '@unblur/files';
import { isMapping, parseMapping } from '@unblur/files/parsed-value';
import { maxFrames, maxSizePixels, requireThat } from '../option-checks.js';
import { type ShardContents, ShardReader, type ShardSample } from './shard-file.node.js';

/** Of the sets that are made. The first, without a number, held of panoramas' motion the angle alone. */
export const shardVersion = 2;

/** `manifest.json`: all that a loader needs to know. */
export interface ShardManifest {
  /** `shardVersion`; none of sets of the first. */
  version?: number;
  count: number;
  samplesPerShard: number;
  sizePixels: number;
  frames: number;
  /** What the samples were made from, and how. */
  recipe: Record<string, unknown>;
}

export const manifestFile = 'manifest.json';

/** Name of a shard's file. */
export function shardName(index: number): string {
  return `shard-${String(index).padStart(5, '0')}.safetensors`;
}

/**
 * Bounds of what a manifest may say: shards are numbered by five digits, and a set's order is held in memory.
 */
const bounds = {
  count: 100_000_000,
  samplesPerShard: 100_000_000,
  sizePixels: maxSizePixels,
  frames: maxFrames,
} as const;

const maxShards = 100_000;

const maxManifestBytes = 50_000_000;

/**
 * Reads a set's manifest. @throws Error in one line where there is none, with the field that makes no sense
 * and what it may be.
 */
async function readManifest(folder: string): Promise<ShardManifest> {
  const path = join(folder, manifestFile);
  const text = await readManifestFile(path, folder);
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (cause) {
    throw new Error(
      `Expected a set of shards with a ${manifestFile} in ${folder} but the file is not JSON: it is damaged.`,
      { cause },
    );
  }
  if (!isMapping(manifest)) throw new Error(`Expected a mapping in ${path} but it holds something else.`);
  for (const [field, most] of Object.entries(bounds)) {
    const value = manifest[field];
    requireThat(
      Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most,
      `${field} in ${path}`,
      `a whole number from 1 to ${most}`,
      value,
    );
  }
  const { version, count, samplesPerShard, sizePixels, frames, recipe } =
    manifest as unknown as ShardManifest;
  requireThat(
    Math.ceil(count / samplesPerShard) <= maxShards,
    `samplesPerShard in ${path}`,
    `so many that ${count} samples fit into ${maxShards} shards`,
    samplesPerShard,
  );
  requireThat(
    version === undefined || version === shardVersion,
    `version in ${path}`,
    `${shardVersion}, or absent (sets of a newer version need a newer unblur),`,
    version,
  );
  requireThat(isMapping(recipe), `recipe in ${path}`, 'a mapping', recipe);
  return { ...(version && { version }), count, samplesPerShard, sizePixels, frames, recipe };
}

/**
 * @throws UnblurError where a folder holds a set of another version, which cannot be completed: what its samples
 * hold differs.
 */
export async function requireThisVersion(folder: string): Promise<void> {
  const path = join(folder, manifestFile);
  const manifest = existsSync(path) ? parseMapping(await readFile(path, 'utf8')) : undefined;
  if (!manifest || manifest['version'] === shardVersion) return;
  const made = manifest['version'] === undefined ? 'an older' : 'another';
  throw new UnblurError(
    `Expected ${folder} to be new or to hold shards as this version makes them but those there were made by ${made} version of unblur, and a set of two versions would not be one; choose another folder.`,
  );
}

async function readManifestFile(path: string, folder: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= maxManifestBytes) return await readFile(path, 'utf8');
  } catch (cause) {
    throw new Error(
      `Expected a set of shards with a ${manifestFile} in ${folder}. ${explainFileError('read', path, cause).message}. Folders of blur.png, frame-0.png ... are a source of kind samples.`,
      { cause },
    );
  }
  throw new Error(
    `Expected at most ${maxManifestBytes} bytes of ${manifestFile} in ${folder} but it is larger.`,
  );
}

/** What a manifest says of one of its shards. */
function shardContents(
  {
    count,
    samplesPerShard,
    sizePixels,
    frames,
  }: Pick<ShardManifest, 'count' | 'samplesPerShard' | 'sizePixels' | 'frames'>,
  shard: number,
): ShardContents {
  return {
    count: Math.min((shard + 1) * samplesPerShard, count) - shard * samplesPerShard,
    sizePixels,
    frames,
  };
}

/** The shards of a set, opened as they are needed. */
export class ShardFolder {
  readonly #readers = new Map<number, Promise<ShardReader>>();
  readonly #underWay = new Set<Promise<ShardSample>>();

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
    const { samplesPerShard } = this.#manifest;
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
    const reader = await ShardReader.open(path, shardContents(this.#manifest, shard));
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
  const shardCount = Math.ceil(manifest.count / manifest.samplesPerShard);
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
