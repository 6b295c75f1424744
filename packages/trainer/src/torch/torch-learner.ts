import { weightShapes } from '@unblur/core-model';
import type { BlurToVideoConfig, WeightValues } from '@unblur/core-model';
import { trace } from '@unblur/onnx';
import type { TracedGraph } from '@unblur/onnx';
import type { AdamOptions, NamedArrays } from '../adam.js';
import type { Batch, EngineShapes, StepResult } from '../engine.js';
import { expectFinite } from '../learner.js';
import type { LearnedState, Learner } from '../learner.js';
import type { LossConfig } from '../losses/total-loss.js';
import { lossStep, restorationStep, sampleShapes, sampleValues } from '../training-step.js';
import type { PoolDraw } from './pooled-batches.js';
import type { Tensors, TorchConnection } from './torch-connection.js';
import { startTorchProcesses } from './torch-process.js';

/** How PyTorch is to compute. */
export interface TorchConfig {
  /** `bfloat16`: convolutions and matrix products; images, motions, sampling and losses stay in float32. */
  precision: 'float32' | 'bfloat16';
  /** Images and filters with channels last in memory. */
  channelsLast: boolean;
  /** Whether torch.compile is used: a longer start, faster steps on a GPU. Needs torch 2. */
  compile: boolean;
}

/** Samples kept beside the network, see `python/unblur_torch/sample_pool.py`. */
export interface TorchPoolConfig {
  samples: number;
  /** Side of the pictures held. */
  sizePixels: number;
  reuse: number;
  colourGain: number;
  noiseSigma: number;
}

export interface TorchLearnerOptions {
  torch: TorchConfig;
  optimizer: AdamOptions;
  emaDecay: number;
  /** Processes that share a batch, started by torchrun: one per GPU. */
  processes: number;
  /** Processor threads of each. */
  threads: number;
  /** Default: none. */
  pool?: TorchPoolConfig | null;
}

/** A learner that takes batches, or draws them from a pool that it holds. */
export interface TorchLearner extends Learner<Batch | PoolDraw> {
  /** Puts samples of the pool's size into the pool, as many as the processes can share; as 8-bit pictures. */
  add(samples: Batch): Promise<void>;
  /** Loss terms and gradients of a batch; no weight moves. */
  gradients(batch: Batch): Promise<StepResult>;
}

/**
 * Learns with PyTorch, on the GPUs it has or on the processor: loss and restoration are traced to graphs, which the
 * Python program in `python/` interprets, differentiates and trains. Weights stay there until they are asked for.
 *
 * @throws if there is no Python with torch, the batch does not divide among the processes, or the graph has an operator that the interpreter does not know.
 */
export async function createTorchLearner(network: BlurToVideoConfig, loss: LossConfig, shapes: EngineShapes, options: TorchLearnerOptions): Promise<TorchLearner> {
  const { batchSize, sizePixels, validationSizePixels } = shapes;
  const { processes, threads, torch, optimizer, emaDecay, pool = null } = options;
  if (batchSize % processes !== 0) throw new Error(`Expected a 'batchSize' that ${processes} processes can share but received ${batchSize}.`);
  const partSize = batchSize / processes;
  const allWeights = weightShapes(network);
  const weightSignature = Object.fromEntries(Object.entries(allWeights).map(([name, shape]) => [name, { shape }]));
  const partShapes = sampleShapes(network, loss, partSize, sizePixels);
  const step = trace(lossStep(network, loss), { ...weightSignature, ...Object.fromEntries(Object.entries(partShapes).map(([name, shape]) => [name, { shape }])) });
  const restoration = trace(restorationStep(network), { ...weightSignature, blurred: { shape: [1, validationSizePixels, validationSizePixels, 3] } });

  const { connections, stop } = await startTorchProcesses(processes, threads);
  const [leader] = connections as [TorchConnection, ...TorchConnection[]];
  const askAll = (command: string, settings: Record<string, unknown>, tensorsOf: (rank: number) => Tensors) =>
    Promise.all(connections.map((connection, rank) => connection.ask(command, settings, tensorsOf(rank))));
  const partOf = (batch: Batch, wholeSize: number, shapesOfPart: Record<string, number[]>, encode: (name: string, part: Float32Array) => Omit<Tensors[string], 'shape'>) => {
    const values = Object.entries(sampleValues(batch, loss, wholeSize));
    return (rank: number): Tensors =>
      Object.fromEntries(
        values.map(([name, flat]) => {
          const length = flat.length / processes;
          return [name, { ...encode(name, flat.subarray(rank * length, (rank + 1) * length)), shape: shapesOfPart[name]! }];
        }),
      );
  };
  const wholePart = (batch: Batch) => partOf(batch, batchSize, partShapes, (_name, values) => ({ dtype: 'F32', values }));

  try {
    const graphs = { step: bytesOf(step), restoration: bytesOf(restoration) };
    await askAll('open', { ...torch, threads, optimizer, emaDecay, pool, weights: Object.keys(allWeights) }, () => graphs);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    load: async (state) => {
      const tensors = stateTensors(state);
      await askAll('load', {}, () => tensors);
    },
    update: async (batch, learningRate, step) => {
      const [first] = 'seed' in batch
        ? await askAll('update', { learningRate, step, seed: batch.seed }, () => ({}))
        : await askAll('update', { learningRate, step }, wholePart(batch));
      const { terms, gradientNorm } = first!.reply as { terms: Record<string, number>; gradientNorm: number };
      expectFinite(terms, step);
      return { terms, gradientNorm };
    },
    add: async (samples) => {
      const count = samples.blurred.length / (pool!.sizePixels ** 2 * 3);
      const held = sampleShapes(network, loss, count / processes, pool!.sizePixels);
      await askAll('add', {}, partOf(samples, count, held, (name, values) => (isPicture(name) ? { dtype: 'U8', values: toBytes(values) } : { dtype: 'F32', values })));
    },
    gradients: async (batch) => {
      const [first] = await askAll('gradients', {}, wholePart(batch));
      return { terms: first!.reply['terms'] as Record<string, number>, gradients: flatValues(first!.tensors) };
    },
    restore: async (blurred) => {
      const { tensors } = await leader.ask('restore', {}, { blurred: { dtype: 'F32', shape: [1, validationSizePixels, validationSizePixels, 3], values: blurred } });
      return Array.from({ length: network.frames }, (_, frame) => tensors[String(frame)]!.values as Float32Array);
    },
    state: async () => readState((await leader.ask('state')).tensors),
    release: stop,
  };
}

const isPicture = (name: string): boolean => name === 'blurred' || name === 'frames';

/** Values in [0, 1] as 8 bits. */
function toBytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length);
  for (let index = 0; index < values.length; index++) bytes[index] = values[index]! * 255 + 0.5;
  return bytes;
}

function bytesOf({ bytes }: TracedGraph): Tensors[string] {
  return { dtype: 'U8', shape: [bytes.length], values: bytes };
}

/** A state under the names that a checkpoint has. */
function stateTensors(state: LearnedState | Pick<LearnedState, 'weights'>): Tensors {
  const tensors: Tensors = {};
  const put = (group: string, name: string, values: Float32Array) => (tensors[`${group}/${name}`] = { dtype: 'F32', shape: state.weights[name]!.shape, values });
  for (const [name, { values }] of Object.entries(state.weights)) put('weights', name, values);
  if (!('averages' in state)) return tensors;
  const { firstMoments, secondMoments, averages } = state;
  for (const [group, arrays] of Object.entries({ firstMoments, secondMoments, averages })) {
    for (const [name, values] of Object.entries(arrays)) put(group, name, values);
  }
  return tensors;
}

function readState(tensors: Tensors): LearnedState {
  const groupOf = (group: string): Tensors =>
    Object.fromEntries(Object.entries(tensors).flatMap(([path, tensor]) => (path.startsWith(`${group}/`) ? [[path.slice(group.length + 1), tensor]] : [])));
  const weights: WeightValues = Object.fromEntries(Object.entries(groupOf('weights')).map(([name, { shape, values }]) => [name, { shape, values: values as Float32Array }]));
  return { weights, firstMoments: flatValues(groupOf('firstMoments')), secondMoments: flatValues(groupOf('secondMoments')), averages: flatValues(groupOf('averages')) };
}

function flatValues(tensors: Tensors): NamedArrays {
  return Object.fromEntries(Object.entries(tensors).map(([name, { values }]) => [name, values as Float32Array]));
}
