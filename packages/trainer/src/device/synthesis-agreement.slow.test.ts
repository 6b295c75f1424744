import { beforeAll, describe, expect, test } from '@jest/globals';
import { readSafetensors, writeSafetensors } from '@unblur/core-model';
import type { SafetensorsTensor } from '@unblur/core-model';
import * as datasets from '@unblur/datasets';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTorch, programFolder } from '../engines/torch/torch-program.js';
import { newFolder } from '../new-folder.test-tool.js';

/** Starting torch takes seconds, and minutes on a busy machine. */
const longMilliseconds = 300_000;
const python = findTorch()?.python;
if (!python) {
  console.warn(
    'Skipped the comparison of synthesis on the device with that of Node: there is no Python with torch and numpy.',
  );
}
const describeWithTorch = python ? describe : describe.skip;

const frameCount = 5;
const panoramaHeight = 256;

/** Waves of six pixels and more, in all directions, different in each channel. */
function wavyPixels(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, index) => {
    const [x, y, channel] = [Math.floor(index / 3) % width, Math.floor(index / 3 / width), index % 3];
    // Whole numbers of waves around the panorama.
    const across = (waves: number): number => (2 * Math.PI * waves * x) / width;
    return (
      128 +
      60 * Math.sin(across(40 + 9 * channel) + y / 3) +
      60 * Math.cos(across(21) - y / (1.2 + channel)) * Math.sin(y / 40)
    );
  });
}

function wavyDisplayValues({ width, height }: { width: number; height: number }): Float32Array {
  return Float32Array.from(wavyPixels(width, height), (level) => level / 255);
}

/** No multiple of a block. */
const jpegSize = { width: 45, height: 34 };

interface Expected {
  blurred: Float32Array;
  frames: Float32Array[];
  motion: Float32Array;
}

/**
 * Views of different sizes of the panorama's levels, colours, averages, and everything that rearranges a
 * sample.
 */
const panoramaOptions: Record<string, datasets.PartialPanoramaOptions> = {
  plain: { averaging: 'display', angleDegrees: [4, 4], augmentation: datasets.noAugmentation },
  'augmented, of light': {
    averaging: 'linear-srgb',
    angleDegrees: [1, 3],
    photoPixels: 96,
    augmentation: { noiseSigma: [0, 0] },
  },
  'augmented, of gamma 2.2': {
    averaging: 'linear-gamma-2.2',
    angleDegrees: [6, 9],
    fieldOfViewDegrees: [90, 100],
    rollShare: 2,
    augmentation: { noiseSigma: [0, 0] },
  },
  'at a pole, with Euler angles': {
    averaging: 'linear-srgb',
    eulerDegrees: 5,
    pitchDegrees: [80, 85],
    augmentation: { noiseSigma: [0, 0] },
  },
};
/** So that mirrors, transposition and reversal all come up. */
const seeds = [1, 2, 3, 4];

describeWithTorch('synthesis on the device', () => {
  const folder = newFolder();
  const expected: Record<string, Expected> = {};
  const jpegs: Record<string, Float32Array> = {};
  let made: Record<string, SafetensorsTensor>;

  beforeAll(() => {
    const given: Record<string, SafetensorsTensor> = {};
    const plans = {
      panoramaPlans: {} as Record<string, object>,
      layerPlans: {} as Record<string, object>,
      jpegQualities: {} as Record<string, number>,
    };
    const pixels = wavyPixels(2 * panoramaHeight, panoramaHeight);
    const panorama = datasets.buildPanorama(2 * panoramaHeight, panoramaHeight, pixels);
    for (const [what, partial] of Object.entries(panoramaOptions)) {
      for (const seed of seeds) {
        const name = `panorama ${what} ${seed}`;
        const options = datasets.resolvePanoramaOptions({
          sizePixels: 64,
          frames: frameCount,
          minPanoramaPixelsPerPixel: 0.5,
          ...partial,
        });
        const plan = datasets.planRotationalBlur(datasets.createRandom(seed), 2 * panoramaHeight, 0, options);
        const { blurred, frames, motionPixels } = datasets.synthesizeRotationalBlur(panorama, plan, options);
        expected[name] = {
          blurred: blurred.data,
          frames: frames.map(({ data }) => data),
          motion: motionPixels,
        };
        given[`${name}.panorama`] = {
          dtype: 'U8',
          shape: [panoramaHeight, 2 * panoramaHeight, 3],
          values: pixels,
        };
        const { camera, first, last, renderedFrames, augmentation, averaging } = plan;
        plans.panoramaPlans[name] = {
          camera,
          first: datasets.matrixOf(first),
          last: datasets.matrixOf(last),
          renderedFrames,
          augmentation,
          averaging,
          frames: frameCount,
        };
      }
    }
    for (const seed of seeds) {
      const name = `layers ${seed}`;
      const { scene, renderedFrames } = layeredScene(seed);
      expected[name] = exposeLayers(scene, renderedFrames);
      const gridPixels = scene.sizePixels + 2 * scene.marginPixels;
      scene.layers.forEach(
        ({ premultiplied }, index) =>
          (given[`${name}.layer${index}`] = {
            dtype: 'F32',
            shape: [gridPixels, gridPixels, 4],
            values: premultiplied,
          }),
      );
      const { sizePixels, marginPixels, layers } = scene;
      plans.layerPlans[name] = {
        sizePixels,
        marginPixels,
        motions: layers.map(({ motion }) => motion),
        averaging: 'linear-srgb',
        renderedFrames,
        frames: frameCount,
      };
    }
    for (const quality of [10, 50, 90]) {
      const name = `jpeg ${quality}`;
      const { width, height } = jpegSize;
      const values = wavyDisplayValues(jpegSize);
      given[name] = { dtype: 'F32', shape: [height, width, 3], values };
      plans.jpegQualities[name] = quality;
      jpegs[name] = values.slice();
      datasets.quantizeLikeJpeg(jpegs[name], width, height, quality);
    }

    const [givenPath, madePath] = [join(folder, 'given.safetensors'), join(folder, 'made.safetensors')];
    const metadata = Object.fromEntries(
      Object.entries(plans).map(([key, value]) => [key, JSON.stringify(value)]),
    );
    writeFileSync(givenPath, writeSafetensors({ tensors: given, metadata }));
    const { status, stderr } = spawnSync(
      python!,
      [join(programFolder, 'synthesis_test_tool.py'), givenPath, madePath],
      { encoding: 'utf8', env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } },
    );
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    made = readSafetensors(readFileSync(madePath)).tensors;
  }, longMilliseconds);

  const valuesOf = (name: string): Float32Array => made[name]!.values as Float32Array;

  test('makes the blurred pictures and frames of Node from the same camera and path', () => {
    const differences = Object.entries(expected).flatMap(([name, { blurred, frames }]) => [
      { name, of: 'blurred', ...levelsBetween(valuesOf(`${name}.blurred`), blurred) },
      { name, of: 'frames', ...levelsBetween(valuesOf(`${name}.frames`), concatenated(frames)) },
    ]);
    expect(differences.filter(({ largest, mean }) => !(largest <= 1 && mean <= 0.1))).toEqual([]);
  });

  test('knows the same motion', () => {
    const differences = Object.entries(expected).map(([name, { motion }]) => ({
      name,
      pixels: levelsBetween(valuesOf(`${name}.motion`), motion).largest / 255,
      longest: Math.max(...motion.map(Math.abs)),
    }));
    expect(differences.filter(({ pixels, longest }) => !(pixels < 0.02 && longest > 0.5))).toEqual([]);
  });

  test('compresses like Node', () => {
    const uncompressed = levelsBetween(wavyDisplayValues(jpegSize), jpegs['jpeg 90']!).mean;
    const differences = Object.entries(jpegs).map(([name, values]) => ({
      name,
      mean: levelsBetween(valuesOf(name), values).mean,
    }));
    // A coefficient half-way between two steps goes either way, which moves its block by a fraction of a
    // level.
    expect(differences.filter(({ mean }) => !(mean < 0.05 * uncompressed))).toEqual([]);
  });
});

/** The largest and the mean absolute difference, times 255. */
function levelsBetween(actual: Float32Array, wanted: Float32Array): { largest: number; mean: number } {
  expect(actual.length).toBe(wanted.length);
  let [largest, sum] = [0, 0];
  for (let index = 0; index < wanted.length; index++) {
    const error = Math.abs(actual[index]! - wanted[index]!);
    // Written so that what is not a number counts.
    if (!(error <= largest)) largest = error;
    sum += error;
  }
  return { largest: 255 * largest, mean: (255 * sum) / wanted.length };
}

function concatenated(arrays: readonly Float32Array[]): Float32Array {
  return Float32Array.from(arrays.flatMap((array) => [...array]));
}

/**
 * A wavy background and two discs in light, which turn, grow and move on bent paths; discs lie on pixels'
 * centres.
 */
function layeredScene(seed: number): { scene: datasets.LayeredScene; renderedFrames: number } {
  const random = datasets.createRandom(seed);
  const [sizePixels, marginPixels] = [48, 24];
  const gridPixels = sizePixels + 2 * marginPixels;
  const pixels = wavyPixels(gridPixels, gridPixels);
  const limits = { turnDegrees: 8, zoomPercent: 10, bend: 0.3 };
  const centres = [
    { x: (sizePixels - 1) / 2, y: (sizePixels - 1) / 2 },
    { x: 14, y: 20 },
    { x: 30, y: 25 },
  ];
  const layers = centres.map((centre, layer): datasets.Layer => {
    const premultiplied = Float32Array.from({ length: gridPixels * gridPixels * 4 }, (_, index) => {
      const [pixel, channel] = [index >> 2, index & 3];
      const distance = Math.hypot(
        (pixel % gridPixels) - marginPixels - centre.x,
        Math.floor(pixel / gridPixels) - marginPixels - centre.y,
      );
      const coverage = layer === 0 ? 1 : Math.min(Math.max(6.3 + 2 * layer - distance, 0), 1);
      return channel === 3
        ? coverage
        : (coverage * pixels[(pixel * 3 + channel + layer) % pixels.length]!) / 255;
    });
    return { premultiplied, motion: datasets.drawLayerMotion(random, centre, random.between(3, 9), limits) };
  });
  const scene = { sizePixels, marginPixels, layers };
  return { scene, renderedFrames: datasets.renderCount(datasets.longestPathPixels(scene), frameCount, 1) };
}

function exposeLayers(scene: datasets.LayeredScene, renderedFrames: number): Expected {
  const renders = Array.from({ length: renderedFrames }, (_, index) =>
    datasets.renderScene(scene, (2 * index) / (renderedFrames - 1) - 1),
  );
  const { displayOf } = datasets.transferFunctions['linear-srgb'];
  const visible = datasets.visibleLayers(scene);
  const [toFirst, toLast] = [datasets.flowAt(scene, visible, -1), datasets.flowAt(scene, visible, 1)];
  return {
    blurred: renders[0]!.map((_, index) =>
      displayOf(renders.reduce((sum, render) => sum + render[index]!, 0) / renderedFrames),
    ),
    frames: renders
      .filter((_, index) => index % ((renderedFrames - 1) / (frameCount - 1)) === 0)
      .map((render) => render.map(displayOf)),
    motion: toLast.map((value, index) => (value - toFirst[index]!) / 2),
  };
}
