import { readFileSync } from 'node:fs';
import { initialVideoDeblurWeights, readVideoDeblurWeights, readWeights } from '@unblur/core-model';
import type { WeightValues } from '@unblur/core-model';
import { takeWeights, weightsOfFile } from '../taken-weights.js';
import { isFlowWeight } from './video-objectives.js';
import type { VideoRunConfig } from './video-run-config.js';

/** The first layer that sees the frames: its input channels are those of the frame before, the centre frame, and more. */
const FIRST_KERNEL = 'encoder.level1.reduce.kernel';
const FRAME_CHANNELS = 3;
/** What the other network has none of: the layer that mixes pictures into the centre frame, what blurs it again along the flow, and what merges scales. */
const [MIXING, EXPOSURE, FUSION] = ['mixing.', 'exposure.', 'fusion.'];

type Start = Pick<VideoRunConfig, 'network' | 'seed' | 'initialWeights' | 'initialFlow' | 'initialReconstruction'>;

/**
 * The weights that a run begins with: random ones, or those of its files.
 * @throws where a file's network does not fit the run's.
 */
export function videoStartingWeights({ network, seed, initialWeights, initialFlow, initialReconstruction }: Start): WeightValues {
  const weights = initialWeights === null ? initialVideoDeblurWeights(network, seed) : weightsToStartFrom(initialWeights, network, seed);
  const flow = initialFlow === null ? {} : flowOf(initialFlow, weights);
  const reconstruction = initialReconstruction === null ? {} : reconstructionOf(initialReconstruction, weights);
  return { ...weights, ...flow, ...reconstruction };
}

/** @throws unless the file's network is the run's but for what has no weights, its numbers of stages and of scales, the size at which flow is sought and how it is aligned, or has the parts that are taken. */
function weightsToStartFrom({ file, parts }: NonNullable<Start['initialWeights']>, network: Start['network'], seed: number): WeightValues {
  const read = readVideoDeblurWeights(new Uint8Array(readFileSync(file)));
  const { stages, flow, scaleFusion } = network;
  const fusion = read.config.scaleFusion && scaleFusion ? { ...read.config.scaleFusion, scales: scaleFusion.scales } : read.config.scaleFusion;
  const config = { ...read.config, stages, scaleFusion: fusion, flow: { ...read.config.flow, inputLevel: flow.inputLevel, alignment: flow.alignment } };
  return weightsOfFile({ file, config, values: read.values }, parts, network, () => initialVideoDeblurWeights(network, seed));
}

function flowOf(file: string, weights: WeightValues): WeightValues {
  const { values } = readVideoDeblurWeights(new Uint8Array(readFileSync(file)));
  return takeWeights(Object.keys(weights).filter(isFlowWeight), weights, values, file);
}

/** The blur-to-video network's part that makes the middle frame, which sees nothing but the centre frame at first. */
function reconstructionOf(file: string, weights: WeightValues): WeightValues {
  const { values } = readWeights(new Uint8Array(readFileSync(file)));
  const names = Object.keys(weights).filter((name) => !isFlowWeight(name) && !name.startsWith(EXPOSURE) && !name.startsWith(FUSION));
  const first = weights[FIRST_KERNEL];
  if (!first || !values[FIRST_KERNEL]) throw new Error(`Expected a reconstruction made of a blur-to-video network's parts, for 'initialReconstruction', but the run's network has none; leave it out.`);
  const unmixed = Object.fromEntries(names.filter((name) => name.startsWith(MIXING)).map((name) => [name, { ...weights[name]!, values: new Float32Array(weights[name]!.values.length) }]));
  return takeWeights(names, weights, { ...values, ...unmixed, [FIRST_KERNEL]: seeingTheCentre(values[FIRST_KERNEL], first.shape) }, file);
}

/** A kernel `[h, w, 3, C]` as one of more input channels, `[h, w, n, C]`, that reads the centre frame's. */
function seeingTheCentre({ values }: WeightValues[string], shape: number[]): WeightValues[string] {
  const [height, width, from, to] = shape as [number, number, number, number];
  const wide = new Float32Array(height * width * from * to);
  for (let position = 0; position < height * width; position++) {
    const taken = values.subarray(position * FRAME_CHANNELS * to, (position + 1) * FRAME_CHANNELS * to);
    wide.set(taken, (position * from + FRAME_CHANNELS) * to);
  }
  return { values: wide, shape };
}
