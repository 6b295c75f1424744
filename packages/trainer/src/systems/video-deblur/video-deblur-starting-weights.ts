import { videoDeblurFamily } from '@unblur/core-model';
import type { WeightValues } from '@unblur/core-model';
import { readWeightsFile, pickWeights, initialWeightsFrom } from '../starting-weights.js';
import { isFlowWeight } from './video-deblur-objectives.js';
import type { VideoDeblurRun } from './video-deblur-run.js';

type Start = Pick<VideoDeblurRun, 'network' | 'seed' | 'initialWeights' | 'initialFlow'>;

/**
 * The weights that a run begins with: random ones, or those of its files.
 * @throws where a file's network does not fit the run's.
 */
export function videoStartingWeights({ network, seed, initialWeights, initialFlow }: Start): WeightValues {
  const weights =
    initialWeights === null
      ? videoDeblurFamily.initialWeights(network, seed)
      : weightsToStartFrom(initialWeights, network, seed);
  return initialFlow === null ? weights : { ...weights, ...flowOf(initialFlow, weights) };
}

/**
 * @throws unless the file's network is the run's but for what has no weights, its numbers of stages and of
 * scales, the size at which flow is sought and how it is aligned, or has the parts that are taken.
 */
function weightsToStartFrom(
  { file, parts }: NonNullable<Start['initialWeights']>,
  network: Start['network'],
  seed: number,
): WeightValues {
  const read = readWeightsFile(file, videoDeblurFamily.readWeights);
  const { stages, flow, scaleFusion } = network;
  const fusion =
    read.config.scaleFusion && scaleFusion
      ? { ...read.config.scaleFusion, scales: scaleFusion.scales }
      : read.config.scaleFusion;
  const config = {
    ...read.config,
    stages,
    scaleFusion: fusion,
    flow: { ...read.config.flow, inputLevel: flow.inputLevel, alignment: flow.alignment },
  };
  return initialWeightsFrom({ file, config, values: read.values }, parts, network, () =>
    videoDeblurFamily.initialWeights(network, seed),
  );
}

function flowOf(file: string, weights: WeightValues): WeightValues {
  const { values } = readWeightsFile(file, videoDeblurFamily.readWeights);
  return pickWeights(Object.keys(weights).filter(isFlowWeight), weights, values, file);
}
