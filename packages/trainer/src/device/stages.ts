import { setImmediate as nextTurn } from 'node:timers/promises';
import { trace } from '@unblur/onnx';
import { lossStep, taskSignature } from '../engines/training-step.js';
import { learningTask } from '../training-system.js';
import type { Phase, TrainingSystem } from '../training-system.js';

/** Learning rates are given at so many even shares of a stage, and linear in between. */
const sampledRateCount = 129;

/** A stretch of the run with one graph. */
export interface DeviceStage {
  /** Share of the run at which it ends. */
  until: number;
  graph: string;
  batchSize: number;
  groups: { weights: readonly string[]; rates: number[] }[];
}

/**
 * The stages of a run: every phase of its system, cut where the crops change.
 *
 * @param systems the system with each of the crops' sizes and batches.
 * @param crops which share of the run each has, in turn.
 * @param files is given a graph for every phase with every crop.
 * @param signal when aborted, no more graphs are traced.
 * @param rateFactor of all learning rates.
 * @throws the signal's reason once it is aborted.
 */
export async function stagesOf(
  systems: TrainingSystem[],
  crops: readonly { share: number }[],
  files: Map<string, Uint8Array>,
  signal: AbortSignal | undefined,
  rateFactor = 1,
): Promise<DeviceStage[]> {
  const { phases } = systems[0]!;
  const phaseEnds = sharesOf(phases.map(({ steps }) => steps));
  const cropEnds = sharesOf(crops.map(({ share }) => share));
  const ends = [...new Set([...phaseEnds, ...cropEnds])].sort((a, b) => a - b);
  const graphs = new Map<Phase, string>();
  const stages: DeviceStage[] = [];
  for (const [index, until] of ends.entries()) {
    const begin = ends[index - 1] ?? 0;
    const system = systems[cropEnds.findIndex((end) => end >= until)]!;
    const phaseIndex = phaseEnds.findIndex((end) => end >= until);
    const phase = system.phases[phaseIndex]!;
    let graph = graphs.get(phase);
    if (graph === undefined) {
      // Tracing takes seconds, in which nothing else is heard.
      await nextTurn();
      signal?.throwIfAborted();
      graphs.set(phase, (graph = `step-${files.size}.onnx`));
      files.set(graph, traceStep(system, phase));
    }
    const [phaseBegin, phaseEnd] = [phaseEnds[phaseIndex - 1] ?? 0, phaseEnds[phaseIndex]!];
    /** The phase's step at a share of the run; between two steps too. */
    const stepAt = (share: number) =>
      Math.max(1, ((share - phaseBegin) / (phaseEnd - phaseBegin)) * phase.steps);
    const rates = (rateAt: (step: number) => number) =>
      Array.from(
        { length: sampledRateCount },
        (_, place) => rateFactor * rateAt(stepAt(begin + ((until - begin) * place) / (sampledRateCount - 1))),
      );
    stages.push({
      until,
      graph,
      batchSize: phase.batchSize,
      groups: phase.groups.map(({ weights, learningRate }) => ({ weights, rates: rates(learningRate) })),
    });
  }
  return stages;
}

function traceStep(system: TrainingSystem, phase: Phase): Uint8Array {
  const { objective } = phase;
  const signature = taskSignature(learningTask(system, phase), objective.batchShapes);
  return trace(lossStep(objective), signature).bytes;
}

/** Where parts end, as shares of their sum. */
function sharesOf(parts: readonly number[]): number[] {
  const sum = parts.reduce((total, part) => total + part, 0);
  let end = 0;
  return parts.map((part, index) => (index === parts.length - 1 ? 1 : (end += part) / sum));
}
