import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { writeAtomically } from '@unblur/files';
import type { EvaluationReport } from '@unblur/metrics';
import type { Experiment, ExperimentRow, RowOrigin, RunChanges } from '@unblur/trainer';
import type { FrameRestorer } from '@unblur/inference';
import { readChosenWeights } from '../weights-choice.js';
import { makeSampleSets, setFolders, withSetFolders } from './sample-sets.js';
import type { SampleSetProgress } from './sample-sets.js';

/** What the trials of an experiment have in common. */
export interface TrialSettings {
  /** Folder of the experiments' files. */
  experiments: string;
  /** Folder of all results: `<experiment>/<row>/seed-<n>`. */
  out: string;
  /** Instead of the run files'. */
  engine?: 'onnxruntime' | 'torch';
  threads?: number;
  signal: AbortSignal;
  onSample(done: number, total: number, label: string): void;
  report(line: string): void;
}

/** A network after training, as its weights file tells. */
export interface TrainedNetwork {
  parameters: number;
  /**
   * For each pixel of the photograph, of every layer once: of the photo network, for one frame beside the
   * middle one. `null`: not counted, as for Jin et al.
   */
  multiplyAddsPerPixel: number | null;
  /** `null`: the file does not say. */
  steps: number | null;
  samples: number | null;
}

/** One row with one seed, evaluated. */
export interface Trial {
  /** `null`: nothing was trained, so there is no seed. */
  seed: number | null;
  /** `null`: the blurred photograph itself. */
  network: TrainedNetwork | null;
  /** By the name of the set. */
  scores: Record<string, EvaluationReport>;
}

interface StoredTrial extends Trial {
  recipe: unknown;
}

const scoresFile = 'scores.json';
const recipeFile = 'recipe.json';

/**
 * Trains (or takes) a row's network and evaluates it on the experiment's sets. What was done before is not
 * done again, a run that was stopped goes on.
 *
 * @param seed of the run; not read where nothing is trained.
 * @returns `undefined` if training was interrupted.
 * @throws if the results hold a run of another recipe.
 */
export async function runTrial(
  experiment: Experiment,
  row: ExperimentRow,
  seed: number,
  settings: TrialSettings,
): Promise<Trial | undefined> {
  const results = join(settings.out, experiment.name);
  const folders = setFolders(experiment, results);
  const source = await planNetwork(experiment, row, seed, settings);
  const folder = join(results, row.name, ...(source.isSeeded ? [`seed-${seed}`] : []));
  const recipe = toPlain({
    network: source.recipe,
    sets: Object.keys(experiment.evaluation).map((name) => experiment.sets[name]),
  });
  const stored = await readJson<StoredTrial>(join(folder, scoresFile));
  if (stored && isDeepStrictEqual(stored.recipe, recipe)) return stored;

  const opened = await source.open();
  if (opened === undefined) return undefined;
  await makeSampleSets(experiment, folders, setProgress(settings));
  const { createRestorer, evaluateFolder } = await import('@unblur/inference');
  const restorer =
    opened &&
    (await createRestorer({
      weights: opened.weights,
      ...(settings.threads && { threads: settings.threads }),
    }));
  const scores: Record<string, EvaluationReport> = {};
  for (const set of Object.keys(experiment.evaluation)) {
    const onSample = (done: number, total: number) => settings.onSample(done, total, `${row.name} on ${set}`);
    scores[set] = await evaluateFolder(folders[set]!, restorer ?? blurredItself, {
      signal: settings.signal,
      onSample,
    });
  }
  await restorer?.release();
  const trial: Trial = { seed: source.isSeeded ? seed : null, network: opened && opened.network, scores };
  await mkdir(folder, { recursive: true });
  await writeAtomically(join(folder, scoresFile), Buffer.from(JSON.stringify({ ...trial, recipe }, null, 1)));
  return trial;
}

/** Gives the blurred photograph back at any time. */
const blurredItself: FrameRestorer = {
  anyTime: true,
  restore: async (blurred, { times = [] } = {}) => ({ frames: times.map(() => blurred) }),
};

interface NetworkPlan {
  isSeeded: boolean;
  /** All that the scores depend on, as JSON has it: tells whether stored ones still hold. */
  recipe: unknown;
  /** Trains what is to be trained. `null`: there is no network; `undefined`: interrupted. */
  open(): Promise<{ weights: Uint8Array; network: TrainedNetwork } | null | undefined>;
}

async function planNetwork(
  experiment: Experiment,
  { name, origin }: ExperimentRow,
  seed: number,
  settings: TrialSettings,
): Promise<NetworkPlan> {
  switch (origin.kind) {
    case 'input':
      return { isSeeded: false, recipe: 'input', open: async () => null };
    case 'weights': {
      const { bytes } = await readChosenWeights({ weights: origin.weights });
      return {
        isSeeded: false,
        recipe: createHash('sha256').update(bytes).digest('hex'),
        open: async () => ({ weights: bytes, network: await describeNetwork(bytes) }),
      };
    }
    case 'trained-as': {
      const { loadExperiment } = await import('@unblur/trainer');
      const other = loadExperiment(settings.experiments, origin.experiment);
      const row = other.rows.find((candidate) => candidate.name === origin.row);
      if (row?.origin.kind !== 'training') {
        throw new Error(
          `Expected 'trainedAs' of ${experiment.name}/${name} to name a row that is trained but ${origin.experiment}/${origin.row} is none.`,
        );
      }
      return planNetwork(other, row, seed, settings);
    }
    case 'training':
      return planTraining(experiment, name, origin, seed, settings);
  }
}

async function planTraining(
  experiment: Experiment,
  rowName: string,
  { runFile, changes }: Extract<RowOrigin, { kind: 'training' }>,
  seed: number,
  settings: TrialSettings,
): Promise<NetworkPlan> {
  const { RUN_FILES, loadRun, readCheckpoint, train } = await import('@unblur/trainer');
  const results = resolve(settings.out, experiment.name);
  const folders = setFolders(experiment, results);
  const runChanges = { ...(withSetFolders(changes, folders) as RunChanges), seed };
  // A run may go on with another engine; all else makes it another run.
  const {
    engine: _engine,
    threads: _threads,
    torch: _torch,
    ...recipe
  } = toPlain(loadRun(runFile, runChanges).config) as Record<string, unknown>;
  const folder = join(results, rowName, `seed-${seed}`);
  return {
    isSeeded: true,
    recipe,
    open: async () => {
      const known = await readJson(join(folder, recipeFile));
      if (known !== undefined && !isDeepStrictEqual(known, recipe)) {
        throw new Error(
          `Expected ${folder} to be new or trained as ${experiment.name}/${rowName} now says, but it was trained otherwise; remove it, or choose another --out.`,
        );
      }
      await makeSampleSets(experiment, folders, setProgress(settings));
      await mkdir(folder, { recursive: true });
      await writeAtomically(join(folder, recipeFile), Buffer.from(JSON.stringify(recipe, null, 1)));
      settings.report(`${experiment.name}/${rowName}, seed ${seed}`);
      const { interrupted } = await train(runFile, {
        out: folder,
        changes: runChanges,
        resume: readCheckpoint(join(folder, RUN_FILES.checkpoint)) !== undefined,
        ...(settings.engine && { engine: settings.engine }),
      });
      if (interrupted) return undefined;
      const weights = await readFile(join(folder, RUN_FILES.weights));
      return { weights, network: await describeNetwork(weights) };
    },
  };
}

/** Layers whose cost does not depend on the size are small beside the others at this one. */
const countedSize = { width: 256, height: 256 };

/** What a weights file says of itself. */
async function describeNetwork(weights: Uint8Array): Promise<TrainedNetwork> {
  const { paperFamily, photoFamily, readSafetensors } = await import('@unblur/core-model');
  const { tensors, metadata } = readSafetensors(weights);
  const parameters = Object.values(tensors).reduce(
    (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  );
  const figure = (key: string) => (metadata[key] === undefined ? null : Number(metadata[key]));
  const summary = () => {
    if (photoFamily.configKey in metadata) {
      return photoFamily.summarize(photoFamily.readWeights(weights).config, countedSize);
    }
    if (paperFamily.configKey in metadata) {
      return paperFamily.summarize(paperFamily.readWeights(weights).config, countedSize);
    }
    return undefined;
  };
  const multiplyAdds = summary()?.multiplyAdds;
  const multiplyAddsPerPixel =
    multiplyAdds === undefined ? null : multiplyAdds / (countedSize.width * countedSize.height);
  return { parameters, multiplyAddsPerPixel, steps: figure('step'), samples: figure('samplesSeen') };
}

function setProgress({ signal, onSample }: TrialSettings): SampleSetProgress {
  return { signal, onSample: (done, total, set) => onSample(done, total, `samples of ${set}`) };
}

async function readJson<T>(file: string): Promise<T | undefined> {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch (cause) {
    throw new Error(
      `Expected JSON in ${file} but it is damaged; remove it, and what it holds is made again.`,
      { cause },
    );
  }
}

/** A value as it comes back from JSON. */
function toPlain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
