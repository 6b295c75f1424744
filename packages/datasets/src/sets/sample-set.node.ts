import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { counted, expectOptions, type OptionNames, UnblurError } from '@unblur/files';
import { requirePositiveInteger, requireThat } from '../option-checks.js';
import { type Sample, sampleOf } from '../sample.js';
import { writeSampleFolder } from '../samples/sample-folder.node.js';
import {
  describeRecipe,
  evaluationRecipeOfSource,
  factsOfSample,
  sourceKnowsMotion,
  type SampleSource,
  type SingleRecipe,
} from '../stream/recipes.node.js';
import { createSynthesisPool, usefulWorkers } from '../stream/synthesis-pool.node.js';
import { workInClaimedFolder } from './claimed-folder.node.js';

export interface SampleSetOptions {
  /**
   * What samples are made from; panoramas are used in turn, sorted by name. Without augmentation unless the
   * source asks for it.
   */
  source: SampleSource;
  /** Where the samples go: one sub-folder each, `sample-0000` and so on, and `set.json`. */
  out: string;
  count: number;
  seed: number;
  /**
   * Writes the optical flow from the middle frame to each frame too, where the source knows it: `flow-0.flo` and
   * so on. Default false.
   */
  flow?: boolean | undefined;
  /** Worker threads; 0 makes the samples in the calling thread. Default 1. */
  workers?: number | undefined;
  /** Called after each sample, also for those that were there before. */
  onProgress?: ((done: number, count: number) => void) | undefined;
  /** Stops the job between two samples. */
  signal?: AbortSignal | undefined;
}

const sampleSetOptionNames: OptionNames<SampleSetOptions> = {
  source: true,
  out: true,
  count: true,
  seed: true,
  flow: 'boolean',
  workers: true,
  onProgress: 'function',
  signal: 'signal',
};

/** The file that marks a folder as a set of sample folders and records how they were made. */
export const setFile = 'set.json';

const cacheBytes = 512 * 2 ** 20;

/**
 * Makes a set of sample folders. A sample depends on its index and the options only, each appears under its
 * name once it is whole, and those that exist are kept: a set that was stopped half-way is completed by the
 * same call.
 *
 * @returns how many of its samples were there already and are kept.
 * @throws RangeError for wrong options; Error where `out` holds a set made with other options or of more samples;
 * where a file of the source cannot be used.
 */
export async function synthesizeSampleSet(options: SampleSetOptions): Promise<{ kept: number }> {
  const { source, out, count, seed, flow = false, workers = 1, onProgress, signal } = expectSet(options);
  const recipe = await evaluationRecipeOfSource(source, seed);
  requireThat(
    !flow || (await sourceKnowsMotion(source)),
    'source',
    'one whose motion is known, such as panoramas or layers, to write its flow,',
    source.kind,
  );
  const { sizePixels } = recipe.options;
  const description = { ...describeRecipe(recipe), ...(flow && { flow }) };
  let kept = 0;
  await workInClaimedFolder(out, { fileName: setFile, description }, async () => {
    requireNoMoreThan(count, out);
    const pool = createSynthesisPool(recipe, workers, cacheBytes);
    let done = 0;
    const makeSample = async (index: number): Promise<void> => {
      signal?.throwIfAborted();
      const path = join(out, sampleName(index));
      if (existsSync(path)) {
        kept++;
      } else {
        await writeSampleFolder(
          path,
          sampleOf(await pool.synthesize(index), sizePixels),
          factsOfSample(recipe, index),
          { flow },
        );
      }
      onProgress?.(++done, count);
    };
    try {
      // One sample more than there are workers, so that one is written while the others are made.
      await doSideBySide(count, usefulWorkers(workers) + 1, makeSample);
    } finally {
      await pool.close();
    }
  });
  return { kept };
}

/**
 * Does the jobs 0 to `count - 1`, up to `atOnce` of them at a time. After a failure none is begun; those in hand
 * are waited for, as nothing may come into a folder that was given up.
 */
async function doSideBySide(
  count: number,
  atOnce: number,
  doJob: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  const doJobs = async (): Promise<void> => {
    while (next < count && failures.length === 0) await doJob(next++);
  };
  await Promise.all(
    Array.from({ length: atOnce }, () => doJobs().catch((cause: unknown) => void failures.push(cause))),
  );
  if (failures.length > 0) throw failures[0];
}

const sampleName = (index: number): string => `sample-${String(index).padStart(4, '0')}`;

/** Samples of a larger set would be taken for some of this one by whatever reads the folder. */
function requireNoMoreThan(count: number, out: string): void {
  const extra = readdirSync(out).find((name) => Number(/^sample-(\d{4,})$/.exec(name)?.[1]) >= count);
  if (extra === undefined) return;
  throw new UnblurError(
    `Expected a folder for ${counted(count, 'sample')} but ${out} holds more, such as ${extra}; ask for as many, or choose another folder.`,
  );
}

type SamplesOptions = Pick<SampleSetOptions, 'source' | 'count' | 'seed'>;

/** @throws UnblurError for unknown options; RangeError unless one sample at least is to be made. */
function expectSet<Options extends SamplesOptions>(options: Options): Options {
  const given = expectOptions<object>(
    options,
    sampleSetOptionNames,
    "synthesizeSampleSet({ source: { kind: 'panorama', folder: 'panoramas' }, out: 'val', count: 3, seed: 1 })",
  ) as Options;
  requirePositiveInteger('count', given.count);
  return given;
}

/** The first samples of a set, without writing it. @throws as `synthesizeSampleSet` does for its source. */
export async function previewSampleSet(options: SamplesOptions): Promise<Sample[]> {
  const { source, count, seed } = expectSet(options);
  const recipe = await evaluationRecipeOfSource(source, seed);
  return makeSamples(
    recipe,
    Array.from({ length: count }, (_, index) => index),
  );
}

/** Samples of a stream by their indices, one after the other in the calling thread. */
export async function makeSamples(recipe: SingleRecipe, indices: readonly number[]): Promise<Sample[]> {
  const pool = createSynthesisPool(recipe, 0, cacheBytes);
  const samples: Sample[] = [];
  try {
    for (const index of indices) {
      samples.push(sampleOf(await pool.synthesize(index), recipe.options.sizePixels));
    }
  } finally {
    await pool.close();
  }
  return samples;
}
