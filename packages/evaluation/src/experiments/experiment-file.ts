import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { SampleSource } from '@unblur/datasets';
import {
  boolean,
  checked,
  dataField,
  expectKnownKeys,
  join as pathOf,
  list,
  number,
  oneOf,
  optional,
  parsePlainYaml,
  positive,
  readMapping,
  readRunFile,
  section,
  text,
  wholeNumber,
  withChanges,
  withDefault,
  type Field,
  type RunChanges,
} from '@unblur/trainer/run-file';
import {
  experimentFigures,
  experimentMetrics,
  type Experiment,
  type ExperimentFigure,
  type ExperimentRow,
  type RowOrigin,
  type SampleSet,
} from './experiment.js';

/** The file of an experiment that says what its rows share. */
export const experimentFile = 'table.yaml';

/** A mapping of anything to what a field reads. */
function mappingOf<T>(field: Field<T>): Field<Record<string, T>> {
  return {
    read: (value, path) =>
      Object.fromEntries(
        Object.entries(readMapping(value, path)).map(([key, entry]) => [
          key,
          field.read(entry, pathOf(path, key)),
        ]),
      ),
  };
}

const changes: Field<RunChanges> = { read: (value = {}, path) => readMapping(value, path) };

const setShape = {
  count: positive,
  seed: withDefault(wholeNumber, 1),
  format: withDefault(oneOf('folders', 'shards'), 'folders'),
  flow: withDefault(boolean, false),
};

/** A source with its number of samples; or a folder alone. */
const sampleSet: Field<SampleSet> = {
  read: (value, path) => {
    const mapping = readMapping(value, path);
    if (mapping['kind'] === undefined) {
      expectKnownKeys(mapping, ['folder', 'kind'], path);
      return { folder: text.read(mapping['folder'], pathOf(path, 'folder')) };
    }
    const { count, seed, format, flow, sizePixels, frames, ...source } = mapping;
    // Checks the source as a run file's; what is left out stays out, for sets to evaluate on have other
    // defaults.
    dataField.read({ sizePixels, sources: [source] }, path);
    return {
      source: {
        ...source,
        sizePixels: positive.read(sizePixels, pathOf(path, 'sizePixels')),
        frames: positive.read(frames, pathOf(path, 'frames')),
      } as unknown as SampleSource,
      count: setShape.count.read(count, pathOf(path, 'count')),
      seed: setShape.seed.read(seed, pathOf(path, 'seed')),
      format: setShape.format.read(format, pathOf(path, 'format')),
      // Left out where it is not: what was found on sets without stays valid.
      ...(setShape.flow.read(flow, pathOf(path, 'flow')) && { flow: true as const }),
    };
  },
};

/** Equal seeds train the same network again: its spread would look like that of a row that does not vary. */
const differentSeeds = checked(list(wholeNumber), (seeds) => {
  const repeated = seeds.find((seed, index) => seeds.indexOf(seed) < index);
  if (repeated !== undefined) {
    throw new Error(
      `Expected different numbers for 'seeds' but received ${repeated} more than once; leave one out.`,
    );
  }
});

const experimentField = section({
  title: text,
  note: optional(text),
  /** Run file that rows change, relative to this file. */
  base: optional(text),
  changes,
  seeds: withDefault(differentSeeds, [1]),
  sets: mappingOf(sampleSet),
  evaluation: mappingOf(text),
  metrics: withDefault(list(oneOf(...experimentMetrics)), ['psnr', 'ssim']),
  figures: withDefault<ExperimentFigure[]>(list(oneOf(...experimentFigures)), [
    'first',
    'middle',
    'last',
    'mean',
  ]),
  /** Names of the rows, in order: the files beside this one. */
  rows: list(text),
  /** Left out of an experiment of one's own. */
  paper: optional(section({ place: text, data: text, finding: optional(text) })),
});

const paperFigures = mappingOf(
  section({ psnr: withDefault(mappingOf(number()), {}), ssim: withDefault(mappingOf(number()), {}) }),
);

/** Of a sequence, as far as the paper's figures name them. */
const mostFrames = 99;

/** What figures of a set are called; see `ExperimentFigure`. */
function figureNames(set: SampleSet): string[] {
  const frames = 'source' in set && 'frames' in set.source ? set.source.frames : undefined;
  return [
    ...experimentFigures.filter((figure) => figure !== 'per-frame'),
    ...Array.from({ length: Math.min(frames ?? mostFrames, mostFrames) }, (_, frame) => `frame ${frame}`),
  ];
}

/** @param evaluated the sets of the experiment that its rows are evaluated on. */
const rowField = (evaluated: Experiment['sets']) =>
  section({
    title: text,
    note: optional(text),
    /** Instead of the experiment's. */
    base: optional(text),
    /** To the base, after the experiment's. */
    changes,
    /**
     * Instead of training: bundled weights or a file relative to this one; a row of another experiment, as
     * `table/row`; the blurred photograph itself.
     */
    weights: optional(text),
    trainedAs: optional(text),
    input: withDefault(boolean, false),
    /** By the name of the set, the metric and the figure. */
    paper: withDefault(
      checked(paperFigures, (paper) => {
        expectKnownKeys(paper, Object.keys(evaluated), 'paper');
        for (const [set, metrics] of Object.entries(paper)) {
          for (const [metric, figures] of Object.entries(metrics)) {
            expectKnownKeys(figures, figureNames(evaluated[set]!), `paper.${set}.${metric}`);
          }
        }
      }),
      {},
    ),
  });

/**
 * The names of the experiments in a folder: its sub-folders that hold an experiment. @throws if there are
 * none.
 */
export function listExperiments(folder: string): string[] {
  const names = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => existsSync(join(folder, name, experimentFile)))
        .sort()
    : [];
  if (names.length === 0) {
    throw new Error(
      `Expected a folder of experiments, each a folder with ${experimentFile}, at '${folder}' but received none; run it where the project is checked out, or name another folder of experiments.`,
    );
  }
  return names;
}

/**
 * Reads an experiment: `<folder>/<name>/table.yaml` and a file for every row that it names. Paths in them are
 * relative to the file they stand in.
 *
 * @throws if a file cannot be read or a key or value is not known, with its path and the nearest known key.
 */
export function loadExperiment(folder: string, name: string): Experiment {
  if (!listExperiments(folder).includes(name)) {
    throw new Error(
      `Expected the name of an experiment (${listExperiments(folder).join(', ')}) but received '${name}'.`,
    );
  }
  const file = join(folder, name, experimentFile);
  const { base, changes: shared, rows, sets, evaluation, ...rest } = readYaml(file, experimentField);
  const absolute = (path: string) => resolve(dirname(file), path);
  for (const set of Object.keys(evaluation)) {
    if (!Object.hasOwn(sets, set)) {
      throw new Error(
        `${file}: Expected 'evaluation.${set}' to be one of the sets (${Object.keys(sets).join(', ')}).`,
      );
    }
    const evaluated = sets[set]!;
    if ('source' in evaluated && evaluated.format === 'shards') {
      throw new Error(
        `${file}: Expected 'folders' for 'sets.${set}.format' but received 'shards', which only training can read, and 'evaluation' uses ${set}.`,
      );
    }
    if ('source' in evaluated && rest.metrics.includes('epe') && !evaluated.flow) {
      throw new Error(
        `${file}: Expected 'sets.${set}.flow: true', since 'metrics' has epe, which is told by the true flow.`,
      );
    }
  }
  const evaluated = Object.fromEntries(Object.keys(evaluation).map((set) => [set, sets[set]!]));
  return {
    name,
    ...rest,
    evaluation,
    sets: Object.fromEntries(
      Object.entries(sets).map(([key, set]) => [
        key,
        'source' in set
          ? { ...set, source: { ...set.source, folder: absolute(set.source.folder) } }
          : { folder: absolute(set.folder) },
      ]),
    ),
    rows: rows.map((row) => readRow(join(folder, name, `${row}.yaml`), row, base, shared, evaluated)),
  };
}

function readRow(
  file: string,
  name: string,
  sharedBase: string | null,
  shared: RunChanges,
  evaluated: Experiment['sets'],
): ExperimentRow {
  const { base, changes: own, weights, trainedAs, input, ...rest } = readYaml(file, rowField(evaluated));
  const origin = (): RowOrigin => {
    if (
      [weights !== null, trainedAs !== null, input, base !== null || Object.keys(own).length > 0].filter(
        Boolean,
      ).length > 1
    ) {
      throw new Error(
        `${file}: Expected one of 'weights', 'trainedAs', 'input', or 'base' and 'changes', but received several.`,
      );
    }
    if (input) return { kind: 'input' };
    if (weights !== null) {
      return {
        kind: 'weights',
        weights: weights.endsWith('.safetensors') ? resolve(dirname(file), weights) : weights,
      };
    }
    if (trainedAs !== null) {
      const [experiment, row, ...more] = trainedAs.split('/');
      if (!experiment || !row || more.length > 0) {
        throw new Error(`${file}: Expected 'trainedAs' as 'experiment/row' but received '${trainedAs}'.`);
      }
      return { kind: 'trained-as', experiment, row };
    }
    const runFile = base ?? sharedBase;
    if (runFile === null) {
      throw new Error(`${file}: Expected a 'base' here or in ${experimentFile} but received neither.`);
    }
    return {
      kind: 'training',
      runFile: resolve(dirname(file), runFile),
      changes: withChanges(shared, own) as RunChanges,
    };
  };
  return { name, ...rest, origin: origin() };
}

function readYaml<T>(file: string, field: Field<T>): T {
  if (!existsSync(file)) throw new Error(`Expected a file at '${file}' but there is none.`);
  const yaml = readRunFile(file);
  try {
    return field.read(parsePlainYaml(yaml) ?? {}, '');
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}
