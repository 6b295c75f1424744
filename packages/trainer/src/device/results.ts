import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readSafetensors } from '@unblur/core-model';
import type { WeightValues } from '@unblur/core-model';
import { doLocked, makeFolder, writeAtomicallySync } from '@unblur/files';
import { differingWeight } from '../loop/learned-state.js';
import { MetricsLog, readMetrics } from '../loop/metrics-log.js';
import { writeRunReport } from '../report/run-report.js';
import { readRunFile, writeRunFile } from '../run-file/run-file.js';
import type { RunChanges } from '../run-file/run-file.js';
import { runFiles, runFolderOf, samplesPicture } from '../loop/run-folder.js';
import { loadRun, parseRun } from '../systems/load-run.js';
import type { RunSettings } from '../run-file/fields.js';
import type { LoadedRun } from '../systems/load-run.js';
import type { TrainingSystem } from '../training-system.js';

const lastPicture = 'samples.png';
/** What a piece is called, by which weights it is of. */
const resultPieces = [
  ['weights', runFiles.weights],
  ['best', runFiles.bestWeights],
] as const;

/**
 * Takes in what a packed run has left on another machine: the folder `results` in its own. Makes the folder
 * of a run of it, as `train` leaves one but for the checkpoint; its `run.yaml` is that of the packed run.
 *
 * @param runFile that was packed. @param out the run's folder. Default: as `train`.
 * @returns the steps that were trained, and whether the run file has changed since it was packed.
 * @throws if the folder holds no results, or those of no step, its weights are of another network, a piece is
 * missing or pieces do not belong together, or the run's folder holds another run.
 */
export async function collectRun(
  runFile: string,
  results: string,
  out?: string,
  changes: RunChanges = {},
): Promise<{ step: number; runFolder: string; hasChanged: boolean }> {
  const runFolder = runFolderOf(runFile, out);
  const asPacked = { ...changes, engine: 'torch', synthesis: 'device' };
  const now = loadRun(runFile, asPacked);
  const packed = join(results, runFiles.config);
  const run = existsSync(packed) ? parseRun(readRunFile(packed), runFile, changes) : now;
  const networkOf = ({ definition, config }: LoadedRun) => [
    definition,
    (config as RunSettings & { network?: unknown }).network,
  ];
  if (!isDeepStrictEqual(networkOf(run), networkOf(now))) {
    throw new Error(
      `Expected results of the run file's network in '${results}' but they are of another; give the run file that was packed.`,
    );
  }
  const hasChanged = !isDeepStrictEqual({ ...run.config, minutes: null }, { ...now.config, minutes: null });
  // Nothing of them would be of use, and the folder would be taken when more comes.
  if (
    existsSync(join(results, runFiles.metrics)) &&
    readMetrics(join(results, runFiles.metrics)).length === 0
  ) {
    throw new Error(
      `Expected results of at least one step in '${results}' but there are none yet; the packed run goes on with the same start.sh.`,
    );
  }
  return doLocked(runFolder, 'training', async () => {
    if (existsSync(join(runFolder, runFiles.metrics))) {
      throw new Error(
        `Expected a folder without a run but '${runFolder}' holds one; choose another with --out.`,
      );
    }
    return { ...(await takeInResults(run, results, runFolder)), runFolder, hasChanged };
  });
}

/** `collectRun` for a run that is loaded, into a folder that is this one's own. */
export async function takeInResults(
  { definition, config }: LoadedRun,
  results: string,
  runFolder: string,
): Promise<{ step: number }> {
  if (!existsSync(join(results, runFiles.metrics))) {
    throw new Error(
      `Expected the results of a packed run in '${results}' but there is no ${runFiles.metrics}; give the folder 'results' that start.sh wrote.`,
    );
  }
  const system = definition.open(config);
  const read = resultPieces.map(([pieces, file]) => ({ file, weights: readPieces(results, pieces, system) }));
  await makeFolder(join(runFolder, runFiles.samples));
  writeAtomicallySync(
    join(runFolder, runFiles.config),
    writeRunFile(config, join(runFolder, runFiles.config)),
  );
  for (const { file, weights } of read) {
    if (weights) {
      writeAtomicallySync(join(runFolder, file), system.writeWeights(weights.values, weights.metadata));
    }
  }
  copyFileSync(join(results, runFiles.metrics), join(runFolder, runFiles.metrics));
  const step = readMetrics(join(runFolder, runFiles.metrics)).at(-1)?.step ?? 0;
  // Makes the events of all rows that are there.
  const log = new MetricsLog(join(runFolder, runFiles.metrics), step);
  if (existsSync(join(results, lastPicture))) {
    const picture = readFileSync(join(results, lastPicture));
    writeAtomicallySync(join(runFolder, samplesPicture(step)), picture);
    log.appendPicture(picture, step);
  }
  writeRunReport(runFolder);
  return { step };
}

/** Weights that came in pieces; `undefined` if there are none. */
function readPieces(
  results: string,
  name: string,
  { weightShapes }: TrainingSystem,
): { values: WeightValues; metadata: Record<string, string> } | undefined {
  const pattern = new RegExp(`^${name}-(\\d+)\\.part$`);
  const pieces = readdirSync(results)
    .flatMap((file) => (pattern.test(file) ? [{ file, index: Number(pattern.exec(file)![1]) }] : []))
    .sort((a, b) => a.index - b.index);
  if (pieces.length === 0) return undefined;
  const missing = pieces.findIndex(({ index }, place) => index !== place);
  if (missing >= 0) {
    throw new Error(
      `Expected all pieces of the weights in '${results}' but ${name}-${missing}.part is missing; copy it here too.`,
    );
  }
  const bytes = Buffer.concat(pieces.map(({ file }) => readFileSync(join(results, file))));
  const { tensors, metadata } = readWhole(bytes, results, name);
  const { sha256, ...kept } = metadata;
  const body = bytes.subarray(8 + Number(bytes.readBigUInt64LE()));
  if (sha256 !== createHash('sha256').update(body).digest('hex')) {
    throw new Error(
      `Expected pieces ${name}-*.part of one file in '${results}' but they do not belong together, or one is damaged; copy them again.`,
    );
  }
  const differing = differingWeight(tensors, weightShapes);
  if (differing) {
    throw new Error(
      `Expected results of the run file's network in '${results}' but '${differing.name}' is of another shape there, or missing; give the run file that was packed.`,
    );
  }
  const values = Object.fromEntries(
    Object.entries(tensors).map(([weight, { shape, values: numbers }]) => [
      weight,
      { shape, values: numbers as Float32Array },
    ]),
  );
  return { values, metadata: kept };
}

function readWhole(bytes: Uint8Array, results: string, name: string): ReturnType<typeof readSafetensors> {
  try {
    return readSafetensors(bytes);
  } catch (cause) {
    throw new Error(
      `Expected whole pieces ${name}-*.part of weights in '${results}' but the last one is missing or damaged; copy them again.`,
      { cause },
    );
  }
}
