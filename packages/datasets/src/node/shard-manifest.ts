import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** `manifest.json`: all that a loader needs to know. */
export interface ShardManifest {
  count: number;
  samplesPerShard: number;
  sizePixels: number;
  frames: number;
  /** What the samples were made from, and how. */
  recipe: Record<string, unknown>;
}

export const MANIFEST_FILE = 'manifest.json';

/** Name of a shard's file. */
export function shardName(index: number): string {
  return `shard-${String(index).padStart(5, '0')}.safetensors`;
}

/** Reads a set's manifest. @throws Error where there is none. */
export async function readManifest(folder: string): Promise<ShardManifest> {
  const path = join(folder, MANIFEST_FILE);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ShardManifest;
  } catch (cause) {
    throw new Error(`Expected a set of shards with a ${MANIFEST_FILE} in ${folder} but could not read it: ${(cause as Error).message}`, { cause });
  }
}
