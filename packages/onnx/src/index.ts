export { trace } from './trace.js';
export type { Signature, TracedGraph } from './trace.js';
export { registerLowering } from './lowerings/index.js';
export type { KernelCall, Lowering } from './lowerings/lowering.js';
export type { Session, SessionOptions } from './session.js';
export { fromChannelsFirst, fromPlain } from './traced-tensor.js';
export type { TracedTensor } from './traced-tensor.js';
export { float } from './graph/graph.js';
export type { Graph, Value } from './graph/graph.js';
