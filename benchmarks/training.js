import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSafetensors, writeWeights } from '@unblur/core-model';
import { timeInTurns } from './alternating.js';
import { startPeer } from './peer-process.js';
import { startPyTorchPeer } from './pytorch-peer.js';
import { busyWeights, smoothPictures } from './workload.js';

const LOSS_TOLERANCE = 1e-4;
const GRADIENT_TOLERANCE = 1e-2;
const stepProgram = fileURLToPath(new URL('training-step.js', import.meta.url));

/**
 * One training step (forward, loss, backward, Adam) on ONNX Runtime, on PyTorch through the interpreter of the same graph, and for the network
 * written by hand in PyTorch: the same loss and size of the gradient, then time and memory of each, every one in a process of its own.
 *
 * @param run a run config: its network, photometric loss, optimizer, batch size and crop size are used
 * @returns timings and peak memory by contender (`onnxruntime`, `interpreter`, `handwritten`)
 * @throws Error if loss or gradient differ
 */
export async function compareTraining({ run, sizePixels, batchSize, repeats, threads, folder }) {
  const { network, optimizer, emaDecay } = run;
  // The hand-written one has the photometric loss only.
  const loss = { ...run.loss, motion: 0, order: run.loss.order === 'canonical' ? 'better' : run.loss.order };
  const files = { run: join(folder, 'run.json'), weights: join(folder, 'weights.safetensors'), inputs: join(folder, 'batch.safetensors'), results: join(folder, 'unused.bin') };
  const weights = busyWeights(network, 1);
  const tensors = {
    blurred: { dtype: 'F32', shape: [batchSize, sizePixels, sizePixels, 3], values: smoothPictures(batchSize, sizePixels) },
    frames: { dtype: 'F32', shape: [batchSize, network.frames, sizePixels, sizePixels, 3], values: smoothPictures(batchSize * network.frames, sizePixels) },
  };
  writeFileSync(files.run, JSON.stringify({ network, loss, optimizer, emaDecay, batchSize, sizePixels }));
  writeFileSync(files.weights, writeWeights(weights, network, { dtype: 'float32' }));
  writeFileSync(files.inputs, writeSafetensors({ tensors, metadata: {} }));

  const inputs = ['--weights', files.weights, '--inputs', files.inputs];
  const startOurs = (engine) => startPeer(process.execPath, [stepProgram, '--engine', engine, '--run', files.run, ...inputs, '--threads', String(threads)]);
  const startHandwritten = () => startPyTorchPeer(['train', ...inputs, '--results', files.results, '--loss', JSON.stringify(loss), '--optimizer', JSON.stringify(optimizer)], threads);
  const peers = {};
  try {
    peers.onnxruntime = await startOurs('onnxruntime');
    peers.interpreter = await startOurs('torch');
    peers.handwritten = await startHandwritten();
    const { handwritten, ...ours } = peers;
    const differences = Object.values(ours).map(({ description }) => ({
      loss: requireClose('loss', description.loss, handwritten.description.loss, LOSS_TOLERANCE),
      gradient: requireClose('norm of the gradient', description.gradientNorm, handwritten.description.gradientNorm, GRADIENT_TOLERANCE),
    }));
    const timings = await timeInTurns(Object.fromEntries(Object.entries(peers).map(([name, { time }]) => [name, time])), repeats);
    const peakMemoryBytes = Object.fromEntries(Object.entries(peers).map(([name, peer]) => [name, peer.peakMemoryBytes()]));
    const largest = (quantity) => Math.max(...differences.map((difference) => difference[quantity]));
    return { timings, peakMemoryBytes, difference: largest('loss'), gradientDifference: largest('gradient'), peer: handwritten.description };
  } finally {
    for (const peer of Object.values(peers)) await peer.stop();
  }
}

function requireClose(what, ours, theirs, tolerance) {
  const difference = Math.abs(ours - theirs) / Math.abs(theirs);
  if (!(difference <= tolerance)) throw new Error(`Expected the same ${what} from both within ${tolerance} of it but received ${ours} and, from PyTorch, ${theirs}.`);
  return difference;
}
