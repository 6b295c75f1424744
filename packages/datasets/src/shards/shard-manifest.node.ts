import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { explainFileError, UnblurError } from '@unblur/files';
import { isMapping, parseMapping } from '@unblur/files/parsed-value';
import { maxFrames, maxSizePixels, requireThat } from '../option-checks.js';
import { shardCountOf, type ShardSetContents } from './shard-division.js';

/** Of the sets that are made. The first, without a number, held of panoramas' motion the angle alone. */
export const shardVersion = 2;

/** `manifest.json`: all that a loader needs to know. */
export interface ShardManifest extends ShardSetContents {
  /** `shardVersion`; none of sets of the first. */
  version?: number;
  /** What the samples were made from, and how. */
  recipe: Record<string, unknown>;
}

export const manifestFile = 'manifest.json';

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
  const { version, count, samplesPerShard, sizePixels, frames, recipe } =
    manifest as unknown as ShardManifest;
  requireThat(
    shardCountOf({ count, samplesPerShard }) <= maxShards,
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
