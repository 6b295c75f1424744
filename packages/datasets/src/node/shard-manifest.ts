import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { explainFileError } from '@unblur/files';
import { maxFrames, maxSizePixels, requireThat } from '../option-checks.js';
import type { ShardContents } from './shard-file.js';

/** `manifest.json`: all that a loader needs to know. */
export interface ShardManifest {
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
export async function readManifest(folder: string): Promise<ShardManifest> {
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
  const { count, samplesPerShard, sizePixels, frames, recipe } = manifest as unknown as ShardManifest;
  requireThat(
    Math.ceil(count / samplesPerShard) <= maxShards,
    `samplesPerShard in ${path}`,
    `so many that ${count} samples fit into ${maxShards} shards`,
    samplesPerShard,
  );
  requireThat(isMapping(recipe), `recipe in ${path}`, 'a mapping', recipe);
  return { count, samplesPerShard, sizePixels, frames, recipe };
}

async function readManifestFile(path: string, folder: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= maxManifestBytes) return await readFile(path, 'utf8');
  } catch (cause) {
    throw new Error(
      `Expected a set of shards with a ${manifestFile} in ${folder}. ${explainFileError('read', path, cause).message}.`,
      { cause },
    );
  }
  throw new Error(
    `Expected at most ${maxManifestBytes} bytes of ${manifestFile} in ${folder} but it is larger.`,
  );
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a manifest says of one of its shards. */
export function shardContents(
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
