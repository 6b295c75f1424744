import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { add, tensor } from '@tensorflow/tfjs-core';
import {
  consistencyCorrection,
  consistencyTimes,
  frameTimes,
  photoFamily,
  photoMultiple,
  writeSafetensors,
} from '@unblur/core-model';
import { psnr } from '@unblur/metrics';
import { trace } from '@unblur/onnx';
import { createSession } from '@unblur/onnx/node';
import { timeInTurns } from './alternating.js';
import { startPeer } from './peer-process.js';
import { startPyTorchPeer } from './pytorch-peer.js';
import { blurredPicture } from './workload.js';

const tolerance = 1e-4;
/**
 * Frames that hardly differ from the photograph, or the first from the last, would say nothing about the
 * network.
 */
const leastChange = 0.02;
const matrixSize = 2048;
const gflopOfProduct = (2 * matrixSize ** 3) / 1e9;

const program = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * Frames, corrected to average to the photograph, and trajectory of the photo network on ONNX Runtime and in
 * PyTorch, before anything is clamped or cropped.
 *
 * @param {string} weightsFile of the photo network
 * @param {string} folder for the files that both read
 * @returns the largest differences
 * @throws Error if something differs
 */
export async function comparePhotoNetworks({ weightsFile, width, height, frames: count, threads, folder }) {
  const { config, values } = photoFamily.readWeights(readFileSync(weightsFile));
  const network = photoFamily.declare(config);
  const blurred = blurredPicture(width, height);
  const graph = trace(
    (inputs) => {
      const weights = Object.fromEntries(
        Object.entries(values).map(([name, { values: list, shape }]) => [name, tensor(list, shape)]),
      );
      const times = frameTimes(count);
      const restored = network.restore(inputs.blurred, [...consistencyTimes, ...times], weights);
      const frames = restored.frames.slice(consistencyTimes.length);
      const correction = consistencyCorrection(
        inputs.blurred,
        restored.frames.slice(0, consistencyTimes.length),
      );
      return {
        ...Object.fromEntries(frames.map((frame, index) => [`frame${index}`, add(frame, correction)])),
        trajectory: restored.trajectory,
      };
    },
    { blurred: { shape: [1, height, width, 3] } },
  );
  const session = await createSession(graph, { threads });
  const { trajectory, ...frames } = await session.run({ blurred });
  await session.release();

  const files = writeInputs(folder, blurred, width, height);
  const peer = await startPyTorchPeer(
    [
      'restore',
      '--weights',
      weightsFile,
      '--inputs',
      files.inputs,
      '--results',
      files.theirs,
      '--frames',
      String(count),
    ],
    threads,
  );
  await peer.stop();
  const theirs = readNumbers(files.theirs);
  const framesLength = count * blurred.length;
  const ours = concatenate(Object.values(frames));
  requireChange(ours, blurred, count);
  return {
    frames: requireSame('frames', ours, theirs.subarray(0, framesLength)),
    trajectoryPixels: requireSame('trajectories', trajectory, theirs.subarray(framesLength)),
  };
}

/**
 * Restores one photograph with `createRestorer` and with PyTorch, each in a process of its own: the same
 * frames, then time and memory of each, and in the same turns the product of two large matrices on either,
 * which is as fast as this machine computes.
 *
 * Ours is there twice: in floating point as PyTorch is, and in 8-bit integers as photographs are restored.
 *
 * @returns timings by contender (`ours`, `oursInt8`, `theirs`, `productOnnxRuntime`, `productPyTorch`), peak memory of
 * both, the largest difference of two frames, the
 *   GFLOP of the network's convolutions and of a matrix product, and what the peers say of themselves
 * @throws Error if the frames differ
 */
export async function compareRestoration({
  weightsFile,
  width,
  height,
  frames: count,
  repeats,
  threads,
  folder,
}) {
  const blurred = blurredPicture(width, height);
  const files = writeInputs(folder, blurred, width, height);
  const restoring = (results) => [
    '--weights',
    weightsFile,
    '--inputs',
    files.inputs,
    '--results',
    results,
    '--frames',
    String(count),
  ];
  const onThreads = ['--threads', String(threads)];
  const peers = {};
  try {
    for (const [name, precision] of [
      ['ours', 'float32'],
      ['oursInt8', 'int8'],
    ]) {
      peers[name] = await startPeer(process.execPath, [
        program('restore-photo.js'),
        ...restoring(files[name]),
        ...onThreads,
        '--precision',
        precision,
      ]);
    }
    peers.theirs = await startPyTorchPeer(['restore', ...restoring(files.theirs)], threads);
    peers.productOnnxRuntime = await startPeer(process.execPath, [
      program('matrix-product.js'),
      '--size',
      String(matrixSize),
      ...onThreads,
    ]);
    peers.productPyTorch = await startPyTorchPeer(['matrix-product', '--size', String(matrixSize)], threads);
    const ours = readNumbers(files.ours);
    requireChange(ours, blurred, count);
    const difference = requireSame(
      'frames',
      ours,
      readNumbers(files.theirs).subarray(0, ours.length).map(clampToDisplay),
    );
    const likenessInt8 = psnr(asOneImage(readNumbers(files.oursInt8), width), asOneImage(ours, width));
    const timings = await timeInTurns(
      Object.fromEntries(Object.entries(peers).map(([name, { time }]) => [name, time])),
      repeats,
    );
    return {
      timings,
      difference,
      likenessInt8,
      peakMemoryBytes: Object.fromEntries(
        ['ours', 'oursInt8', 'theirs'].map((name) => [name, peers[name].peakMemoryBytes()]),
      ),
      convolutionGflop: convolutionGflop(weightsFile, width, height, count),
      matrixGflop: gflopOfProduct,
      firstMilliseconds: peers.ours.description.firstMilliseconds,
      peer: peers.theirs.description,
    };
  } finally {
    for (const peer of Object.values(peers)) await peer.stop();
  }
}

/**
 * What the network's convolutions compute on a photograph, grown to the network's multiple, the frames that
 * have to average to it included; the middle frame needs no rendering.
 */
function convolutionGflop(weightsFile, width, height, count) {
  const { config } = photoFamily.readWeights(readFileSync(weightsFile));
  const made = new Set([...consistencyTimes, ...frameTimes(count)]);
  const rendered = made.size - 1;
  const pixels = [width, height].reduce(
    (product, side) => product * Math.ceil(side / photoMultiple) * photoMultiple,
    1,
  );
  const perPixel = photoFamily
    .declare(config)
    .costs.reduce((sum, { name, level, multiplyAddsPerOutputPixel }) => {
      const times = name.startsWith('frame.') && name !== 'frame.feature' ? rendered : 1;
      return sum + (times * multiplyAddsPerOutputPixel) / 4 ** level;
    }, 0);
  return (2 * perPixel * pixels) / 1e9;
}

function writeInputs(folder, blurred, width, height) {
  const files = {
    inputs: join(folder, 'photo.safetensors'),
    ours: join(folder, 'ours.bin'),
    oursInt8: join(folder, 'ours-int8.bin'),
    theirs: join(folder, 'theirs.bin'),
  };
  writeFileSync(
    files.inputs,
    writeSafetensors({
      tensors: { blurred: { dtype: 'F32', shape: [1, height, width, 3], values: blurred } },
      metadata: {},
    }),
  );
  return files;
}

/** All frames as one tall image, for scores. */
const asOneImage = (data, width) => ({ width, height: data.length / (3 * width), data });

function requireSame(what, ours, theirs) {
  if (ours.length !== theirs.length) {
    throw new Error(
      `Expected ${ours.length} values of the ${what} from PyTorch but received ${theirs.length}.`,
    );
  }
  let difference = 0;
  for (let index = 0; index < ours.length; index++) {
    const error = Math.abs(ours[index] - theirs[index]);
    // Also true for NaN.
    if (!(error <= tolerance)) {
      throw new Error(
        `Expected the same ${what} from both within ${tolerance} but value ${index} is ${ours[index]} and, from PyTorch, ${theirs[index]}: the PyTorch network is not this one.`,
      );
    }
    difference = Math.max(difference, error);
  }
  return difference;
}

function requireChange(frames, blurred, count) {
  const frame = (index) => frames.subarray(index * blurred.length, (index + 1) * blurred.length);
  for (const [what, change] of [
    ['a first frame that differs from the photograph', meanDifference(frame(0), blurred)],
    ['a first frame that differs from the last', meanDifference(frame(0), frame(count - 1))],
  ]) {
    if (!(change >= leastChange)) {
      throw new Error(
        `Expected ${what} by ${leastChange} in the mean but it is within ${change}: nothing was compared.`,
      );
    }
  }
}

function meanDifference(a, b) {
  return a.reduce((sum, value, index) => sum + Math.abs(value - b[index]), 0) / a.length;
}

const clampToDisplay = (value) => Math.min(1, Math.max(0, value));

function concatenate(arrays) {
  const all = new Float32Array(arrays.reduce((length, array) => length + array.length, 0));
  arrays.reduce((start, array) => (all.set(array, start), start + array.length), 0);
  return all;
}

function readNumbers(path) {
  return new Float32Array(Uint8Array.from(readFileSync(path)).buffer);
}
