import nodePath, { dirname, resolve, type PlatformPath } from 'node:path';
import { readWholeFile } from '@unblur/files';
import { isMapping } from '@unblur/files/parsed-value';
import { stringify } from 'yaml';
import { parsePlainYaml } from './plain-yaml.js';
import { expectConsistentSettings } from './fields.js';
import type { RunSettings } from './fields.js';
import type { Field } from './schema.js';
import type { TrainingSystem } from '../training-system.js';

/** How the run files of a system are read, and what they describe is opened. */
export interface SystemDefinition<Config extends RunSettings = RunSettings> {
  /** The run file's contents: checked, completed, given their type. */
  field: Field<Config>;
  /** The config with every path in it changed; for those that are relative to the run file. */
  changePaths(config: Config, change: (path: string) => string): Config;
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

/** The part of a system's definition that reads run files. */
export type RunReader<Config extends RunSettings> = Pick<SystemDefinition<Config>, 'field' | 'changePaths'>;

/**
 * A run, complete: every default filled in, every path absolute.
 *
 * @param choose the reader, by what the YAML holds.
 * @param file names the run in messages and is what its paths are relative to.
 * @throws if the text is no YAML, a key or value is not known, with its path and the nearest known key, or
 * settings contradict each other.
 */
export function parseRunFile<Config extends RunSettings, Reader extends RunReader<Config>>(
  choose: (mapping: unknown) => Reader & RunReader<Config>,
  yaml: string,
  file: string,
  changes: RunChanges = {},
): { definition: Reader; config: Config } {
  try {
    const mapping = withChanges(parsePlainYaml(yaml), changes);
    const definition = choose(mapping);
    const config = definition.field.read(mapping, '');
    expectConsistentSettings(config);
    return { definition, config: definition.changePaths(config, (path) => resolve(dirname(file), path)) };
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * The resolved run as YAML, with paths relative to the file it is stored in, so that the folder can move with
 * its data.
 */
export function writeRunFile<Config extends RunSettings>(
  { changePaths }: Pick<RunReader<Config>, 'changePaths'>,
  config: Config,
  file: string,
): string {
  return stringify(changePaths(config, (path) => pathFrom(file, path)));
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
