import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSafetensors } from '@unblur/core-model';
import { timeInTurns } from './alternating.js';
import { startPeer } from './peer-process.js';
import { startPyTorchPeer } from './pytorch-peer.js';
import { blurredPictures } from './workload.js';

const lossTolerance = 1e-4;
const gradientTolerance = 1e-2;
const stepProgram = fileURLToPath(new URL('training-step.js', import.meta.url));

/**
 * One training step (forward, loss, backward, Adam) on ONNX Runtime, on PyTorch through the interpreter of
 * the same graph, and for the network written by hand in PyTorch: the same loss and size of the gradient,
 * then time and memory of each, every one in a process of its own.
 *
 * @param {import('@unblur/trainer').PhotoRun} run its frames, photometric loss, optimizer, batch size and
 * crop size are used
 * @param {string} weightsFile of the photo network that is trained
 * @returns timings and peak memory by contender (`onnxruntime`, `interpreter`, `handwritten`)
 * @throws Error if loss or gradient differ
 */
export async function compareTraining({ run, weightsFile, sizePixels, batchSize, repeats, threads, folder }) {
  const { frames, optimizer, emaDecay } = run;
  // The hand-written one has the photometric loss only.
  const objective = { frames, order: 'better', loss: { ...run.loss, motion: 0 } };
  const files = { run: join(folder, 'run.json'), inputs: join(folder, 'batch.safetensors') };
  const tensors = {
    blurred: {
      dtype: 'F32',
      shape: [batchSize, sizePixels, sizePixels, 3],
      values: blurredPictures(batchSize, sizePixels),
    },
    frames: {
      dtype: 'F32',
      shape: [batchSize, frames, sizePixels, sizePixels, 3],
      values: blurredPictures(batchSize * frames, sizePixels),
    },
  };
  writeFileSync(files.run, JSON.stringify({ objective, optimizer, emaDecay, batchSize, sizePixels }));
  writeFileSync(files.inputs, writeSafetensors({ tensors, metadata: {} }));

  const inputs = ['--weights', weightsFile, '--inputs', files.inputs];
  const startOurs = (engine) =>
    startPeer(process.execPath, [
      stepProgram,
      '--engine',
      engine,
      '--run',
      files.run,
      ...inputs,
      '--threads',
      String(threads),
    ]);
  const startHandwritten = () =>
    startPyTorchPeer(
      [
        'train',
        ...inputs,
        '--loss',
        JSON.stringify(objective.loss),
        '--optimizer',
        JSON.stringify(optimizer),
      ],
      threads,
    );
  const peers = {};
  try {
    peers.onnxruntime = await startOurs('onnxruntime');
    peers.interpreter = await startOurs('torch');
    peers.handwritten = await startHandwritten();
    const { handwritten, ...ours } = peers;
    const differences = Object.values(ours).map(({ description }) => ({
      loss: requireClose('loss', description.loss, handwritten.description.loss, lossTolerance),
      gradient: requireClose(
        'norm of the gradient',
        description.gradientNorm,
        handwritten.description.gradientNorm,
        gradientTolerance,
      ),
    }));
    const timings = await timeInTurns(
      Object.fromEntries(Object.entries(peers).map(([name, { time }]) => [name, time])),
      repeats,
    );
    const peakMemoryBytes = Object.fromEntries(
      Object.entries(peers).map(([name, peer]) => [name, peer.peakMemoryBytes()]),
    );
    const largest = (quantity) => Math.max(...differences.map((difference) => difference[quantity]));
    return {
      timings,
      peakMemoryBytes,
      difference: largest('loss'),
      gradientDifference: largest('gradient'),
      peer: handwritten.description,
    };
  } finally {
    for (const peer of Object.values(peers)) await peer.stop();
  }
}

function requireClose(what, ours, theirs, tolerance) {
  const difference = Math.abs(ours - theirs) / Math.abs(theirs);
  if (!(difference <= tolerance)) {
    throw new Error(
      `Expected the same ${what} from both within ${tolerance} of it but received ${ours} and, from PyTorch, ${theirs}.`,
    );
  }
  return difference;
}
