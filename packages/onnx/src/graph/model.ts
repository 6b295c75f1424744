import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { isConstant } from './graph.js';
import type { Attribute, ElementData, Graph, GraphNode, Value } from './graph.js';
import { exactHalves } from './half-precision.js';
import { onnxTypes } from './onnx-types.js';
import {
  AttributeProto_AttributeType,
  GraphProtoSchema,
  ModelProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
} from './onnx_pb.js';
import type { AttributeProtoSchema, NodeProtoSchema, ValueInfoProtoSchema } from './onnx_pb.js';

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
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
  const traced = create(GraphProtoSchema, {
    name: 'traced',
    node: [...stored.flatMap(({ widening }) => widening), ...nodes.map(describeNode)],
    input: graph.inputs.map(describeValue),
    output: outputInfos,
  });
  return joinBytes([
    toBinary(ModelProtoSchema, model),
    ...field(ModelProtoSchema.field.graph, [
      toBinary(GraphProtoSchema, traced),
      ...stored.flatMap(({ initializer: { data, ...described } }) =>
        field(GraphProtoSchema.field.initializer, [
          toBinary(TensorProtoSchema, create(TensorProtoSchema, described)),
          ...field(TensorProtoSchema.field.rawData, [
            new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
          ]),
        ]),
      ),
    ]),
  ]);
}

const lengthOf = (parts: readonly Uint8Array[]): number =>
  parts.reduce((length, part) => length + part.length, 0);

/**
 * A field of a message, its contents in parts, as the wire has it. The library's writer would copy the numbers of
 * constants three times; so they are copied once, where all parts are joined.
 */
const field = ({ number }: { number: number }, contents: readonly Uint8Array[]): Uint8Array[] => [
  new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(lengthOf(contents)).finish(),
  ...contents,
];

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(lengthOf(parts));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
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
    } else if (input && isConstant(input)) {
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

/** A constant as the file has it, its numbers apart. */
interface Initializer {
  name: string;
  dims: bigint[];
  dataType: TensorProto_DataType;
  data: ElementData | Uint16Array;
}

interface StoredConstant {
  initializer: Initializer;
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
      data: halves,
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

function describeConstant({ name, shape, type, data }: Value): Initializer {
  return { name, dims: shape.map((size) => BigInt(size)), dataType: onnxTypes[type], data: data! };
}

function describeValue({ name, shape, type }: Value): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = shape.map((size) => ({ value: { case: 'dimValue' as const, value: BigInt(size) } }));
  return {
    name,
    type: { value: { case: 'tensorType', value: { elemType: onnxTypes[type], shape: { dim } } } },
  };
}
