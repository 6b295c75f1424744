import { beforeAll, describe, expect, test } from '@jest/globals';
import { cpSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RgbImage } from '@unblur/metrics';
import { noAugmentation } from '../augmentation.js';
import { newFolder } from '../pictures/picture-folder.test-tool.js';
import { mixedBatches, type MixedBatch, type MixedBatchOptions } from '../stream/batches.node.js';
import { firstOf } from '../stream/first-of.test-tool.js';
import {
  createSynthesizer,
  describeRecipe,
  recipeOfSource,
  sourceKnowsMotion,
  threadOfSample,
} from '../stream/recipes.node.js';
import { writeFlow } from './flow-file.node.js';
import { writeSampleFolder } from './sample-folder.node.js';

const [width, height, size] = [24, 20, 12] as const;

/** Colours say where a pixel lies, and of which sample and frame it is (the blurred picture: 9). */
const coordinates = (
  sample: number,
  frame: number,
  [across, down]: readonly [number, number] = [width, height],
): RgbImage => ({
  width: across,
  height: down,
  data: Float32Array.from(
    { length: across * down * 3 },
    (_, i) => [Math.floor(i / 3) % across, Math.floor(i / 3 / across), 10 * sample + frame][i % 3]! / 255,
  ),
});

/** Each point moves by its own column and row, in pixels, towards the last frame. */
const flowsPixels = [-1, 0, 1].map((time) =>
  Float32Array.from(
    { length: width * height * 2 },
    (_, i) => time * [Math.floor(i / 2) % width, Math.floor(i / 2 / width)][i % 2]!,
  ),
);

const writeSample = (
  set: string,
  index: number,
  {
    frames = 3,
    size = [width, height],
    flow = true,
  }: { frames?: number; size?: readonly [number, number]; flow?: boolean } = {},
) =>
  writeSampleFolder(
    join(set, `sample-${index}`),
    {
      blurred: coordinates(index, 9, size),
      frames: Array.from({ length: frames }, (_, frame) => coordinates(index, frame, size)),
      ...(flow && { flowsPixels }),
    },
    {},
    { flow },
  );

let set: string;
beforeAll(async () => {
  set = newFolder();
  for (let index = 0; index < 5; index++) await writeSample(set, index);
});

/** A copy of the set that is changed. */
const changedSet = (): string => {
  const copy = newFolder();
  cpSync(set, copy, { recursive: true });
  return copy;
};

const options = (change: Partial<MixedBatchOptions> = {}): MixedBatchOptions => ({
  sources: [{ kind: 'samples', folder: set }],
  sizePixels: size,
  frames: 3,
  batchSize: 5,
  seed: 1,
  workers: 0,
  ...change,
});

const take = (count: number, change?: Partial<MixedBatchOptions>): Promise<MixedBatch[]> =>
  firstOf(count, mixedBatches(options(change)));

/** The colour of the first pixel of each picture of a batch. */
const corners = (pictures: Float32Array): number[][] =>
  Array.from({ length: pictures.length / (size * size * 3) }, (_, picture) =>
    [0, 1, 2].map((channel) => Math.round(pictures[picture * size * size * 3 + channel]! * 255)),
  );

describe('training samples from folders', () => {
  test('are one random window of all pictures and of the motion, every sample once a pass', async () => {
    const batches = await take(2);
    const windows = new Set<string>();
    for (const { blurred, frames, motionPixels, motionKnown } of batches) {
      const stored = corners(blurred).map(([, , mark]) => Math.floor(mark! / 10));
      expect([...stored].sort()).toEqual([0, 1, 2, 3, 4]);
      for (const [sample, [left, top]] of corners(blurred).entries()) {
        const ofFrames = corners(frames).slice(3 * sample, 3 * sample + 3);
        expect(ofFrames).toEqual([0, 1, 2].map((frame) => [left, top, 10 * stored[sample]! + frame]));
        const motion = motionPixels.slice(sample * size * size * 2, (sample + 1) * size * size * 2);
        expect([...motion.slice(0, 2), ...motion.slice(-2)]).toEqual([
          left,
          top,
          left! + size - 1,
          top! + size - 1,
        ]);
        windows.add(`${left},${top}`);
      }
      expect(motionKnown).toEqual(new Float32Array(5).fill(1));
    }
    expect(windows.size).toBeGreaterThan(5);
    expect(await sourceKnowsMotion({ kind: 'samples', folder: set })).toBe(true);
  });

  test('depend on the seed and the index alone', async () => {
    const whole = await take(3);
    const alone = await take(15, { batchSize: 1, cacheMegabytes: 0, prefetchSamples: 0 });
    expect(alone.flatMap(({ frames }) => [...frames])).toEqual(whole.flatMap(({ frames }) => [...frames]));
    expect((await take(1, { firstSample: 10 }))[0]).toEqual(whole[2]);
    expect((await take(1, { seed: 2 }))[0]!.frames).not.toEqual(whole[0]!.frames);
  });

  test('are augmented only where their source asks for it, the motion with them', async () => {
    const augmentation = { ...noAugmentation, timeReversal: true };
    const shared = { augmentation: { noiseSigma: [0.1, 0.1] as [number, number] } };
    expect((await take(1, shared))[0]).toEqual((await take(1))[0]);
    const [batch] = await take(1, { sources: [{ kind: 'samples', folder: set, augmentation }] });
    const firstFrames = [0, 3, 6, 9, 12].map((picture) => corners(batch!.frames)[picture]![2]! % 10);
    expect(new Set(firstFrames)).toEqual(new Set([0, 2]));
    for (const [sample, first] of firstFrames.entries()) {
      // Of the last pixel, whose column is not 0.
      const dx = batch!.motionPixels[(sample + 1) * size * size * 2 - 2]!;
      expect(Math.sign(dx)).toBe(first === 0 ? 1 : -1);
    }
  });

  test('come without motion where none is stored, and are each decoded by one thread', async () => {
    const without = newFolder();
    for (let index = 0; index < 2; index++) await writeSample(without, index, { flow: false });
    expect(await sourceKnowsMotion({ kind: 'samples', folder: without })).toBe(false);
    const recipe = await recipeOfSource({ kind: 'samples', folder: without }, 1);
    expect(recipe.options).toMatchObject({ sizePixels: height, frames: 3 });
    expect(JSON.stringify(describeRecipe(recipe))).not.toContain(without);
    const synthesizer = createSynthesizer(recipe, 0);
    for (let index = 0; index < 6; index++) {
      const sample = await synthesizer.synthesize(index);
      expect(sample).not.toHaveProperty('motionPixels');
      const stored = Math.floor(Math.round(sample.blurred.data[2]! * 255) / 10);
      expect(threadOfSample(recipe, index, 2)).toBe(stored);
    }
  });
});

describe('folders that cannot be trained on are refused before the first sample is read', () => {
  const refused = (folder: string, message: string | RegExp, change: Partial<MixedBatchOptions> = {}) =>
    expect(
      take(1, {
        sources: [
          { kind: 'samples', folder },
          { kind: 'samples', folder: set },
        ],
        ...change,
      }),
    ).rejects.toThrow(message);

  test('where they hold no samples', async () => {
    const folder = newFolder();
    await refused(folder, `${folder} holds no samples; expected one sub-folder per sample with blur.png`);
    await refused(join(folder, 'no'), `Expected a folder of samples at ${join(folder, 'no')}`);
    mkdirSync(join(folder, 'a'));
    await refused(folder, `Sample ${join(folder, 'a')}: expected blur.png, .jpg or .webp but received none`);
  });

  test('where a sample has another number of frames', async () => {
    const folder = changedSet();
    await writeSample(folder, 5, { frames: 5, flow: false });
    const sample = (name: string) => `Sample ${join(folder, name)}: expected`;
    await refused(folder, `${sample('sample-5')} 3 frames, as many as are trained on, but received 5;`);
    await refused(folder, `${sample('sample-0')} 5 frames, as many as are trained on, but received 3;`, {
      frames: 5,
    });
  });

  test('where pictures or flows are smaller than the window, differ in size, or are none', async () => {
    const folder = changedSet();
    await refused(
      folder,
      `Expected sizePixels to be at most 20, the lesser side of sample ${join(folder, 'sample-0')}, but received 21.`,
      { sizePixels: 21 },
    );
    const last = join(folder, 'sample-4');
    await writeFlow(join(last, 'flow-1.flo'), { width: 3, height: 2, data: new Float32Array(12) });
    await refused(
      folder,
      `Sample ${last}: expected all flows at 24x20, the size of its blurred picture, but`,
    );
    truncateSync(join(last, 'flow-1.flo'), 30);
    await refused(
      folder,
      `Expected an optical flow (.flo) at ${join(last, 'flow-1.flo')} but it is cut short`,
    );
    truncateSync(join(last, 'flow-1.flo'), 8);
    await refused(folder, 'flow-1.flo but it is no such file');
    cpSync(join(set, 'sample-4', 'flow-1.flo'), join(last, 'flow-1.flo'));
    const other = newFolder();
    await writeSample(other, 4, { size: [20, 24], flow: false });
    cpSync(join(other, 'sample-4', 'frame-2.png'), join(last, 'frame-2.png'));
    await refused(
      folder,
      `Sample ${last}: expected all pictures at 24x20, the size of its blurred one, but frame-2.png is 20x24`,
    );
    writeFileSync(join(last, 'frame-2.png'), 'no picture');
    await refused(folder, /^Expected a readable picture but could not decode .*frame-2\.png: /);
  });

  test('where some samples have their motion and some have not', async () => {
    const folder = changedSet();
    for (const frame of [0, 1, 2]) rmSync(join(folder, 'sample-3', `flow-${frame}.flo`));
    await refused(
      folder,
      `Sample ${join(folder, 'sample-0')} has its flow (flow-0.flo ...) but ${join(folder, 'sample-3')} has none; keep`,
    );
  });

  test('where an option is none of theirs', async () => {
    const source = { kind: 'samples' as const, folder: set, averaging: 'display' };
    await expect(take(1, { sources: [source as never] })).rejects.toThrow(/averaging/);
    await refused(set, 'Expected augmentation.gain to be left out for stored samples', {
      sources: [{ kind: 'samples', folder: set, augmentation: { gain: [0.5, 1] } }],
    });
  });
});
