import type { FileHandle } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { CameraTurn } from '../panorama/camera-turn.js';

/**
 * A shard: samples of one size in a `.safetensors` file. Tensors, each with one row per sample: `blurred` [n,
 * S, S, 3] and `frames` [n, N, S, S, 3] (uint8 display values), and where known (float32) `rotationDegrees` [n],
 * `cameraTurn` [n, 6] (`focalPixels`, `principalX`, `principalY` and the three `rotationRadians`) and
 * `flowsPixels` [n, N, S, S, 2].
 */
export interface ShardSample {
  blurred: Uint8Array;
  frames: Uint8Array;
  rotationDegrees?: number;
  cameraTurn?: CameraTurn;
  flowsPixels?: Float32Array;
}

/** Which of the optional tensors a shard has. */
export type HeldMotion = Partial<Record<'rotationDegrees' | 'cameraTurn' | 'flowsPixels', boolean>>;

export interface ShardShape {
  sizePixels: number;
  frames: number;
}

/** What is in a shard. */
export interface ShardContents extends ShardShape {
  /** Samples. */
  count: number;
}

interface TensorEntry {
  dtype: 'U8' | 'F32';
  shape: number[];
  data_offsets: [start: number, end: number];
}

/** Where the tensors of a shard lie in its file. */
export interface ShardLayout {
  tensors: ReadonlyMap<string, TensorEntry>;
  /** Where the header ends: data offsets count from there. */
  dataStart: number;
}

type TensorPlan = [name: string, dtype: TensorEntry['dtype'], shape: number[]];

const bytesOf: Record<TensorEntry['dtype'], number> = { U8: 1, F32: 4 };

/** The layout of a new shard, and its header: all before its data. @param has which of the optional tensors. */
export function planShard(
  contents: ShardContents,
  has: HeldMotion,
): { layout: ShardLayout; header: Uint8Array } {
  const tensors = layOut(contents, has);
  const header = encodeHeader(tensors);
  return { layout: { tensors, dataStart: header.length }, header };
}

/** Where the row of a sample lies in the file, in bytes; empty for a tensor that the shard has not. */
export function rowAt(
  { tensors, dataStart }: ShardLayout,
  tensor: string,
  sample: number,
): { start: number; length: number } {
  const entry = tensors.get(tensor);
  if (!entry) return { start: dataStart, length: 0 };
  const { dtype, shape, data_offsets } = entry;
  const length = shape.slice(1).reduce((product, extent) => product * extent, bytesOf[dtype]);
  return { start: dataStart + data_offsets[0] + sample * length, length };
}

/** A row of the tensor `cameraTurn`. */
export function valuesOfTurn({
  focalPixels,
  principalX,
  principalY,
  rotationRadians,
}: CameraTurn): Float32Array {
  return Float32Array.of(focalPixels, principalX, principalY, ...rotationRadians);
}

/** What a row of the tensor `cameraTurn` says. */
export function turnOfValues(values: Float32Array): CameraTurn {
  return {
    focalPixels: values[0]!,
    principalX: values[1]!,
    principalY: values[2]!,
    rotationRadians: [values[3]!, values[4]!, values[5]!],
  };
}

function layOut(
  { count, sizePixels, frames }: ShardContents,
  has: HeldMotion,
): ReadonlyMap<string, TensorEntry> {
  const image = [sizePixels, sizePixels];
  const motion: TensorPlan[] = [
    ['rotationDegrees', 'F32', [count]],
    ['cameraTurn', 'F32', [count, 6]],
    ['flowsPixels', 'F32', [count, frames, ...image, 2]],
  ];
  const wanted: TensorPlan[] = [
    // Floats first: their places are then multiples of four bytes.
    ...motion.filter(([name]) => has[name as keyof HeldMotion]),
    ['blurred', 'U8', [count, ...image, 3]],
    ['frames', 'U8', [count, frames, ...image, 3]],
  ];
  const tensors = new Map<string, TensorEntry>();
  let start = 0;
  for (const [name, dtype, shape] of wanted) {
    const end = start + shape.reduce((product, extent) => product * extent, bytesOf[dtype]);
    tensors.set(name, { dtype, shape, data_offsets: [start, end] });
    start = end;
  }
  return tensors;
}

/** Eight bytes of length (little-endian), then JSON, padded with spaces to a multiple of eight. */
function encodeHeader(tensors: ReadonlyMap<string, TensorEntry>): Uint8Array {
  const json = Buffer.from(JSON.stringify(Object.fromEntries(tensors)));
  const padded = Math.ceil(json.length / 8) * 8;
  const header = Buffer.alloc(8 + padded, ' ');
  header.writeBigUInt64LE(BigInt(padded), 0);
  json.copy(header, 8);
  return header;
}

/**
 * Reads the header of a shard and compares it with what is expected of it.
 *
 * @throws Error that completes "but".
 */
export async function readLayout(file: FileHandle, expected: ShardContents): Promise<ShardLayout> {
  const { entries, dataStart } = await readHeader(file);
  const { size } = await file.stat();
  return { tensors: expectLayout(entries, expected, size - dataStart), dataStart };
}

/** Of at most five tensors. */
const maxHeaderBytes = 100_000;

/**
 * @returns what the header says of tensors, unchecked, by their names. @throws Error that completes "but".
 */
async function readHeader(
  file: FileHandle,
): Promise<{ entries: ReadonlyMap<string, unknown>; dataStart: number }> {
  const lengthBytes = Buffer.alloc(8);
  const { bytesRead } = await file.read(lengthBytes, 0, 8, 0);
  const length = bytesRead === 8 ? Number(lengthBytes.readBigUInt64LE(0)) : Infinity;
  if (length > maxHeaderBytes) throw new Error('its header is not that of a shard');
  const json = Buffer.alloc(length);
  if ((await file.read(json, 0, length, 8)).bytesRead !== length) throw new Error('it is cut short');
  let header: unknown;
  try {
    header = JSON.parse(json.toString('utf8'));
  } catch {
    header = undefined;
  }
  if (typeof header !== 'object' || header === null) throw new Error('its header is not JSON');
  return { entries: new Map(Object.entries(header)), dataStart: 8 + length };
}

/**
 * Compares a header, field by field, with that of a shard of the contents.
 * @param dataBytes in the file after the header.
 * @returns its tensors. @throws Error that completes "but".
 */
function expectLayout(
  entries: ReadonlyMap<string, unknown>,
  contents: ShardContents,
  dataBytes: number,
): ReadonlyMap<string, TensorEntry> {
  const wanted = layOut(contents, {
    rotationDegrees: entries.has('rotationDegrees'),
    cameraTurn: entries.has('cameraTurn'),
    flowsPixels: entries.has('flowsPixels'),
  });
  const tensors = new Map<string, TensorEntry>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of wanted) {
    const entry = (entries.get(name) ?? {}) as Partial<Record<keyof TensorEntry, unknown>>;
    if (entry.dtype !== dtype || !isDeepStrictEqual(entry.shape, shape)) {
      throw new Error(
        `its tensor ${name} is not the ${dtype} [${shape}] that ${contents.count} samples of ${contents.frames} frames at ${contents.sizePixels}x${contents.sizePixels} have`,
      );
    }
    const length = offsets[1] - offsets[0];
    const span = entry.data_offsets;
    if (!isSpan(span, length)) {
      throw new Error(`its tensor ${name} does not span the ${length} bytes that it should`);
    }
    if (span[1] > dataBytes) {
      throw new Error(`it has ${dataBytes} of the ${span[1]} bytes of its samples`);
    }
    tensors.set(name, { dtype, shape, data_offsets: span });
  }
  return tensors;
}

function isSpan(value: unknown, length: number): value is [start: number, end: number] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [start, end] = value;
  return Number.isSafeInteger(start) && start >= 0 && end === start + length;
}
