import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { photoPreset } from '@unblur/core-model';
import { spawnSync } from 'node:child_process';
import { createEagerEngine } from '../eager-engine.js';
import {
  expectSameRestored,
  expectSameStep,
  workloads,
  type WorkloadName,
} from '../engine-agreement.test-tool.js';
import type { Engine } from '../engine.js';
import { createEngineLearner } from '../../loop/learner.js';
import type { LearnedState } from '../../loop/learned-state.js';
import type { Learner } from '../../loop/learner.js';
import { patternBatch } from '../pattern-batch.test-tool.js';
import { clearDistancePixels, withSampledPositions } from '../sampled-positions.test-tool.js';
import {
  discBatch,
  fullWeights,
  relativeDifference,
  tinyNetwork,
  tinyRun,
  tinySizePixels,
  tinyTask,
} from '../../systems/photo/tiny-network.test-tool.js';
import { createTracedEngine } from '../traced-engine.js';
import type { LearningTask } from '../../training-system.js';
import { createTorchLearner, openTorchLearner } from './torch-learner.js';
import type { TorchConfig, TorchLearner } from './torch-learner.js';
import { fullVideoDeblurWeights } from '../../systems/video-deblur/narrow-video-deblur-task.test-tool.js';
import { startTorchProcesses } from './torch-process.js';
import type { TorchProcesses } from './torch-process.js';
import { findTorch, programFolder } from './torch-program.js';

/** Starting torch takes seconds, and minutes on a busy machine. */
const longMilliseconds = 300_000;

const python = findTorch()?.python;
if (!python) console.warn('Skipped the tests of the torch engine: there is no Python with torch and numpy.');
const describeWithTorch = python ? describe : describe.skip;

const { optimizer, emaDecay } = tinyRun('steps: 1');
const clippedOptimizer = { ...optimizer, clipNorm: 0.5, weightDecay: 0.1 };
const task = tinyTask();
const float32: TorchConfig = { precision: 'float32', channelsLast: true, compile: false };
/** One process for all tests; a learner takes the place of the one before it. */
let torchProcesses: TorchProcesses;
const openTorch = (ofTask: LearningTask, torch: TorchConfig = float32) =>
  openTorchLearner(ofTask, torchProcesses, { torch, optimizer: clippedOptimizer, emaDecay, threads: 1 });
beforeAll(async () => {
  if (python) torchProcesses = await startTorchProcesses(1, 1);
}, longMilliseconds);
afterAll(() => torchProcesses?.stop());

describeWithTorch('the torch engine', () => {
  let learner: TorchLearner;
  let engine: Engine;
  beforeAll(async () => {
    learner = await openTorch(task);
    engine = await createTracedEngine(task, { threads: 1 });
  }, longMilliseconds);
  afterAll(() => engine?.release());

  test(
    'has the loss terms and gradients of ONNX Runtime, and restores the same frames and motions',
    async () => {
      const weights = fullWeights(tinyNetwork);
      const batch = patternBatch(task.objective.batchShapes);
      await learner.load({ weights });
      expectSameStep(await learner.gradients(batch), await engine.lossAndGradients(weights, batch), 1e-4);
      const { blurred } = discBatch(5, 1, 3, tinySizePixels);
      const expected = await engine.restore(weights, blurred);
      expect(expected.motionsPixels).toHaveLength(3);
      expectSameRestored(await learner.restore(blurred), expected, 1e-4);
    },
    longMilliseconds,
  );

  test(
    'moves weights, moments and averages as Adam in TypeScript does, from where another engine stopped',
    async () => {
      const inProcess = createEngineLearner(engine, {
        groups: task.groups,
        optimizer: clippedOptimizer,
        emaDecay,
      });
      const train = async (on: Learner, steps: number[]) => {
        for (const step of steps) await on.update(discBatch(2 * step, 2, 3, tinySizePixels), [0.002], step);
      };
      await inProcess.load({ weights: fullWeights(tinyNetwork) });
      await train(inProcess, [1, 2]);
      await learner.load(structuredClone(await inProcess.state()));
      await train(inProcess, [3, 4]);
      await train(learner, [3, 4]);
      const [actual, expected] = [await learner.state(), await inProcess.state()];
      for (const group of ['firstMoments', 'secondMoments', 'averages'] as const) {
        for (const [name, values] of Object.entries(expected[group])) {
          expect([group, name, relativeDifference(actual[group][name]!, values) < 2e-3]).toEqual([
            group,
            name,
            true,
          ]);
        }
      }
      for (const [name, { values, shape }] of Object.entries(expected.weights)) {
        expect(actual.weights[name]!.shape).toEqual(shape);
        expect([name, relativeDifference(actual.weights[name]!.values, values) < 2e-3]).toEqual([name, true]);
      }
    },
    longMilliseconds,
  );

  test(
    'goes on from its own state bit by bit',
    async () => {
      const run = async (stops: boolean): Promise<LearnedState> => {
        await learner.load({ weights: fullWeights(tinyNetwork) });
        for (const step of [1, 2, 3]) {
          await learner.update(discBatch(2 * step, 2, 3, tinySizePixels), [0.002], step);
          if (stops) await learner.load(await learner.state());
        }
        return learner.state();
      };
      const [stopped, undisturbed] = [await run(true), await run(false)];
      const bytesOf = ({ weights, averages }: LearnedState) =>
        Object.entries(averages).map(([name, values]) => [
          name,
          Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex') +
            Buffer.from(weights[name]!.values.slice().buffer).toString('hex'),
        ]);
      const wanted = bytesOf(undisturbed);
      const different = bytesOf(stopped)
        .filter(([, bytes], index) => bytes !== wanted[index]![1])
        .map(([name]) => name);
      expect(different).toEqual([]);
    },
    longMilliseconds,
  );

  test(
    'names a loss term that is not finite and keeps the weights',
    async () => {
      await learner.load({ weights: fullWeights(tinyNetwork) });
      const before = structuredClone(await learner.state());
      const batch = discBatch(0, 2, 3, tinySizePixels);
      batch.blurred.fill(NaN);
      await expect(learner.update(batch, [0.002], 1)).rejects.toThrow(
        /finite loss but its term '\w+' is nan/,
      );
      expect(await learner.state()).toEqual(before);
    },
    longMilliseconds,
  );

  test(
    'in bfloat16 comes near to float32',
    async () => {
      const batch = discBatch(0, 2, 3, tinySizePixels);
      const gradientsIn = async (precision: TorchConfig['precision']) => {
        const opened = await openTorch(task, { ...float32, precision });
        await opened.load({ weights: fullWeights(tinyNetwork) });
        return opened.gradients(batch);
      };
      const [full, rounded] = [await gradientsIn('float32'), await gradientsIn('bfloat16')];
      expect(Math.abs(rounded.terms['total']! - full.terms['total']!)).toBeLessThan(
        0.01 * Math.abs(full.terms['total']!),
      );
      const cosines = Object.entries(full.gradients).map(([name, values]) => {
        const other = rounded.gradients[name]!;
        return [
          name,
          values.reduce((sum, value, index) => sum + value * other[index]!, 0) /
            (Math.hypot(...values) * Math.hypot(...other)),
        ] as const;
      });
      expect(cosines.filter(([, cosine]) => !(cosine > 0.9))).toEqual([]);
    },
    longMilliseconds,
  );
});

describeWithTorch('the torch engine with the photo network as it is shipped', () => {
  test(
    'has the loss terms and gradients of ONNX Runtime',
    async () => {
      const [sizePixels, batchSize] = [32, 1];
      const photoTask = tinyTask(photoPreset, { batchSize, sizePixels });
      const learner = await openTorch(photoTask);
      const weights = fullWeights(photoPreset);
      const batch = patternBatch(photoTask.objective.batchShapes);
      const oracle = await createEagerEngine(photoTask, { backend: 'cpu' });
      expect(
        (await withSampledPositions(() => oracle.restore(weights, batch['blurred']!))).distancePixels,
      ).toBeGreaterThan(clearDistancePixels);
      await learner.load({ weights });
      const actual = await learner.gradients(batch);
      const engine = await createTracedEngine(photoTask, { threads: 1 });
      expectSameStep(actual, await engine.lossAndGradients(weights, batch), 1e-4);
      await engine.release();
    },
    longMilliseconds,
  );
});

describeWithTorch('the torch engine with the phases of a video-deblurring network', () => {
  test(
    'moves the weights of a phase, each group at its own rate, and no others',
    async () => {
      const stateAfter = async (learner: Learner, phase: WorkloadName, learningRates: number[]) => {
        await learner.load({ weights: fullVideoDeblurWeights() });
        for (const step of [1, 2]) {
          await learner.update(workloads[phase]().batch, learningRates, step);
        }
        const state = structuredClone(await learner.state());
        await learner.release();
        return state;
      };
      const inProcess = async (ofTask: LearningTask) =>
        createEngineLearner(await createTracedEngine(ofTask, { threads: 1 }), {
          groups: ofTask.groups,
          optimizer: clippedOptimizer,
          emaDecay,
        });
      for (const [phase, learningRates] of [
        ['video-deblur, flow', [0.002]],
        ['video-deblur, cascade', [0.0005, 0.002]],
      ] as const) {
        const { task: ofTask } = workloads[phase]();
        const actual = await stateAfter(await openTorch(ofTask), phase, [...learningRates]);
        const expected = await stateAfter(await inProcess(ofTask), phase, [...learningRates]);
        const start = fullVideoDeblurWeights();
        const differences = Object.entries(expected.weights).map(
          ([name, { values }]) =>
            [
              name,
              relativeDifference(actual.weights[name]!.values, values),
              relativeDifference(actual.averages[name]!, expected.averages[name]!),
            ] as const,
        );
        expect(
          differences.filter(([, ofWeight, ofAverage]) => !(ofWeight < 2e-3 && ofAverage < 2e-3)),
        ).toEqual([]);
        const moved = Object.keys(start).filter(
          (name) => relativeDifference(actual.weights[name]!.values, start[name]!.values) > 0,
        );
        expect(moved.sort()).toEqual(ofTask.groups.flat().sort());
      }
    },
    longMilliseconds,
  );
});

describeWithTorch('the Python program', () => {
  test(
    'passes its own tests',
    () => {
      const { status, stderr } = spawnSync(python!, ['-m', 'unittest', 'discover', programFolder], {
        encoding: 'utf8',
        env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
      });
      expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
      expect(stderr).toMatch(/Ran [1-9]/);
    },
    longMilliseconds,
  );
});

describeWithTorch('two processes', () => {
  test(
    'learn what one learns from the same batch',
    async () => {
      const options = { torch: float32, optimizer: clippedOptimizer, emaDecay, threads: 1 };
      const [one, two] = [
        await openTorch(task),
        await createTorchLearner(task, { ...options, processes: 2 }),
      ];
      const states = [];
      for (const learner of [one, two]) {
        await learner.load({ weights: fullWeights(tinyNetwork) });
        const results = [];
        for (const step of [1, 2]) {
          results.push(await learner.update(discBatch(2 * step, 2, 3, tinySizePixels), [0.002], step));
        }
        states.push({ results, state: await learner.state() });
        await learner.release();
      }
      const [alone, shared] = states as [(typeof states)[0], (typeof states)[0]];
      shared.results.forEach(({ terms, gradientNorm }, index) => {
        expect(gradientNorm / alone.results[index]!.gradientNorm).toBeCloseTo(1, 4);
        for (const [name, value] of Object.entries(terms)) {
          expect([name, value]).toEqual([name, expect.closeTo(alone.results[index]!.terms[name]!, 4)]);
        }
      });
      for (const [name, values] of Object.entries(alone.state.firstMoments)) {
        expect([name, relativeDifference(shared.state.firstMoments[name]!, values) < 1e-3]).toEqual([
          name,
          true,
        ]);
      }
    },
    longMilliseconds,
  );
});
