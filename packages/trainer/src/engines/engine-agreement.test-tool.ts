import { afterAll, describe, expect, test } from '@jest/globals';
import type { WeightValues } from '@unblur/core-model';
import { createEagerEngine } from './eager-engine.js';
import type { Engine, StepResult } from './engine.js';
import type { Batch, LearningTask } from '../training-system.js';
import { fullExtractionWeights, narrowExtractionTask } from '../systems/jin/narrow-jin-task.test-tool.js';
import { fullPaperWeights, narrowPaperTask } from '../systems/paper/narrow-paper-task.test-tool.js';
import { patternBatch } from './pattern-batch.test-tool.js';
import { clearDistancePixels, withSampledPositions } from './sampled-positions.test-tool.js';
import {
  fullWeights,
  relativeDifference,
  tinyNetwork,
  tinyTask,
} from '../systems/photo/tiny-network.test-tool.js';
import { fullVideoWeights, narrowVideoTask } from '../systems/video/narrow-video-task.test-tool.js';

/** A task with weights and a batch that put every part of it to work. */
interface Workload {
  task: LearningTask;
  weights: WeightValues;
  batch: Batch;
}

const workload = (task: LearningTask, weights: WeightValues): Workload => ({
  task,
  weights,
  batch: patternBatch(task.objective.batchShapes),
});

const video = (phase: 'flow' | 'cascade'): Workload => {
  const {
    task,
    weights,
    batch: { blurred, ...batch },
  } = workload(narrowVideoTask(phase), fullVideoWeights());
  // Of little contrast, so that aligning frames leaves the flow about as it is.
  return {
    task,
    weights,
    batch: { ...batch, ...(blurred && { blurred: blurred.map((value) => 0.5 + 0.002 * (value - 0.5)) }) },
  };
};

const extraction = (stage: number): Workload =>
  workload(narrowExtractionTask(stage), fullExtractionWeights());

/** What every engine is to compute as the oracle does: all phases of all systems, narrow. */
export const workloads = {
  photo: (): Workload => workload(tinyTask(), fullWeights(tinyNetwork)),
  paper: (): Workload => workload(narrowPaperTask(), fullPaperWeights()),
  'frame-extraction, middle': () => extraction(0),
  'frame-extraction, inner pair': () => extraction(1),
  'frame-extraction, outer pair': () => extraction(2),
  'video-deblur, flow': () => video('flow'),
  'video-deblur, cascade': () => video('cascade'),
};

/** Minutes on a busy machine. */
const longMilliseconds = 300_000;

/**
 * The one body of tests for every engine: loss terms, all gradients and restoration of each workload, against
 * TensorFlow.js on `cpu`.
 *
 * @param tolerance largest difference of a gradient, relative to its largest value.
 * @param names the workloads; all if not said.
 */
export function testEngine(
  open: (task: LearningTask) => Promise<Engine>,
  tolerance: number,
  names = Object.keys(workloads) as (keyof typeof workloads)[],
): void {
  describe.each(names)('on %s', (name) => {
    const { task, weights, batch } = workloads[name]();
    const opened: Engine[] = [];
    const both = async () => {
      if (opened.length === 0) {
        opened.push(await createEagerEngine(task, { backend: 'cpu' }), await open(task));
      }
      return opened as [Engine, Engine];
    };
    afterAll(() => Promise.all(opened.map((engine) => engine.release())));

    test(
      'has the loss terms and gradients of the oracle',
      async () => {
        const [oracle, engine] = await both();
        const { result, distancePixels } = await withSampledPositions(() =>
          oracle.lossAndGradients(weights, batch),
        );
        expect(distancePixels).toBeGreaterThan(clearDistancePixels);
        expectSameStep(await engine.lossAndGradients(weights, batch), result, tolerance);
      },
      longMilliseconds,
    );

    test(
      'restores what the oracle restores',
      async () => {
        const [oracle, engine] = await both();
        const { blurred } = patternBatch({ blurred: task.restoration.blurredShape });
        const expected = await oracle.restore(weights, blurred!);
        const restored = await engine.restore(weights, blurred!);
        expect(restored.length).toBe(expected.length);
        restored.forEach((frame, index) =>
          expect(relativeDifference(frame, expected[index]!)).toBeLessThan(tolerance),
        );
      },
      longMilliseconds,
    );
  });
}

/** Also that every gradient has something in it, without which agreement would say nothing. */
export function expectSameStep(actual: StepResult, expected: StepResult, tolerance: number): void {
  expect(Object.keys(actual.terms).sort()).toEqual(Object.keys(expected.terms).sort());
  for (const [name, value] of Object.entries(expected.terms)) {
    expect([name, Math.abs(actual.terms[name]! - value) <= tolerance * Math.max(1, Math.abs(value))]).toEqual(
      [name, true],
    );
  }
  expect(Object.keys(actual.gradients).sort()).toEqual(Object.keys(expected.gradients).sort());
  const differences = Object.entries(expected.gradients).map(
    ([name, values]) => [name, relativeDifference(actual.gradients[name]!, values)] as const,
  );
  expect(differences.filter(([, difference]) => !(difference <= tolerance))).toEqual([]);
  expect(
    Object.entries(expected.gradients)
      .filter(([, values]) => values.every((value) => value === 0))
      .map(([name]) => name),
  ).toEqual([]);
}
