import { expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { blurToVideoPresets, initialWeights } from '@unblur/core-model';
import type { BlurToVideoConfig, DecoderConfig } from '@unblur/core-model';
import { Adam } from './adam.js';
import { discBatch, tinyRun, tinyTask } from './tiny-network.test-tool.js';
import { createTracedEngine } from './traced-engine.js';

const FRAMES = 3;
const SIZE_PIXELS = 64;

const narrowDecoder = ({ upscaledChannels, denseChannels }: DecoderConfig): DecoderConfig => ({
  upscaledChannels: upscaledChannels.map(() => 4),
  denseChannels: denseChannels.map((widths) => widths.map(() => 4)),
});

/** The paper's network with all its parts and layers, but narrow. */
function narrowPaper(): BlurToVideoConfig {
  const { paper } = blurToVideoPresets;
  return {
    ...paper,
    encoderChannels: paper.encoderChannels.map(() => 4),
    middleDecoder: narrowDecoder(paper.middleDecoder),
    frameDecoder: narrowDecoder(paper.frameDecoder),
    refiner: paper.refiner.map(({ dilation }) => ({ channels: 4, dilation })),
  };
}

const { small, base } = blurToVideoPresets;

test.each([['small', small], ['base', base], ['paper, narrow', narrowPaper()]] as const)(
  'two steps of training reach every weight of the preset %s',
  async (_, preset) => {
    const network = { ...preset, frames: FRAMES };
    const { optimizer } = tinyRun('steps: 2');
    const engine = await createTracedEngine(tinyTask(network, { batchSize: 1, sizePixels: SIZE_PIXELS, validationSizePixels: SIZE_PIXELS }), { threads: 2 });
    const weights = initialWeights(network, 1);
    const start = structuredClone(weights);
    const adam = new Adam(weights, optimizer);
    const reached = new Set<string>();
    for (const step of [1, 2]) {
      const { gradients } = await engine.lossAndGradients(weights, discBatch(step, 1, FRAMES, SIZE_PIXELS));
      expect(Object.keys(gradients).sort()).toEqual(Object.keys(weights).sort());
      for (const [name, gradient] of Object.entries(gradients)) {
        expect([name, gradient.every(Number.isFinite)]).toEqual([name, true]);
        if (gradient.some((value) => value !== 0)) reached.add(name);
      }
      adam.update(gradients, optimizer.learningRate, step);
    }
    await engine.release();
    // In the first step nothing flows past heads that start at zero; in the second all is reached.
    expect(Object.keys(weights).filter((name) => !reached.has(name))).toEqual([]);
    const unchanged = [...reached].filter((name) => weights[name]!.values.every((value, index) => value === start[name]!.values[index]));
    expect(unchanged).toEqual([]);
  },
  300_000,
);
