import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors, writeWeights } from '@unblur/core-model';
import { createRestorer } from '@unblur/inference';
import { timeInTurns, timeRun } from './alternating.js';
import { startPyTorchPeer } from './pytorch-peer.js';
import { busyWeights, smoothPictures } from './workload.js';

const WARM_UP_RUNS = 2;
const TOLERANCE = 1e-3;
/** Frames that hardly differ from the photograph would say nothing about the network. */
const LEAST_CHANGE = 0.01;

/**
 * Restores one photograph with `createRestorer` and with PyTorch: the same frames, then the time of each.
 *
 * @param {string} folder for the files that both read
 * @returns the timings, the largest difference of two frames and what the peer says of itself
 * @throws Error if the frames differ
 */
export async function compareRestoration({ config, sizePixels, repeats, threads, folder }) {
  const files = { weights: join(folder, 'weights.safetensors'), inputs: join(folder, 'photo.safetensors'), results: join(folder, 'frames.bin') };
  const weights = writeWeights(busyWeights(config, 1), config, { dtype: 'float32' });
  const photo = { width: sizePixels, height: sizePixels, data: smoothPictures(1, sizePixels) };
  writeFileSync(files.weights, weights);
  writeFileSync(files.inputs, writeSafetensors({ tensors: { blurred: { dtype: 'F32', shape: [1, sizePixels, sizePixels, 3], values: photo.data } }, metadata: {} }));

  const restorer = await createRestorer({ weights, threads });
  try {
    const { frames } = await restorer.restore(photo);
    for (let run = 0; run < WARM_UP_RUNS; run++) await restorer.restore(photo);
    const peer = await startPyTorchPeer(['restore', '--weights', files.weights, '--inputs', files.inputs, '--results', files.results], threads);
    try {
      const difference = requireSameFrames(frames, readNumbers(files.results), photo.data);
      const timings = await timeInTurns({ ours: () => timeRun(() => restorer.restore(photo)), theirs: peer.time }, repeats);
      return { timings, difference, peer: peer.description };
    } finally {
      await peer.stop();
    }
  } finally {
    await restorer.release();
  }
}

function requireSameFrames(frames, expected, blurred) {
  if (expected.length !== frames.length * blurred.length) throw new Error(`Expected ${frames.length} frames from PyTorch but received ${expected.length / blurred.length}.`);
  let [difference, change] = [0, 0];
  for (const [frame, { data }] of frames.entries()) {
    let frameChange = 0;
    for (let index = 0; index < data.length; index++) {
      const error = Math.abs(data[index] - expected[frame * data.length + index]);
      // Also true for NaN.
      if (!(error <= TOLERANCE)) throw new Error(`Expected the same frames from both within ${TOLERANCE} but frame ${frame} differs by ${error}: the PyTorch network is not this one.`);
      difference = Math.max(difference, error);
      frameChange = Math.max(frameChange, Math.abs(data[index] - blurred[index]));
    }
    change = frame === 0 ? frameChange : Math.min(change, frameChange);
  }
  if (change < LEAST_CHANGE) throw new Error(`Expected frames that differ from the photograph but one is within ${change} of it: nothing was compared.`);
  return difference;
}

function readNumbers(path) {
  return new Float32Array(Uint8Array.from(readFileSync(path)).buffer);
}
