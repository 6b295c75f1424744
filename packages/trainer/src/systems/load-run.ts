import { frameExtractionDefinition } from './frame-extraction/frame-extraction-system.js';
import { paperDefinition } from './paper/paper-system.js';
import { photoDefinition } from './photo/photo-system.js';
import type { PhotoRun } from './photo/photo-run.js';
import { expectConsistentSettings } from '../run-file/fields.js';
import type { RunSettings } from '../run-file/fields.js';
import { parsePlainYaml } from '../run-file/plain-yaml.js';
import { readRunFile, resolvePaths, withChanges } from '../run-file/run-file.js';
import type { RunChanges, SystemDefinition } from '../run-file/run-file.js';
import { oneOf, readMapping, withDefault } from '../run-file/schema.js';
import { clipDefinition } from './clip/clip-system.js';
import { videoDeblurDefinition } from './video-deblur/video-deblur-system.js';

/** All that can be trained, by the `system` of a run file. */
const definitions = {
  photo: photoDefinition,
  paper: paperDefinition,
  'frame-extraction': frameExtractionDefinition,
  'video-deblur': videoDeblurDefinition,
  clip: clipDefinition,
} as const;

type SystemName = keyof typeof definitions;

const systemName = withDefault(oneOf(...(Object.keys(definitions) as SystemName[])), 'photo');

/** A run of any system, and how it is opened. */
export interface LoadedRun {
  definition: SystemDefinition;
  /** Complete: every default filled in, every path absolute. */
  config: RunSettings;
}

/**
 * Reads a run file.
 *
 * @param file YAML; paths in it are relative to its folder.
 * @throws if the file cannot be read, is no YAML, or a key or value is not known, with its path and the
 * nearest known key, or settings contradict each other.
 */
export function loadRun(file: string, changes: RunChanges = {}): LoadedRun {
  return parseRun(readRunFile(file), file, changes);
}

/** `loadRun` of YAML that is read as if it lay at `file`. */
export function parseRun(yaml: string, file: string, changes: RunChanges = {}): LoadedRun {
  try {
    const mapping = withChanges(parsePlainYaml(yaml), changes);
    const system = systemName.read(readMapping(mapping, '')['system'], 'system');
    const definition = definitions[system] as SystemDefinition;
    const config = definition.field.read(mapping, '');
    expectConsistentSettings(config);
    return { definition, config: resolvePaths(config, file) };
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** Reads a run file of the photo network; see `loadRun`. @throws too if it is of another system. */
export function loadPhotoRun(file: string): PhotoRun {
  const { config } = loadRun(file);
  if (config.system !== 'photo') {
    throw new Error(`${file}: Expected 'photo' for 'system' but received '${config.system}'.`);
  }
  return config as PhotoRun;
}
