/**
 * The video-deblurring network on a golden case: recomputes every tensor of the case's file under its name.
 * `shared/golden/cdvd-tsp/README.md` says what each of them is.
 */
import * as tf from '@tensorflow/tfjs';
import {
  fromPublishedCheckpoint,
  publishedParameters,
  videoDeblurFamily,
  videoDeblurPresets,
} from '@unblur/core-model';
import { hardExampleLoss } from '@unblur/trainer';

const network = videoDeblurFamily.declare(videoDeblurPresets.paper);
const parameters = publishedParameters();
const borderPixels = 4;
const hardExamples = { norm: 'l1', hardShare: 0.5, hardWeight: 2 };

/** Bounds of the pseudo-random weights, by patterns of their keys: the first that matches gives the gain. */
const gains = [
  [/^flow_net\.moduleNetwork\.moduleExtractor\.moduleOne\.0\./, 5],
  [/^flow_net\.moduleNetwork\.moduleExtractor\.moduleSix\./, 3],
  [/^flow_net\.moduleNetwork\.moduleExtractor\./, 1.7],
  [/^flow_net\.moduleNetwork\.moduleRefiner\.moduleMain\.12\./, 0.05],
  [/^flow_net\.moduleNetwork\.moduleRefiner\./, 1.4],
  [/\.moduleUpflow\./, 2],
  [/\.moduleUpfeat\./, 2],
  [/^flow_net\.moduleNetwork\.module(Two|Thr|Fou|Fiv|Six)\.moduleSix\./, 0.08],
  [/^flow_net\./, 1.4],
  [/^recons_net\.outBlock\.3\./, 0.13],
  [/^recons_net\.decoder_(first|second)\.3\./, 2],
  [/\.conv2\./, 0.4],
  [/^recons_net\./, 1.4],
];
const biasBound = 0.05;

/** The golden weights, by the names of the published checkpoint. */
export function goldenParameters() {
  return Object.fromEntries(
    parameters.map(({ key, shape, transposed }) => {
      const fanIn = (transposed ? shape[0] : shape[1]) * shape[2] * shape[3];
      const bound = key.endsWith('.bias')
        ? biasBound
        : Math.sqrt(3 / fanIn) * gains.find(([pattern]) => pattern.test(key))[1];
      const next = mulberry32(fnv1a32(key));
      const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
      for (let index = 0; index < values.length; index++) values[index] = (2 * next() - 1) * bound;
      return [key, { shape, values }];
    }),
  );
}

function fnv1a32(text) {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function mulberry32(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** The golden weights as this package names and arranges them. */
export function goldenWeights() {
  return fromPublishedCheckpoint(goldenParameters());
}

/** Channels first, as the file has them. */
const nchw = (x) => tf.transpose(x, [0, 3, 1, 2]);

/**
 * Every image, flow and feature of the case.
 *
 * @param frames five tensors [1, H, W, 3]
 * @returns tensors as the file shapes them, by its names; and the four restored images
 */
export function forwardTensors(frames, weights) {
  const { firstStage, secondStage, image } = network.deblur(frames, weights);
  const named = {};
  const noteNeighbour = (name, { flowPixels, warped, mask }) =>
    Object.assign(named, {
      [`${name}.flow`]: nchw(flowPixels),
      [`${name}.warped`]: nchw(warped),
      [`${name}.mask`]: nchw(mask),
    });
  firstStage.forEach(({ previous, next, prior, image: restored }, index) => {
    const centre = index + 1;
    noteNeighbour(`s1.${centre}to${centre - 1}`, previous);
    noteNeighbour(`s1.${centre}to${centre + 1}`, next);
    named[`s1.c${centre}.S`] = nchw(prior);
    named[`R${centre}`] = nchw(restored);
  });
  noteNeighbour('s2.2to1', secondStage.previous);
  noteNeighbour('s2.2to3', secondStage.next);
  named['s2.S'] = nchw(secondStage.prior);
  named.out = nchw(image);
  return { named, restored: [...firstStage.map((frame) => frame.image), image] };
}

/** The inside of one flow network pass, from frame 2 to frame 1, and the flow itself. */
export function flowTensors(frames, weights) {
  const named = {};
  const [first, second] = [frames[2], frames[1]].map((frame, index) => {
    const resized = network.flow.resize(frame);
    const pyramid = network.flow.describe(resized, weights);
    const side = `net.2to1.${['first', 'second'][index]}`;
    named[`${side}.resized`] = nchw(resized);
    pyramid.forEach((feature, level) => (named[`${side}.feat.L${level + 1}`] = nchw(feature)));
    return pyramid;
  });
  const { levels, correction, refined, flowPixels } = network.flow.match(
    first,
    second,
    frames[2].shape.slice(1, 3),
    weights,
  );
  for (const { level, upscaledFlow, upscaledFeature, warped, volume, flow } of levels) {
    const parts = { upflow: upscaledFlow, upfeat: upscaledFeature, warped, volume, flow };
    for (const [part, value] of Object.entries(parts)) {
      if (value) named[`net.2to1.L${level}.${part}`] = nchw(value);
    }
  }
  named['net.2to1.refine'] = nchw(correction);
  named['net.2to1.output'] = nchw(refined);
  return { named, flowPixels };
}

/** Losses and what they are made of. */
export function lossTensors(restored, gt, randomMask) {
  const targets = [...gt, gt[1]];
  const hard = hardExampleLoss(restored, targets, undefined, hardExamples);
  const full = hardExampleLoss(restored, targets, randomMask, hardExamples);
  const out = restored.at(-1);
  const outL1 = tf.mean(tf.abs(tf.sub(out, gt[1])));
  const [height, width] = out.shape.slice(1, 3);
  const crop = (x) =>
    tf.slice(
      x,
      [0, borderPixels, borderPixels, 0],
      [1, height - 2 * borderPixels, width - 2 * borderPixels, 3],
    );
  const psnr = tf.mul(tf.log(tf.mean(tf.squaredDifference(crop(out), crop(gt[1])))), -10 / Math.LN10);
  const named = {
    'hem.residual': nchw(hard.residual),
    'hem.threshold': hard.threshold,
    'hem.hardMask': nchw(hard.hardMask),
    'loss.L1': hard.l1,
    'loss.HEM.hard': hard.hard,
    'loss.HEM.full': full.hard,
    'loss.total.hard': hard.total,
    'loss.total.full': full.total,
    'loss.outL1': outL1,
    'psnr.out': psnr,
  };
  return { named, totalHard: hard.total, outL1 };
}

/**
 * Gradients of one of the case's losses with respect to every weight, by the weights' names; none where it
 * has no influence.
 *
 * @param loss 'gradFlow', 'gradOut' or 'gradTrain'
 */
export function gradientsOf(loss, frames, gt, weights) {
  const names = Object.keys(weights);
  const losses = {
    gradFlow: () => tf.mean(tf.square(flowTensors(frames, weights).flowPixels)),
    gradOut: () => lossTensors(forwardTensors(frames, weights).restored, gt, undefined).outL1,
    gradTrain: () => lossTensors(forwardTensors(frames, weights).restored, gt, undefined).totalHard,
  };
  const { grads } = tf.engine().gradients(
    losses[loss],
    names.map((name) => weights[name]),
  );
  return Object.fromEntries(names.flatMap((name, index) => (grads[index] ? [[name, grads[index]]] : [])));
}

/** A gradient as the file arranges the weight: convolution kernels [a, b, kh, kw]. */
export const asPublished = (gradient) =>
  gradient.rank === 4 ? tf.transpose(gradient, [3, 2, 0, 1]) : gradient;

/** The L2 norms of the gradients in the order of the published parameters; 0 where there is none. */
export function normsOf(gradients) {
  return tf.stack(
    parameters.map(({ name }) =>
      gradients[name] ? tf.sqrt(tf.sum(tf.square(gradients[name]))) : tf.scalar(0),
    ),
  );
}

/** The weight that a published key became. */
export function weightOfKey(key) {
  return parameters.find((parameter) => parameter.key === key)?.name;
}
