import { engine, getBackend, registerBackend, setBackend, tidy } from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { findCaller } from './caller.js';
import { withDilatedConvolutionGradient } from './dilated-gradient.js';
import { Graph } from './graph/graph.js';
import type { Value } from './graph/graph.js';
import { serializeModel } from './graph/model.js';
import type { ModelOptions } from './graph/model.js';
import { computeInInt8, observeConvolutions } from './int8-convolutions.js';
import type { Int8Convolution } from './int8-convolutions.js';
import type { Filter } from './quantization.js';
import { lowerings } from './lowerings/index.js';
import { tracingBackend, TracingBackend, registerTracingKernel } from './tracing-backend.js';
import { fromPlain } from './traced-tensor.js';

/** Names, shapes and element types (`float32` if not said) of a graph's inputs or outputs. */
export type Signature = Record<string, { shape: number[]; dtype?: 'float32' | 'int32' | 'bool' }>;

export interface TraceOptions extends ModelOptions {
  /**
   * Convolutions that are computed in 8-bit integers, by their filters, which the function captures: about half
   * the time, and results that are near. Default: none.
   */
  int8?: readonly Int8Convolution[];
  /**
   * Filters that the function captures. The graph gets one more output, `ranges`, `[filters, 4]`: the least and
   * the greatest value that the convolutions with each are given, and that they give, their bias added;
   * `Infinity` and `-Infinity` where none has that filter.
   */
  observed?: readonly Filter[];
  /**
   * Where an image is sampled at more places than this, it is done so many at a time, in bands of rows. ONNX Runtime
   * on a processor plans every place in 56 bytes before it samples: for 32,768 that stays in its caches, and a
   * restoration of 3 megapixels takes two thirds of the time. Default: all at once, as graphics devices like it.
   */
  placesAtOnce?: number;
}

/** A function as an ONNX model. */
export interface TracedGraph {
  /** The contents of an `.onnx` file (operator set 19). */
  bytes: Uint8Array;
  inputs: Signature;
  outputs: Signature;
}

/**
 * Records what a function does with TensorFlow.js ops as an ONNX graph. The function is called once, with
 * tensors that have shapes and no values; so loops and branches on shapes are unrolled, and values cannot be
 * read.
 *
 * Tensors that the function captures or makes become constants of the graph. Gradients inside the function
 * (`grads`, `valueAndGrads`, `variableGrads`, `customGrad`) are recorded like any other op; import
 * `@tensorflow/tfjs` once in the application, or register the gradients yourself. Dilated convolutions, whose
 * gradient TensorFlow.js refuses, have one here.
 *
 * The active backend is the same before and after, also after an error.
 *
 * @param fn takes the inputs by name and returns the outputs by name.
 * @param signature the inputs. Tensors of rank 4 are `[batch, height, width, channels]`, as everywhere in
 * TensorFlow.js.
 * @param options what the file holds beside the graph, and how; what is computed in integers, or observed.
 * @throws if a kernel has no lowering (naming the kernel and the place that called it), if the function reads
 * values, or if an output has the name of an input, or of what `observed` adds.
 */
export function trace(
  fn: (inputs: Record<string, Tensor>) => Record<string, Tensor>,
  signature: Signature,
  { int8 = [], observed, placesAtOnce, ...options }: TraceOptions = {},
): TracedGraph {
  if (getBackend() === tracingBackend) {
    throw new Error('Expected trace to be called on its own but it was called inside a traced function.');
  }
  for (const kernelName of Object.keys(lowerings)) {
    registerTracingKernel(kernelName, () => lowerings[kernelName]!);
  }
  const graph = new Graph(placesAtOnce);
  const values: Record<string, Value> = {};
  const outputSignature: Signature = {};
  withTracingBackend(new TracingBackend(graph), (backend) => {
    tidy(() => {
      const outputs = fn(makeInputs(backend, signature));
      for (const [name, tensor] of Object.entries(outputs)) {
        if (Object.hasOwn(signature, name)) {
          throw new Error(
            `Expected outputs to have names of their own but received '${name}', which is also an input.`,
          );
        }
        values[name] = backend.lookUp(tensor).plain();
        outputSignature[name] = {
          shape: [...tensor.shape],
          dtype: tensor.dtype as 'float32' | 'int32' | 'bool',
        };
      }
      // Also what the function used `keep` on: it may have had to, for a tensor made inside a gradient.
      for (const tensor of new Set(Object.values(outputs))) if (backend.owns(tensor)) tensor.dispose();
    });
  });
  if (observed && 'ranges' in values) {
    throw new Error("Expected no output named 'ranges', which observed filters add, but received one.");
  }
  const computed = int8.length > 0 ? computeInInt8(graph, values, int8) : values;
  if (observed) {
    computed['ranges'] = observeConvolutions(graph, values, observed);
    outputSignature['ranges'] = { shape: [observed.length, 4], dtype: 'float32' };
  }
  return { bytes: serializeModel(graph, computed, options), inputs: signature, outputs: outputSignature };
}

function makeInputs(backend: TracingBackend, signature: Signature): Record<string, Tensor> {
  const inputs: Record<string, Tensor> = {};
  for (const [name, { shape, dtype = 'float32' }] of Object.entries(signature)) {
    const info = backend.register(fromPlain(backend.graph.input(name, shape, dtype)));
    inputs[name] = engine().makeTensorFromTensorInfo(info, backend);
  }
  return inputs;
}

/** Runs `body` with the tracing backend active; leaves backends, variables and stack depth as they were. */
function withTracingBackend(backend: TracingBackend, body: (backend: TracingBackend) => void): void {
  const previousBackend = getBackend();
  const previousVariables = new Set(Object.keys(engine().registeredVariables));
  const previousStackDepth = Error.stackTraceLimit;
  Error.stackTraceLimit = 100; // the caller of an op stands below many TensorFlow.js frames
  registerBackend(tracingBackend, () => backend, -1);
  // Takes effect before it returns, because making this backend is synchronous.
  void setBackend(tracingBackend);
  try {
    withDilatedConvolutionGradient(() => body(backend));
  } catch (error) {
    throw explainMissingKernel(error);
  } finally {
    for (const [name, variable] of Object.entries(engine().registeredVariables)) {
      if (!previousVariables.has(name)) variable.dispose();
    }
    engine().removeBackend(tracingBackend);
    if (previousBackend) void setBackend(previousBackend);
    Error.stackTraceLimit = previousStackDepth;
  }
}

function explainMissingKernel(error: unknown): unknown {
  const kernelName =
    error instanceof Error
      ? /^Kernel '(.+)' not registered for backend 'onnx-trace'/.exec(error.message)?.[1]
      : undefined;
  if (!kernelName) return error;
  return new Error(
    `Expected kernels that have an ONNX lowering but received '${kernelName}', called at ${findCaller((error as Error).stack)}. Use other ops, or add a lowering with registerLowering('${kernelName}', ...).`,
    { cause: error },
  );
}
