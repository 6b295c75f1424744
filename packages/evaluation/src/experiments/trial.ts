import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { makeFolder, writeAtomically } from '@unblur/files';
import { createRestorer } from '@unblur/inference';
import { evaluateFolder, identityRestorer, type PhotographReport } from '../photographs.js';
import type { Experiment, ExperimentRow } from './experiment.js';
import { planRowNetwork, setProgress, type TrainedNetwork, type TrialSettings } from './row-network.js';
import { makeSampleSets, setFolders } from './sample-sets.js';
import { readStoredJson, toPlain } from './stored-json.js';

/** One row with one seed, evaluated. */
export interface Trial {
  /** `null`: nothing was trained, so there is no seed. */
  seed: number | null;
  /** `null`: the blurred photograph itself. */
  network: TrainedNetwork | null;
  /** By the name of the set. */
  scores: Record<string, SetScores>;
}

export type SetScores = Omit<PhotographReport, 'perSample'>;

interface StoredTrial extends Trial {
  recipe: unknown;
}

const scoresFile = 'scores.json';

/** A row with a seed: as it was evaluated before, or how it is. */
export interface PlannedTrial {
  /** Whether the seed matters: where nothing is trained, one trial is enough. */
  isSeeded: boolean;
  /** `undefined` where it is still to do. */
  done: Trial | undefined;
  /**
   * Trains (or takes) the row's network and evaluates it on the experiment's sets. A run that was stopped
   * goes on.
   *
   * @returns `undefined` if training was interrupted.
   * @throws if the results hold a run of another recipe.
   */
  run(): Promise<Trial | undefined>;
}

/** @param seed of the run; not read where nothing is trained. */
export async function planTrial(
  experiment: Experiment,
  row: ExperimentRow,
  seed: number,
  settings: TrialSettings,
): Promise<PlannedTrial> {
  const results = join(settings.out, experiment.name);
  const source = await planRowNetwork(experiment, row, seed, settings);
  const folder = join(results, row.name, ...(source.isSeeded ? [`seed-${seed}`] : []));
  const recipe = toPlain({
    network: source.recipe,
    // Scores are found by the name of their set: under another name they are others.
    sets: Object.fromEntries(Object.keys(experiment.evaluation).map((name) => [name, experiment.sets[name]])),
  });
  const stored = await readStoredJson<StoredTrial>(join(folder, scoresFile));
  const folders = setFolders(experiment, results);
  // Earlier versions did not score motion.
  const knowsMotion =
    !experiment.metrics.includes('epe') ||
    Object.values(stored?.scores ?? {}).every(({ motion }) => motion !== undefined);
  const done = stored && knowsMotion && isDeepStrictEqual(stored.recipe, recipe) ? stored : undefined;

  async function run(): Promise<Trial | undefined> {
    const opened = await source.open();
    if (opened === undefined) return undefined;
    await makeSampleSets(experiment, folders, setProgress(settings));
    const restorer =
      opened &&
      (await createRestorer({
        weights: opened.weights,
        ...(settings.threads && { threads: settings.threads }),
      }));
    const scores: Record<string, SetScores> = {};
    for (const set of Object.keys(experiment.evaluation)) {
      const onSample = (done: number, total: number) =>
        settings.onSample(done, total, `${row.name} on ${set}`);
      const { perSample: _perSample, ...report } = await evaluateFolder(
        folders[set]!,
        restorer ?? identityRestorer,
        {
          signal: settings.signal,
          onSample,
        },
      );
      scores[set] = report;
    }
    await restorer?.release();
    const trial: Trial = { seed: source.isSeeded ? seed : null, network: opened && opened.network, scores };
    await makeFolder(folder);
    await writeAtomically(join(folder, scoresFile), JSON.stringify({ ...trial, recipe }, null, 1));
    return trial;
  }
  return { isSeeded: source.isSeeded, done, run };
}
