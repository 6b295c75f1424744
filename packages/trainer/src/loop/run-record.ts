import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { writeAtomicallySync } from '@unblur/files';
import { excerptOfValue, isMapping } from '@unblur/files/parsed-value';
import type { RunSettings } from '../run-file/fields.js';
import { parsePlainYaml } from '../run-file/plain-yaml.js';
import { writeRunFile } from '../run-file/run-file.js';
import { runFiles } from './run-folder.js';

/**
 * Stores in a run's folder what the run does. Where it goes on with other settings than before, those of the
 * steps so far are kept beside it, as `run-until-step-N.yaml`.
 *
 * @param lastStep the step that the run goes on from; `undefined` if it begins.
 * @returns the settings that differ from those before, such as `seed: 1 -> 2`.
 */
export function recordRun(config: RunSettings, runFolder: string, lastStep: number | undefined): string[] {
  const file = join(runFolder, runFiles.config);
  const yaml = writeRunFile(config, file);
  const before = lastStep !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : yaml;
  const changes = before === yaml ? [] : changedSettings(parsedOrNothing(before), parsePlainYaml(yaml));
  if (changes.length > 0) renameSync(file, join(runFolder, recordUntil(lastStep!)));
  writeAtomicallySync(file, yaml);
  return changes;
}

/** Says what changed, to whoever goes on. */
export function changesNote(changes: readonly string[], lastStep: number): string {
  return `going on from step ${lastStep} with other settings: ${changes.join('; ')}. Those until then are in ${recordUntil(lastStep)}.`;
}

/** The name by which the settings of all steps up to one are kept. */
const recordUntil = (step: number): string => `run-until-step-${step}.yaml`;

/** What somebody may have written into it by hand is kept, but cannot be compared. */
function parsedOrNothing(yaml: string): unknown {
  try {
    return parsePlainYaml(yaml);
  } catch {
    return undefined;
  }
}

/** One line each, by their paths; lists are compared as a whole. */
function changedSettings(before: unknown, after: unknown, path = ''): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isMapping(before) || !isMapping(after)) {
    return [`${path || 'all'}: ${excerptOfValue(before)} -> ${excerptOfValue(after)}`];
  }
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    changedSettings(before[key], after[key], path ? `${path}.${key}` : key),
  );
}
