import { expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { paperFamily, photoFamily, photoPreset } from '@unblur/core-model';
import { Adam } from './adam.js';
import { narrowPaper, narrowPaperTask } from '../systems/paper/narrow-paper-task.test-tool.js';
import { discBatch, tinyRun, tinyTask } from '../systems/photo/tiny-network.test-tool.js';
import { createTracedEngine } from '../engines/traced-engine.js';

const frameCount = 3;
const imageSizePixels = 32;

test.each([
  [
    'the photo network',
    tinyTask(photoPreset, { batchSize: 1, sizePixels: imageSizePixels }),
    photoFamily.initialWeights(photoPreset, 1),
    3,
  ],
  [
    "the paper's network, narrow",
    narrowPaperTask(imageSizePixels),
    paperFamily.initialWeights(narrowPaper, 1),
    2,
  ],
])(
  'a few steps of training reach every weight of %s',
  async (_, task, weights, steps) => {
    const { optimizer } = tinyRun('steps: 2');
    const engine = await createTracedEngine(task, { threads: 2 });
    const start = structuredClone(weights);
    const adam = new Adam(weights, optimizer);
    const reached = new Set<string>();
    for (let step = 1; step <= steps; step++) {
      const batch = discBatch(step, 1, frameCount, imageSizePixels);
      const { gradients } = await engine.lossAndGradients(
        weights,
        Object.fromEntries(Object.keys(task.objective.batchShapes).map((name) => [name, batch[name]!])),
      );
      expect(Object.keys(gradients).sort()).toEqual(Object.keys(weights).sort());
      for (const [name, gradient] of Object.entries(gradients)) {
        expect([name, gradient.every(Number.isFinite)]).toEqual([name, true]);
        if (gradient.some((value) => value !== 0)) reached.add(name);
      }
      adam.update(gradients, optimizer.learningRate, step);
    }
    await engine.release();
    // In the first step nothing flows past heads that start at zero, in the second nothing past the blocks
    // behind them; then all is reached.
    expect(Object.keys(weights).filter((name) => !reached.has(name))).toEqual([]);
    const unchanged = [...reached].filter((name) =>
      weights[name]!.values.every((value, index) => value === start[name]!.values[index]),
    );
    expect(unchanged).toEqual([]);
  },
  300_000,
);
