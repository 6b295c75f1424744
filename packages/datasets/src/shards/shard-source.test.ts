import { describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noAugmentation } from '../augmentation.js';
import { type CameraTurn, flowOfTurn } from '../panorama/camera-turn.js';
import { makePanoramaFolder, newFolder } from '../pictures/picture-folder.test-tool.js';
import { flowsOfSample, type Sample } from '../sample.js';
import { synthesizeShards } from '../sets/shard-set.node.js';
import { mixedBatches, type MixedBatch } from '../stream/batches.node.js';
import {
  createSynthesizer,
  recipeOfSource,
  sourceKnowsMotion,
  type SampleSource,
} from '../stream/recipes.node.js';
import { ShardWriter } from './shard-writer.node.js';

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((largest, value, index) => Math.max(largest, Math.abs(value - b[index]!)), 0);

async function firstBatch(source: SampleSource): Promise<MixedBatch> {
  const options = { sizePixels: 16, frames: 3, seed: 1, workers: 0, batchSize: 1 };
  for await (const batch of mixedBatches({ ...options, sources: [source] })) return batch;
  throw new Error('no batch');
}

describe('samples read from shards come with the motion of freshly made ones', () => {
  test.each([
    { kind: 'panorama', photoPixels: 24, angleDegrees: [5, 6] },
    { kind: 'layers', cameraPixels: [2, 4], objectPixels: [1, 5] },
  ] as const)('$kind', async (options) => {
    const source = {
      ...options,
      folder: await makePanoramaFolder(2),
      sizePixels: 16,
      frames: 3,
      augmentation: { ...noAugmentation, flips: true, quarterTurns: true, timeReversal: true },
    } as unknown as SampleSource;
    const out = join(newFolder(), 'set');
    await synthesizeShards({ source, out, count: 1, seed: 1, workers: 0 });
    const fresh = await firstBatch(source);
    const stored = await firstBatch({ kind: 'shards', folder: out });
    expect(largestDifference(stored.frames, fresh.frames)).toBeLessThanOrEqual(0.5 / 255 + 1e-6);
    expect(stored.motionKnown).toEqual(Float32Array.of(1));
    expect(Math.max(...fresh.motionPixels.map(Math.abs))).toBeGreaterThan(0.5);
    expect(largestDifference(stored.motionPixels, fresh.motionPixels)).toBeLessThan(1e-4);
    expect(await sourceKnowsMotion({ kind: 'shards', folder: out })).toBe(true);
  });
});

describe('cropping and augmentation of stored samples', () => {
  const storedSize = 20;
  const size = 12;
  const frames = 3;
  const cameraTurn: CameraTurn = {
    focalPixels: 30,
    principalX: 3,
    principalY: 25,
    rotationRadians: [0.06, 0.09, 0.12],
  };
  const trueFlows = [-1, 0, 1].map((time) =>
    flowOfTurn(cameraTurn, { width: storedSize, height: storedSize }, time),
  );

  /** Pictures whose colours say where a pixel was stored, and in which frame. */
  const coordinates = (frame: number) =>
    Uint8Array.from({ length: storedSize ** 2 * 3 }, (_, i) => {
      const pixel = Math.floor(i / 3);
      return [pixel % storedSize, Math.floor(pixel / storedSize), frame][i % 3]!;
    });

  async function writeShard(known: { cameraTurn?: CameraTurn; flowsPixels?: Float32Array }): Promise<string> {
    const folder = newFolder();
    const manifest = { version: 2, count: 1, samplesPerShard: 1, sizePixels: storedSize, frames, recipe: {} };
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    const has = { cameraTurn: 'cameraTurn' in known, flowsPixels: 'flowsPixels' in known };
    const shape = { sizePixels: storedSize, frames };
    const writer = await ShardWriter.create(join(folder, 'shard-00000.safetensors'), 1, shape, has);
    const all = Uint8Array.from([0, 1, 2].flatMap((frame) => [...coordinates(frame)]));
    await writer.add({ blurred: coordinates(0), frames: all, ...known });
    await writer.finish();
    return folder;
  }

  /** The vector of the stored picture that one of a sample's picture stands for, by the colours about it. */
  function expectMovedAlong({ blurred, frames: latent }: Sample, flows: Float32Array[]): void {
    const stored = (x: number, y: number, axis: number) =>
      Math.round(blurred.data[3 * (y * size + x) + axis]! * 255);
    for (const [index, flow] of flows.entries()) {
      const frame = Math.round(latent[index]!.data[2]! * 255);
      for (const [x, y] of [
        [4, 7],
        [9, 2],
      ] as const) {
        const [dx, dy] = [flow[2 * (y * size + x)]!, flow[2 * (y * size + x) + 1]!];
        const origin = 2 * (stored(x, y, 1) * storedSize + stored(x, y, 0));
        for (const axis of [0, 1]) {
          const here = stored(x, y, axis);
          const moved = dx * (stored(x + 1, y, axis) - here) + dy * (stored(x, y + 1, axis) - here);
          expect(moved).toBeCloseTo(trueFlows[frame]![origin + axis]!, 4);
        }
      }
    }
  }

  test.each([
    ['the turn of a camera', { cameraTurn }],
    ['flows', { flowsPixels: Float32Array.from(trueFlows.flatMap((flow) => [...flow])) }],
  ])('carry %s along', async (_, known) => {
    const augmentation = { ...noAugmentation, flips: true, quarterTurns: true, timeReversal: true };
    const source = {
      kind: 'shards',
      folder: await writeShard(known),
      sizePixels: size,
      augmentation,
    } as const;
    const synthesizer = createSynthesizer(await recipeOfSource(source, 3), 0);
    const orders = new Set<number>();
    for (let index = 0; index < 24; index++) {
      const sample = await synthesizer.synthesize(index);
      const flows = flowsOfSample(sample)!;
      expectMovedAlong(sample, flows);
      const half = flows[2]!.map((value, i) => (value - flows[0]![i]!) / 2);
      expect(largestDifference(sample.motionPixels!, half)).toBeLessThan(1e-5);
      orders.add(Math.round(sample.frames[0]!.data[2]! * 255));
    }
    expect(orders).toEqual(new Set([0, 2]));
    await synthesizer.close?.();
  });
});
