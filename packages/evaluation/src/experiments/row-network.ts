import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { paperFamily, photoFamily, readSafetensors } from '@unblur/core-model';
import { makeFolder, writeAtomically } from '@unblur/files';
import { runFiles, loadRun, readCheckpoint, train, type RunChanges } from '@unblur/trainer';
import { loadExperiment } from './experiment-file.js';
import type { Experiment, ExperimentRow, RowOrigin } from './experiment.js';
import {
  makeSampleSets,
  setFolders,
  setsNamedIn,
  withSetFolders,
  type SampleSetProgress,
} from './sample-sets.js';
import { readStoredJson, toPlain } from './stored-json.js';

/** What the trials of an experiment have in common. */
export interface TrialSettings {
  /** Folder of the experiments' files. */
  experiments: string;
  /** Folder of all results: `<experiment>/<row>/seed-<n>`. */
  out: string;
  /** Instead of the run files'. */
  engine?: 'onnxruntime' | 'torch';
  threads?: number;
  /** Reads the weights that a row names: those of a `.safetensors` file, or bundled ones by their name. */
  readWeights(fileOrName: string): Promise<Uint8Array>;
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

const recipeFile = 'recipe.json';

export interface RowNetworkPlan {
  isSeeded: boolean;
  /** All that the scores depend on, as JSON has it: tells whether stored ones still hold. */
  recipe: unknown;
  /** Trains what is to be trained. `null`: there is no network; `undefined`: interrupted. */
  open(): Promise<{ weights: Uint8Array; network: TrainedNetwork } | null | undefined>;
}

/** How the network of a row comes about. @param seed of a run; not read where nothing is trained. */
export async function planRowNetwork(
  experiment: Experiment,
  { name, origin }: ExperimentRow,
  seed: number,
  settings: TrialSettings,
): Promise<RowNetworkPlan> {
  switch (origin.kind) {
    case 'input':
      return { isSeeded: false, recipe: 'input', open: async () => null };
    case 'weights': {
      const bytes = await settings.readWeights(origin.weights);
      return {
        isSeeded: false,
        recipe: createHash('sha256').update(bytes).digest('hex'),
        open: async () => ({ weights: bytes, network: await describeNetwork(bytes) }),
      };
    }
    case 'trained-as': {
      const other = loadExperiment(settings.experiments, origin.experiment);
      const row = other.rows.find((candidate) => candidate.name === origin.row);
      if (row?.origin.kind !== 'training') {
        throw new Error(
          `Expected 'trainedAs' of ${experiment.name}/${name} to name a row that is trained but ${origin.experiment}/${origin.row} is not.`,
        );
      }
      return planRowNetwork(other, row, seed, settings);
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
): Promise<RowNetworkPlan> {
  const results = resolve(settings.out, experiment.name);
  const folders = setFolders(experiment, results);
  const engineChange = settings.engine && { engine: settings.engine };
  const { runChanges, config } = namingRow(`${experiment.name}/${rowName}`, () => {
    const runChanges = { ...(withSetFolders(changes, folders) as RunChanges), seed };
    return { runChanges, config: loadRun(runFile, { ...runChanges, ...engineChange }).config };
  });
  // A run may go on with another engine; all else makes it another run.
  const {
    engine: _engine,
    threads: _threads,
    torch: _torch,
    ...run
  } = toPlain(config) as Record<string, unknown>;
  // The run knows a set by its folder alone, which stays the same when what is made there does not.
  const recipe = { ...run, sets: toPlain(setsNamedIn(changes, experiment.sets)) };
  const folder = join(results, rowName, `seed-${seed}`);
  return {
    isSeeded: true,
    recipe,
    open: async () => {
      const known = await readStoredJson(join(folder, recipeFile));
      if (known !== undefined && !isDeepStrictEqual(known, recipe)) {
        throw new Error(
          `Expected ${folder} to be new or trained as ${experiment.name}/${rowName} now says, but it was trained differently; remove it, or choose another folder of results.`,
        );
      }
      await makeSampleSets(experiment, folders, setProgress(settings));
      await makeFolder(folder);
      await writeAtomically(join(folder, recipeFile), JSON.stringify(recipe, null, 1));
      settings.report(`${experiment.name}/${rowName}, seed ${seed}`);
      const { interrupted } = await train(runFile, {
        out: folder,
        changes: runChanges,
        resume: readCheckpoint(join(folder, runFiles.checkpoint)) !== undefined,
        ...engineChange,
        signal: settings.signal,
        onProgress: (done, total, figures) => settings.onSample(done, total, figures),
        onNote: (line) => settings.report(line),
      });
      if (interrupted) return undefined;
      const weights = await readFile(join(folder, runFiles.weights));
      return { weights, network: await describeNetwork(weights) };
    },
  };
}

/** Reads a row's run. @throws Error that names the row: what is wrong may stand in any of its three files. */
function namingRow<T>(row: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(
      `The run of ${row}, its base with the changes of the table and of the row, cannot be trained. ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** Layers whose cost does not depend on the size are small beside the others at this one. */
const countedSize = { width: 256, height: 256 };

/** What a weights file says of itself. */
async function describeNetwork(weights: Uint8Array): Promise<TrainedNetwork> {
  const { tensors, metadata } = readSafetensors(weights);
  const parameters = Object.values(tensors).reduce((sum, { values }) => sum + values.length, 0);
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

/** What is said while the sets of an experiment are made. */
export function setProgress({ signal, onSample }: TrialSettings): SampleSetProgress {
  return { signal, onSample: (done, total, set) => onSample(done, total, `samples of ${set}`) };
}
