import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import '@tensorflow/tfjs';
import { writeSafetensors, writeWeights } from '@unblur/core-model';
import { Adam, blurToVideoTask, createTracedEngine } from '@unblur/trainer';
import { millisecondsOf, timeAlternating } from './alternating.js';
import { startPeer } from './pytorch-peer.js';
import { busyWeights, smoothPictures } from './workload.js';

const WARM_UP_RUNS = 2;
const LOSS_TOLERANCE = 1e-4;
const GRADIENT_TOLERANCE = 1e-2;

/**
 * One training step (forward, loss, backward, Adam) with the traced engine and with PyTorch: the same loss and size of
 * the gradient, then the time of each.
 *
 * @param run a run config: its network, photometric loss, optimizer, batch size and crop size are used
 * @throws Error if loss or gradient differ
 */
export async function compareTraining({ run, sizePixels, batchSize, repeats, threads, folder }) {
  const { network, optimizer } = run;
  // The peer has the photometric loss only.
  const loss = { ...run.loss, motion: 0, order: run.loss.order === 'canonical' ? 'better' : run.loss.order };
  const files = { weights: join(folder, 'weights.safetensors'), inputs: join(folder, 'batch.safetensors'), results: join(folder, 'unused.bin') };
  const weights = busyWeights(network, 1);
  const batch = { blurred: smoothPictures(batchSize, sizePixels), frames: smoothPictures(batchSize * network.frames, sizePixels) };
  writeFileSync(files.weights, writeWeights(weights, network, { dtype: 'float32' }));
  const tensors = {
    blurred: { dtype: 'F32', shape: [batchSize, sizePixels, sizePixels, 3], values: batch.blurred },
    frames: { dtype: 'F32', shape: [batchSize, network.frames, sizePixels, sizePixels, 3], values: batch.frames },
  };
  writeFileSync(files.inputs, writeSafetensors({ tensors, metadata: {} }));

  // The engine's other graph, for validation, is not used: as small as it can be.
  const engine = await createTracedEngine(blurToVideoTask(network, loss, { batchSize, sizePixels, validationSizePixels: 32 }), { threads });
  try {
    const adam = new Adam(weights, optimizer);
    let step = 0;
    const runStep = async () => {
      const { terms, gradients } = await engine.lossAndGradients(weights, batch);
      const gradientNorm = adam.update(gradients, optimizer.learningRate, (step += 1));
      return { loss: terms.total, gradientNorm };
    };
    const first = await runStep();
    for (let index = 0; index < WARM_UP_RUNS; index++) await runStep();
    const peer = await startPeer(
      ['train', '--weights', files.weights, '--inputs', files.inputs, '--results', files.results, '--loss', JSON.stringify(loss), '--optimizer', JSON.stringify(optimizer)],
      threads,
    );
    try {
      const difference = requireClose('loss', first.loss, peer.description.loss, LOSS_TOLERANCE);
      const gradientDifference = requireClose('norm of the gradient', first.gradientNorm, peer.description.gradientNorm, GRADIENT_TOLERANCE);
      const times = await timeAlternating(() => millisecondsOf(runStep), () => peer.time(), repeats);
      return { ...times, difference, gradientDifference, peer: peer.description };
    } finally {
      await peer.stop();
    }
  } finally {
    await engine.release();
  }
}

function requireClose(what, ours, theirs, tolerance) {
  const difference = Math.abs(ours - theirs) / Math.abs(theirs);
  if (!(difference <= tolerance)) throw new Error(`Expected the same ${what} from both within ${tolerance} of it but received ${ours} and, from PyTorch, ${theirs}.`);
  return difference;
}
