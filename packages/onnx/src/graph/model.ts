import { create, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Attribute, Graph, GraphNode, Value } from './graph.js';
import { exactHalves } from './half-precision.js';
import { onnxTypes } from './onnx-types.js';
import { AttributeProto_AttributeType, ModelProtoSchema, TensorProto_DataType } from './onnx_pb.js';
import type {
  AttributeProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from './onnx_pb.js';

/**
 * ONNX 1.14: every operator that lowerings use. In a later one, ONNX Runtime's WebGPU (1.30) has no
 * `GridSample` and brings the image back to the processor for it.
 */
const operatorSetVersion = 19;
const onnxIrVersion = 9;

/** Fewer take no less room with the node that widens them. */
const fewestHalves = 64;

/** What an `.onnx` file holds beside its graph, and how. */
export interface ModelOptions {
  /** What readers of the file are to know of it, by name: its metadata. */
  metadata?: Record<string, string>;
  /**
   * Stores float32 constants as float16 where that changes none of their numbers, as with weights that were
   * stored so: half the file. The graph widens them, which runtimes do once, when they load it. Default
   * false.
   */
  storeHalves?: boolean;
}

/** The `.onnx` file of a graph: the nodes and constants that its outputs need, and all of its inputs. */
export function serializeModel(
  graph: Graph,
  outputs: Record<string, Value>,
  { metadata = {}, storeHalves = false }: ModelOptions = {},
): Uint8Array {
  const named: GraphNode[] = [];
  const outputInfos: MessageInitShape<typeof ValueInfoProtoSchema>[] = [];
  for (const [name, value] of Object.entries(outputs)) {
    const output = { ...value, name };
    named.push({ operator: 'Identity', domain: '', inputs: [value], attributes: {}, outputs: [output] });
    outputInfos.push(describeValue(output));
  }
  const { nodes, constants } = collectNeeded(named);
  const stored = constants.map(
    (constant) =>
      (storeHalves ? describeAsHalves(constant) : undefined) ?? {
        widening: [],
        initializer: describeConstant(constant),
      },
  );
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(onnxIrVersion),
    producerName: '@unblur/onnx',
    opsetImport: [{ version: BigInt(operatorSetVersion) }],
    graph: {
      name: 'traced',
      node: [...stored.flatMap(({ widening }) => widening), ...nodes.map(describeNode)],
      initializer: stored.map(({ initializer }) => initializer),
      input: graph.inputs.map(describeValue),
      output: outputInfos,
    },
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
  return toBinary(ModelProtoSchema, model);
}

/** What some nodes need, themselves included: every node after those it reads, depth first. */
export function collectNeeded(roots: readonly GraphNode[]): { nodes: GraphNode[]; constants: Value[] } {
  const nodes = new Set<GraphNode>();
  const constants = new Set<Value>();
  const stack = roots.map((node) => ({ node, nextInput: 0 })).reverse();
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const input = top.node.inputs[top.nextInput++];
    if (top.nextInput > top.node.inputs.length) {
      nodes.add(top.node);
      stack.pop();
    } else if (input?.data) {
      constants.add(input);
    } else if (input?.producer && !nodes.has(input.producer)) {
      stack.push({ node: input.producer, nextInput: 0 });
    }
  }
  return { nodes: [...nodes], constants: [...constants] };
}

function describeNode(node: GraphNode): MessageInitShape<typeof NodeProtoSchema> {
  return {
    opType: node.operator,
    domain: node.domain,
    input: node.inputs.map((input) => input?.name ?? ''),
    output: node.outputs.map((output) => output.name),
    attribute: Object.entries(node.attributes).map(([name, attribute]) => describeAttribute(name, attribute)),
  };
}

function describeAttribute(
  name: string,
  attribute: Attribute,
): MessageInitShape<typeof AttributeProtoSchema> {
  if (typeof attribute === 'number') {
    return { name, type: AttributeProto_AttributeType.INT, i: BigInt(attribute) };
  }
  if (typeof attribute === 'string') {
    return { name, type: AttributeProto_AttributeType.STRING, s: new TextEncoder().encode(attribute) };
  }
  if ('float' in attribute) return { name, type: AttributeProto_AttributeType.FLOAT, f: attribute.float };
  return { name, type: AttributeProto_AttributeType.INTS, ints: attribute.map((value) => BigInt(value)) };
}

interface StoredConstant {
  initializer: MessageInitShape<typeof TensorProtoSchema>;
  /** Nodes that make the constant from what is stored. */
  widening: MessageInitShape<typeof NodeProtoSchema>[];
}

/**
 * A constant in half its size and the node that widens it; undefined where that would change it, or is not
 * worth a node.
 */
function describeAsHalves({ name, shape, type, data }: Value): StoredConstant | undefined {
  const halves =
    type === 'float32' && data!.length >= fewestHalves ? exactHalves(data as Float32Array) : undefined;
  if (!halves) return undefined;
  const half = `${name}:half`;
  return {
    initializer: {
      name: half,
      dims: shape.map((size) => BigInt(size)),
      dataType: TensorProto_DataType.FLOAT16,
      rawData: new Uint8Array(halves.buffer),
    },
    widening: [
      {
        opType: 'Cast',
        input: [half],
        output: [name],
        attribute: [describeAttribute('to', TensorProto_DataType.FLOAT)],
      },
    ],
  };
}

function describeConstant({ name, shape, type, data }: Value): MessageInitShape<typeof TensorProtoSchema> {
  const bytes = new Uint8Array(data!.buffer as ArrayBuffer, data!.byteOffset, data!.byteLength);
  return { name, dims: shape.map((size) => BigInt(size)), dataType: onnxTypes[type], rawData: bytes };
}

function describeValue({ name, shape, type }: Value): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = shape.map((size) => ({ value: { case: 'dimValue' as const, value: BigInt(size) } }));
  return {
    name,
    type: { value: { case: 'tensorType', value: { elemType: onnxTypes[type], shape: { dim } } } },
  };
}
