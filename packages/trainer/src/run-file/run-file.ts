import nodePath, { dirname, resolve, type PlatformPath } from 'node:path';
import { readWholeFile } from '@unblur/files';
import { isMapping } from '@unblur/files/parsed-value';
import { stringify } from 'yaml';
import type { RunSettings } from './fields.js';
import type { Field } from './schema.js';
import type { TrainingSystem } from '../training-system.js';

/** How the run files of a system are read, and what they describe is opened. */
export interface SystemDefinition<Config extends RunSettings = RunSettings> {
  /** The run file's contents: checked, completed, given their type. */
  field: Field<Config>;
  /** Reads no file yet: the system's methods do. @throws if parts that are named are none of the network. */
  open(config: Config): TrainingSystem;
}

/** Changes to a run file's mapping, made before it is checked: mappings are merged, all else is replaced. */
export type RunChanges = Record<string, unknown>;

const maxRunFileBytes = 1_000_000;

/** The YAML of a run file. @throws UnblurError if it cannot be read, or is larger than any. */
export function readRunFile(file: string): string {
  return readWholeFile(file, maxRunFileBytes).toString('utf8');
}

/** A run with its paths, which are relative to its file, made absolute. */
export function resolvePaths<Config extends RunSettings>(config: Config, file: string): Config {
  return changePaths(config, (path) => resolve(dirname(file), path));
}

/**
 * The resolved run as YAML, with paths relative to the file it is stored in, so that the folder can move with
 * its data.
 */
export function writeRunFile(config: RunSettings, file: string): string {
  return stringify(changePaths(config, (path) => pathFrom(file, path)));
}

/** What paths are called in the run files of all systems, wherever they stand. */
const pathKeys = ['folder', 'file', 'panoramas', 'initialFlow'];

/** A run, or a part of one, with every path in it changed. */
function changePaths<T>(value: T, change: (path: string) => string): T {
  if (typeof value !== 'object' || value === null) return value;
  const parts = Object.entries(value as Record<string, unknown>).map(
    ([key, part]) =>
      [
        key,
        typeof part === 'string' && pathKeys.includes(key) ? change(part) : changePaths(part, change),
      ] as const,
  );
  // What holds no path stays itself: YAML writes it once where it stands in several places.
  if (parts.every(([key, part]) => part === value[key as keyof T])) return value;
  return (Array.isArray(value) ? parts.map(([, part]) => part) : Object.fromEntries(parts)) as T;
}

/** A path relative to the folder of a file, with slashes, which every system reads. */
export function pathFrom(
  file: string,
  path: string,
  { dirname, relative, resolve, sep }: PlatformPath = nodePath,
): string {
  return relative(dirname(resolve(file)), path).replaceAll(sep, '/');
}

/** Mappings are merged, all else is replaced. */
export function withChanges(value: unknown, changes: RunChanges): unknown {
  if (!isMapping(value)) return Object.keys(changes).length === 0 ? value : changes;
  const changed = { ...value };
  for (const [key, change] of Object.entries(changes)) {
    changed[key] = isMapping(change) && isMapping(value[key]) ? withChanges(value[key], change) : change;
  }
  return changed;
}
