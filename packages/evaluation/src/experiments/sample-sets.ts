import { join } from 'node:path';
import { findSampleFiles, listSampleFolders, synthesizeSampleSet, synthesizeShards } from '@unblur/datasets';
import { UnblurError } from '@unblur/files';
import type { Experiment } from './experiment.js';

export interface SampleSetProgress {
  signal: AbortSignal;
  onSample(done: number, total: number, set: string): void;
}

/**
 * Where each set of an experiment is: made ones in the experiment's own results, the others where the
 * experiment says.
 */
export function setFolders({ sets }: Pick<Experiment, 'sets'>, results: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sets).map(([name, set]) => [
      name,
      'source' in set ? join(results, 'sets', name) : set.folder,
    ]),
  );
}

/**
 * Looks at the folders that rows are evaluated on, which is done after hours of training. @throws UnblurError
 * if one is missing, or a sample in it is not whole or lacks the flow that a metric is told by.
 */
export function expectEvaluationFolders({
  sets,
  evaluation,
  metrics,
}: Pick<Experiment, 'sets' | 'evaluation' | 'metrics'>): void {
  for (const name of Object.keys(evaluation)) {
    const set = sets[name]!;
    if ('source' in set) continue;
    for (const sample of listSampleFolders(set.folder)) {
      const { flowPaths } = findSampleFiles(sample);
      if (metrics.includes('epe') && flowPaths.length === 0) {
        throw new UnblurError(
          `Expected flow-0.flo ... in ${sample}, since the metrics have epe, which is told by the true flow; make the set with --flow, or leave epe out`,
        );
      }
    }
  }
}

/** Makes the sets that are to be made; what is there already is kept. */
export async function makeSampleSets(
  { sets }: Pick<Experiment, 'sets'>,
  folders: Record<string, string>,
  { signal, onSample }: SampleSetProgress,
): Promise<void> {
  for (const [name, set] of Object.entries(sets)) {
    if (!('source' in set)) continue;
    const { source, count, seed, format, flow } = set;
    const job = {
      source,
      count,
      seed,
      out: folders[name]!,
      signal,
      onProgress: (done: number, total: number) => onSample(done, total, name),
    };
    // Shards hold the motion anyway.
    if (format === 'shards') await synthesizeShards(job);
    else await synthesizeSampleSet({ ...job, flow });
  }
}

const setPrefix = 'set:';

/**
 * A run's changes with every text `set:<name>` turned into the folder of that set. @throws for a set that the
 * experiment has not.
 */
export function withSetFolders(value: unknown, folders: Record<string, string>): unknown {
  if (typeof value === 'string' && value.startsWith(setPrefix)) {
    const name = value.slice(setPrefix.length);
    const folder = folders[name];
    if (folder === undefined) {
      throw new Error(
        `Expected one of the experiment's sets (${Object.keys(folders).join(', ')}) but received '${value}'.`,
      );
    }
    return folder;
  }
  if (Array.isArray(value)) return value.map((entry) => withSetFolders(entry, folders));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, withSetFolders(entry, folders)]),
    );
  }
  return value;
}

/** The sets that a run's changes name as `set:<name>`. */
export function setsNamedIn(changes: unknown, sets: Experiment['sets']): Experiment['sets'] {
  const text = JSON.stringify(changes);
  return Object.fromEntries(
    Object.entries(sets).filter(([name]) => text.includes(JSON.stringify(setPrefix + name))),
  );
}
