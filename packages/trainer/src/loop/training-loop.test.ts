import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { photoFamily } from '@unblur/core-model';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engines/engine.js';
import { readMetrics } from './metrics-log.js';
import type { PhotoRun } from '../systems/photo/photo-run.js';
import { createEngineLearner } from './learner.js';
import { checkpointToResume } from './resumption.js';
import { trainRun } from './training-loop.js';
import type { TrainingOptions } from './training-loop.js';
import { runFiles } from './run-folder.js';
import {
  tinySizePixels,
  discBatch,
  discBatches,
  tinyRun,
  tinyTask,
} from '../systems/photo/tiny-network.test-tool.js';
import { scheduleFactor } from './schedule.js';
import { createTracedEngine } from '../engines/traced-engine.js';
import type { TrainingSystem } from '../training-system.js';
import { newFolder } from '../new-folder.test-tool.js';

const size = tinySizePixels;

/** One validation sample: the disc of sample 0. */
function validationSample() {
  const { blurred, frames } = discBatch(0, 1, 3, size);
  const image = (data: Float32Array) => ({ width: size, height: size, data });
  return {
    input: blurred,
    blurred: image(blurred),
    frames: [0, 1, 2].map((frame) =>
      image(frames.subarray(frame * blurred.length, (frame + 1) * blurred.length)),
    ),
  };
}

/** The tiny network, one phase of discs. */
function tinySystem(config: PhotoRun): TrainingSystem {
  const { network, optimizer, schedule, steps, batchSize, seed } = config;
  const { weightShapes, restoration, objective, groups } = tinyTask(network);
  return {
    weightShapes,
    restoration,
    optimizer,
    startingWeights: () => photoFamily.initialWeights(network, seed),
    phases: [
      {
        steps,
        batchSize,
        objective,
        groups: [
          {
            weights: groups[0]!,
            learningRate: (step) => optimizer.learningRate * scheduleFactor(schedule, step, steps),
          },
        ],
        batchesFrom: (sample) => discBatches(sample, config),
      },
    ],
    readValidationSamples: async () => [validationSample()],
    writeWeights: (weights, metadata) =>
      photoFamily.writeWeights(weights, network, { dtype: 'float32', metadata }),
  };
}

/** Lends out the engine that all runs share. */
const lend = (engine: Engine): Engine => ({ ...engine, release: async () => {} });

const trainTiny = async (
  config: PhotoRun,
  folder: string,
  { resume = false, ...options }: Partial<TrainingOptions> & { resume?: boolean } = {},
  { engine = tinyEngine, system = tinySystem(config) } = {},
) =>
  trainRun(
    system,
    config,
    folder,
    async (phase) =>
      createEngineLearner(lend(engine), {
        groups: phase.groups.map(({ weights }) => weights),
        optimizer: config.optimizer,
        emaDecay: config.emaDecay,
      }),
    {
      last: resume ? checkpointToResume(system, folder) : undefined,
      validationSamples: await system.readValidationSamples(),
      ...options,
    },
  );

/** Every run of this file has the same network, loss and batch size, so one engine does for all. */
let tinyEngine: Engine;
beforeAll(async () => {
  tinyEngine = await createTracedEngine(tinyTask(), { threads: 2 });
});
afterAll(() => tinyEngine?.release());

describe('trainRun', () => {
  const folder = newFolder();
  const runFolder = (name: string) => join(folder, name);

  test('six steps at once and three resumed by three end in the same bytes', async () => {
    const config = tinyRun('steps: 6\ncheckpointEverySteps: 3');
    await trainTiny(config, runFolder('whole'));

    const stop = new AbortController();
    const told: string[] = [];
    const onProgress = (step: number, steps: number, figures: string) => {
      told.push(`${step}/${steps} ${figures}`);
      if (step === 3) stop.abort();
    };
    expect(await trainTiny(config, runFolder('halves'), { signal: stop.signal, onProgress })).toEqual({
      step: 3,
      interrupted: true,
    });
    expect(await trainTiny(config, runFolder('halves'), { resume: true, onProgress })).toEqual({
      step: 6,
      interrupted: false,
    });
    expect(told.map((line) => line.slice(0, 15))).toEqual(
      [1, 2, 3, 4, 5, 6].map((step) => `${step}/6 steps, loss`),
    );
    expect(told[0]).toMatch(/ loss -?\d\.\d{4}, \d+\.\d samples\/s$/);

    for (const file of [runFiles.weights, runFiles.bestWeights]) {
      const [whole, halves] = ['whole', 'halves'].map(
        (name) => photoFamily.readWeights(readFileSync(join(runFolder(name), file))).values,
      );
      expect(halves).toEqual(whole);
    }
    const steps = readMetrics(join(runFolder('halves'), runFiles.metrics))
      .filter(({ kind }) => kind === 'step')
      .map(({ step }) => step);
    expect(steps).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('resumed with other validation samples, finds the best weights anew', async () => {
    const folderOfRun = runFolder('validated otherwise');
    const still = (steps: number) => {
      const config = tinyRun(`steps: ${steps}`);
      return { ...config, optimizer: { ...config.optimizer, learningRate: 0 } };
    };
    await trainTiny(still(1), folderOfRun);
    await trainTiny(still(2), folderOfRun, { resume: true });
    const harder = validationSample();
    for (const { data } of harder.frames) data.fill(1);
    await trainTiny(still(3), folderOfRun, { resume: true, validationSamples: [harder] });
    await trainTiny(still(4), folderOfRun, { resume: true, validationSamples: [harder] });
    const best = readMetrics(join(folderOfRun, runFiles.metrics)).flatMap((row) =>
      row.kind === 'validation' ? [row.best] : [],
    );
    expect(best).toEqual([true, false, true, false]);
  });

  test('leaves a log, weights with their config, pictures and a checkpoint', async () => {
    const config = tinyRun('steps: 2\nsamplesEverySteps: 1');
    await trainTiny(config, runFolder('files'));
    const rows = readMetrics(join(runFolder('files'), runFiles.metrics));
    expect(rows.map(({ kind }) => kind)).toEqual(['step', 'validation', 'step', 'validation']);
    expect(Object.keys((rows[0] as { loss: object }).loss).sort()).toEqual([
      'motion',
      'photometric',
      'total',
    ]);
    expect(photoFamily.readWeights(readFileSync(join(runFolder('files'), runFiles.weights))).config).toEqual(
      config.network,
    );
    expect(readdirSync(join(runFolder('files'), runFiles.samples))).toEqual([
      'step-0000001.png',
      'step-0000002.png',
    ]);
    expect(readdirSync(runFolder('files')).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  test('a loss term that is not finite stops the run, is named, and the last checkpoint stands', async () => {
    const config = tinyRun('steps: 9\ncheckpointEverySteps: 1');
    let calls = 0;
    const failing: Engine = {
      ...tinyEngine,
      lossAndGradients: async (weights, batch) => {
        const result = await tinyEngine.lossAndGradients(weights, batch);
        return ++calls < 3 ? result : { ...result, terms: { ...result.terms, motion: -Infinity } };
      },
    };
    await expect(trainTiny(config, runFolder('diverging'), {}, { engine: failing })).rejects.toThrow(
      "'motion' is -Infinity at step 3",
    );
    expect(await trainTiny(tinyRun('steps: 2'), runFolder('diverging'), { resume: true })).toEqual({
      step: 2,
      interrupted: false,
    });
  });

  test('the loss falls when one batch is seen again and again', async () => {
    const config = tinyRun('steps: 40');
    async function* oneBatch() {
      for (;;) yield discBatch(0, 2, 3, size);
    }
    const system = tinySystem(config);
    await trainTiny(
      config,
      runFolder('overfit'),
      {},
      { system: { ...system, phases: system.phases.map((phase) => ({ ...phase, batchesFrom: oneBatch })) } },
    );
    const losses = readMetrics(join(runFolder('overfit'), runFiles.metrics)).flatMap((row) =>
      row.kind === 'step' ? [row.loss['photometric']!] : [],
    );
    expect(losses.at(-1)!).toBeLessThan(losses[0]! - 0.1);
  });

  test('resuming with another network, or with fewer steps than are done, is refused', async () => {
    const config = tinyRun('steps: 2\ncheckpointEverySteps: 1');
    await trainTiny(config, runFolder('narrow'));
    const { [Object.keys(tinySystem(config).weightShapes)[0]!]: dropped, ...others } =
      tinySystem(config).weightShapes;
    expect(dropped).toBeDefined();
    await expect(
      trainTiny(
        config,
        runFolder('narrow'),
        { resume: true },
        { system: { ...tinySystem(config), weightShapes: others } },
      ),
    ).rejects.toThrow(
      /of another: '.+' is \[.+\] there and no such weight in the run file's; resume with the network of '.*run\.yaml'/,
    );
    await expect(trainTiny(tinyRun('steps: 1'), runFolder('narrow'), { resume: true })).rejects.toThrow(
      "within the run's 1 steps",
    );
  });

  test('resuming where there is no checkpoint is refused', async () => {
    await expect(trainTiny(tinyRun('steps: 1'), runFolder('empty'), { resume: true })).rejects.toThrow(
      'start the run without resuming',
    );
  });
});
