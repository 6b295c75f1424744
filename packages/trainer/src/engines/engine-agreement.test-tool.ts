import { expect, test } from '@jest/globals';
import type { WeightValues } from '@unblur/core-model';
import { createEagerEngine } from './eager-engine.js';
import type { Engine, StepResult } from './engine.js';
import type { Batch, LearningTask, Restored } from '../training-system.js';
import {
  fullFrameExtractionWeights,
  narrowFrameExtractionTask,
} from '../systems/frame-extraction/narrow-frame-extraction-task.test-tool.js';
import { fullPaperWeights, narrowPaperTask } from '../systems/paper/narrow-paper-task.test-tool.js';
import { patternBatch } from './pattern-batch.test-tool.js';
import { clearDistancePixels, withSampledPositions } from './sampled-positions.test-tool.js';
import {
  fullWeights,
  relativeDifference,
  tinyNetwork,
  tinyTask,
} from '../systems/photo/tiny-network.test-tool.js';
import {
  fullVideoDeblurWeights,
  narrowVideoDeblurTask,
} from '../systems/video-deblur/narrow-video-deblur-task.test-tool.js';

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
  } = workload(narrowVideoDeblurTask(phase), fullVideoDeblurWeights());
  // Of little contrast, so that aligning frames leaves the flow about as it is.
  return {
    task,
    weights,
    batch: { ...batch, ...(blurred && { blurred: blurred.map((value) => 0.5 + 0.002 * (value - 0.5)) }) },
  };
};

const extraction = (stage: number): Workload =>
  workload(narrowFrameExtractionTask(stage), fullFrameExtractionWeights());

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

export type WorkloadName = keyof typeof workloads;

interface Oracle extends Workload {
  /** What TensorFlow.js computes op by op on `cpu`. */
  step: StepResult;
  /** See `withSampledPositions`. */
  distancePixels: number;
  blurred: Float32Array;
  restored: Restored<Float32Array>;
}

const oracles = new Map<WorkloadName, Promise<Oracle>>();

/** The oracle takes seconds, so all engines of a test file share what it says. */
function oracleOf(name: WorkloadName): Promise<Oracle> {
  const known = oracles.get(name);
  if (known) return known;
  const computed = computeOracle(workloads[name]());
  oracles.set(name, computed);
  return computed;
}

async function computeOracle({ task, weights, batch }: Workload): Promise<Oracle> {
  const engine = await createEagerEngine(task, { backend: 'cpu' });
  const { result: step, distancePixels } = await withSampledPositions(() =>
    engine.lossAndGradients(weights, batch),
  );
  const blurred = patternBatch({ blurred: task.restoration.blurredShape })['blurred']!;
  const restored = await engine.restore(weights, blurred);
  await engine.release();
  return { task, weights, batch, step, distancePixels, blurred, restored };
}

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
  names = Object.keys(workloads) as WorkloadName[],
): void {
  test.each(names)(
    'has the loss terms, gradients, restored frames and motions of the oracle on %s',
    async (name) => {
      const { task, weights, batch, step, distancePixels, blurred, restored } = await oracleOf(name);
      expect(distancePixels).toBeGreaterThan(clearDistancePixels);
      const engine = await open(task);
      try {
        expectSameStep(await engine.lossAndGradients(weights, batch), step, tolerance);
        const actual = await engine.restore(weights, blurred);
        expectSameRestored(actual, restored, tolerance);
      } finally {
        await engine.release();
      }
    },
    longMilliseconds,
  );
}

/** Frames, and motions where there are any. */
export function expectSameRestored(
  actual: Restored<Float32Array>,
  expected: Restored<Float32Array>,
  tolerance: number,
): void {
  const values = ({ frames, motionsPixels = [] }: Restored<Float32Array>) => [...frames, ...motionsPixels];
  expect(actual.frames.length).toBe(expected.frames.length);
  expect(actual.motionsPixels?.length).toBe(expected.motionsPixels?.length);
  values(actual).forEach((found, index) =>
    expect(relativeDifference(found, values(expected)[index]!)).toBeLessThan(tolerance),
  );
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
