import {
  filterOf,
  type LayerRanges,
  type NamedTensors,
  type NetworkWeights,
  type WeightValues,
} from '@unblur/core-model';

/**
 * Number formats for convolutions: `int8` computes in 8-bit integers if their ranges are known and the engine
 * can.
 */
export const precisions = ['int8', 'float32'] as const;
export type Precision = (typeof precisions)[number];

/** A function of tensors to be opened on an engine. Inputs and outputs are float32, flat and row-major. */
export interface ComputedFunction {
  /** Gives the outputs by name; called with the inputs by name and the weights. */
  compute(inputs: NamedTensors, weights: NamedTensors): NamedTensors;
  inputShapes: Record<string, number[]>;
  /** Layers whose ranges are known may be computed in 8-bit integers, by engines that can. */
  weights: NetworkWeights;
  /**
   * Whether the arrays of one run are overwritten by the next: what goes in a stream leaves nothing behind.
   */
  reusesOutputs?: boolean;
}

/** A function with its weights in place, for inputs of fixed shapes. */
export interface OpenFunction {
  readonly outputShapes: Record<string, number[]>;
  run(inputs: Record<string, Float32Array>): Promise<Record<string, Float32Array>>;
  /** Frees its memory. */
  release(): Promise<void>;
}

/** What computes networks: ONNX Runtime, or a backend of TensorFlow.js. */
export interface ComputeEngine {
  /** How many times as much memory it takes as ONNX Runtime. */
  readonly memoryFactor: number;
  open(fn: ComputedFunction): Promise<OpenFunction>;
}

/**
 * Opens several things one after the other. If one cannot be opened, those already open are released.
 *
 * @param work opens them, and hands each to `keep`.
 * @returns what `work` returns, and what releases all of them.
 */
export async function openTogether<Opened>(
  work: (
    keep: <T extends { release(): Promise<void> }>(opening: Promise<T>) => Promise<T>,
  ) => Promise<Opened>,
): Promise<{ opened: Opened; release: () => Promise<void> }> {
  const kept: { release(): Promise<void> }[] = [];
  const release = async () => {
    for (const open of kept.splice(0)) await open.release();
  };
  try {
    const opened = await work(async (opening) => {
      const open = await opening;
      kept.push(open);
      return open;
    });
    return { opened, release };
  } catch (cause) {
    await release();
    throw cause;
  }
}

/** The convolutions that may be computed in 8-bit integers, as `@unblur/onnx` takes them. */
export function int8Convolutions({
  values,
  ranges = {},
}: NetworkWeights): ({ filter: WeightValues[string] } & LayerRanges[string])[] {
  return Object.entries(ranges).map(([layer, range]) => ({ filter: values[filterOf(layer)]!, ...range }));
}
