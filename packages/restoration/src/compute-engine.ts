import type { NamedTensors, WeightValues } from '@unblur/core-model';

/** A function of tensors as it is opened on an engine. Inputs and outputs are float32, flat and row-major. */
export interface ComputedFunction {
  /** Gives the outputs by name; called with the inputs by name and the weights. */
  compute(inputs: NamedTensors, weights: NamedTensors): NamedTensors;
  inputShapes: Record<string, number[]>;
  weights: WeightValues;
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
