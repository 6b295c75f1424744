import { trace } from '@unblur/onnx';
import type { TracedGraph } from '@unblur/onnx';
import type { AdamOptions, NamedArrays } from '../../loop/adam.js';
import type { RunSettings } from '../../run-file/fields.js';
import type { StepResult } from '../engine.js';
import type { Batch, LearningTask } from '../../training-system.js';
import { expectFinite } from '../../loop/learner.js';
import type { Learner } from '../../loop/learner.js';
import { stateOfTensors, tensorsOfState } from '../../loop/learned-state.js';
import { blurredInput, lossStep, restorationStep, restoredOf, taskSignature } from '../training-step.js';
import type { Tensors, TorchConnection } from './torch-connection.js';
import { startTorchProcesses } from './torch-process.js';
import type { TorchProcesses } from './torch-process.js';

/** How PyTorch is to compute. */
export type TorchConfig = RunSettings['torch'];

export interface TorchLearnerOptions {
  torch: TorchConfig;
  optimizer: AdamOptions;
  emaDecay: number;
  /** Processes that share a batch, started by torchrun: one per GPU. */
  processes: number;
  /** Processor threads of each. */
  threads: number;
}

/** A learner that also tells gradients. */
export interface TorchLearner extends Learner {
  /** Loss terms and gradients of a batch; no weight moves. */
  gradients(batch: Batch): Promise<StepResult>;
}

/**
 * Learns with PyTorch, on the GPUs it has or on the processor: loss and restoration are traced to graphs,
 * which the Python program in `python/` interprets, differentiates and trains. Weights stay there until they
 * are asked for.
 *
 * @throws if there is no Python with torch, the batch does not divide among the processes, or the graph has
 * an operator that the interpreter does not know.
 */
export async function createTorchLearner(
  task: LearningTask,
  { processes, ...options }: TorchLearnerOptions,
): Promise<TorchLearner> {
  expectSharedBatch(task, processes);
  const started = await startTorchProcesses(processes, options.threads);
  try {
    return { ...(await openTorchLearner(task, started, options)), release: started.stop };
  } catch (error) {
    await started.stop();
    throw error;
  }
}

/** @returns samples of a batch. @throws unless all processes can have as many of them. */
function expectSharedBatch({ objective: { batchShapes } }: LearningTask, processes: number): number {
  const batchSize = Object.values(batchShapes)[0]![0]!;
  if (batchSize % processes !== 0) {
    throw new Error(
      `Expected a 'batchSize' that ${processes} processes can share but received ${batchSize}.`,
    );
  }
  return batchSize;
}

/**
 * The same on processes that run already, which go on when it is released: for one task after the other.
 */
export async function openTorchLearner(
  task: LearningTask,
  { connections }: Pick<TorchProcesses, 'connections'>,
  { threads, torch, optimizer, emaDecay }: Omit<TorchLearnerOptions, 'processes'>,
): Promise<TorchLearner> {
  const processes = connections.length;
  const { weightShapes, objective, restoration, groups } = task;
  const batchSize = expectSharedBatch(task, processes);
  const partShapes = Object.fromEntries(
    Object.entries(objective.batchShapes).map(([name, [, ...rest]]) => [
      name,
      [batchSize / processes, ...rest],
    ]),
  );
  const step = trace(lossStep(objective), taskSignature(task, partShapes));
  const restorationGraph = trace(
    restorationStep(restoration),
    taskSignature(task, { [blurredInput]: restoration.blurredShape }),
  );
  const learned = groups.flat();
  const frozen = Object.keys(weightShapes).filter((name) => !learned.includes(name));

  const [leader] = connections as [TorchConnection, ...TorchConnection[]];
  const askAll = (command: string, settings: Record<string, unknown>, tensorsOf: (rank: number) => Tensors) =>
    Promise.all(connections.map((connection, rank) => connection.ask(command, settings, tensorsOf(rank))));
  const partOf =
    (batch: Batch) =>
    (rank: number): Tensors =>
      Object.fromEntries(
        Object.entries(partShapes).map(([name, shape]) => {
          const length = batch[name]!.length / processes;
          return [
            name,
            { dtype: 'F32', values: batch[name]!.subarray(rank * length, (rank + 1) * length), shape },
          ];
        }),
      );

  const graphs = { step: bytesOf(step), restoration: bytesOf(restorationGraph) };
  await askAll('open', { ...torch, threads, optimizer, emaDecay, groups, frozen }, () => graphs);
  return {
    load: async (state) => {
      const tensors = tensorsOfState(state);
      await askAll('load', {}, () => tensors);
    },
    update: async (batch, learningRates, step) => {
      const [first] = await askAll('update', { learningRates, step }, partOf(batch));
      const { terms, gradientNorm } = first!.reply as { terms: Record<string, number>; gradientNorm: number };
      expectFinite(terms, step);
      return { terms, gradientNorm };
    },
    gradients: async (batch) => {
      const [first] = await askAll('gradients', {}, partOf(batch));
      return {
        terms: first!.reply['terms'] as Record<string, number>,
        gradients: flatValues(first!.tensors),
      };
    },
    restore: async (blurred) => {
      const { tensors } = await leader.ask(
        'restore',
        {},
        { blurred: { dtype: 'F32', shape: restoration.blurredShape, values: blurred } },
      );
      return restoredOf(flatValues(tensors));
    },
    state: async () => stateOfTensors((await leader.ask('state')).tensors),
    release: async () => {},
  };
}

function bytesOf({ bytes }: TracedGraph): Tensors[string] {
  return { dtype: 'U8', shape: [bytes.length], values: bytes };
}

function flatValues(tensors: Tensors): NamedArrays {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { values }]) => [name, values as Float32Array]),
  );
}
