import { unzipSync } from 'fflate';
import { isRecord, readTensorPickle, type PickledMap, type PickledValue, type StorageReference, type TensorRecord } from './tensor-pickle.js';

/** Named parameters, values in C order. */
export type Parameters = Record<string, { shape: number[]; values: Float32Array }>;

/** The first pickle of a checkpoint in PyTorch's format from before version 1.6 is this number. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;
const ZIP_SIGNATURE = [0x50, 0x4b, 0x03, 0x04];

/** How storages of each type that weights come in are read as float32. */
const elementReaders: Record<string, { bytes: number; read: (view: DataView, byte: number) => number }> = {
  FloatStorage: { bytes: 4, read: (view, byte) => view.getFloat32(byte, true) },
  DoubleStorage: { bytes: 8, read: (view, byte) => view.getFloat64(byte, true) },
  HalfStorage: { bytes: 2, read: (view, byte) => numberFromHalf(view.getUint16(byte, true)) },
};

/**
 * Reads the named tensors of a PyTorch checkpoint, as `torch.save(model.state_dict(), path)` writes it: the zip format since PyTorch 1.6
 * and the one before. Nothing in it is executed.
 *
 * @throws Error whose message completes "the file is not a checkpoint of tensors:".
 */
export function readTorchCheckpoint(bytes: Uint8Array): Parameters {
  const isZip = ZIP_SIGNATURE.every((byte, index) => bytes[index] === byte);
  const { value, storageBytes } = isZip ? openZip(bytes) : openLegacy(bytes);
  const parameters = new Map<string, { shape: number[]; values: Float32Array }>();
  for (const [name, record] of stateDictOf(value)) {
    if (typeof name !== 'string' || !isRecord(record, 'tensor')) throw new Error(`its entry '${String(name).slice(0, 80)}' is not a tensor`);
    parameters.set(name, { shape: record.shape, values: readTensor(name, record, storageBytes(record.storage)) });
  }
  if (parameters.size === 0) throw new Error('it holds no tensors');
  return Object.fromEntries(parameters);
}

interface OpenedCheckpoint {
  value: PickledValue;
  storageBytes(storage: StorageReference): Uint8Array;
}

/** `<name>/data.pkl` beside `<name>/data/<key>` for every storage, none of them compressed. */
function openZip(bytes: Uint8Array): OpenedCheckpoint {
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(bytes, {
      filter: ({ name, compression }) => {
        if (compression !== 0) throw new Error(`'${name.slice(0, 80)}' is compressed`);
        return /^[^/]+\/(data\.pkl|byteorder|data\/[^/]+)$/.test(name);
      },
    });
  } catch (cause) {
    throw new Error(`its zip archive cannot be read (${(cause as Error).message})`, { cause });
  }
  const pickle = Object.keys(entries).find((name) => name.endsWith('/data.pkl'));
  if (pickle === undefined) throw new Error('its zip archive holds no data.pkl');
  const folder = pickle.slice(0, -'data.pkl'.length);
  const byteOrder = entries[`${folder}byteorder`];
  if (byteOrder && new TextDecoder().decode(byteOrder) !== 'little') throw new Error('it was written on a big-endian machine');
  return {
    value: readTensorPickle(entries[pickle]!).value,
    storageBytes: ({ key }) => entries[`${folder}data/${key}`] ?? missingStorage(key),
  };
}

/** Five pickles (magic number, protocol, machine, tensors, storage keys), then every storage as its length and its bytes. */
function openLegacy(bytes: Uint8Array): OpenedCheckpoint {
  let position = 0;
  const next = (): PickledValue => {
    const { value, end } = readTensorPickle(bytes, position);
    position = end;
    return value;
  };
  if (bytes[0] !== 0x80 || next() !== LEGACY_MAGIC) throw new Error('it has neither the zip format of PyTorch nor the one before');
  if (next() !== LEGACY_PROTOCOL) throw new Error('it has an unknown protocol version');
  const machine = next();
  if (!(machine instanceof Map) || machine.get('little_endian') !== true) throw new Error('it was written on a big-endian machine');
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) throw new Error('its list of storages is malformed');

  const typeOfKey = new Map<string, string>();
  for (const [, record] of stateDictOf(value)) if (isRecord(record, 'tensor')) typeOfKey.set(record.storage.key, record.storage.type);
  const storages = new Map<string, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const key of keys) {
    const elementBytes = elementReaders[typeOfKey.get(String(key)) ?? '']?.bytes;
    if (typeof key !== 'string' || elementBytes === undefined) throw new Error(`its storage '${String(key).slice(0, 80)}' has no tensor of floating-point numbers`);
    if (position + 8 > bytes.length) throw new Error('it is cut short');
    const length = Number(view.getBigInt64(position, true)) * elementBytes;
    position += 8;
    if (!(length >= 0) || position + length > bytes.length) throw new Error('it is cut short');
    storages.set(key, bytes.subarray(position, position + length));
    position += length;
  }
  return { value, storageBytes: ({ key }) => storages.get(key) ?? missingStorage(key) };
}

/** The mapping of names to tensors: the whole, or what training scripts file under `state_dict`. */
function stateDictOf(value: PickledValue): PickledMap {
  const nested = value instanceof Map ? value.get('state_dict') : undefined;
  const mapping = nested instanceof Map ? nested : value;
  if (!(mapping instanceof Map)) throw new Error('it does not hold a mapping of names to tensors');
  return mapping;
}

function readTensor(name: string, { storage, offset, shape, strides }: TensorRecord, bytes: Uint8Array): Float32Array {
  const reader = elementReaders[storage.type];
  if (!reader) throw new Error(`tensor '${name.slice(0, 80)}' is a ${storage.type}, not floating-point numbers`);
  const available = Math.floor(bytes.length / reader.bytes);
  const count = shape.reduce((product, size) => product * size, 1);
  const last = offset + shape.reduce((sum, size, axis) => sum + Math.max(0, size - 1) * strides[axis]!, 0);
  if (count > available || last >= Math.max(available, 1)) throw new Error(`tensor '${name.slice(0, 80)}' [${shape}] reaches beyond its ${available} stored values`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(count);
  const position = shape.map(() => 0);
  let element = offset;
  for (let index = 0; index < count; index++) {
    values[index] = reader.read(view, element * reader.bytes);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      element += strides[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      element -= shape[axis]! * strides[axis]!;
      position[axis] = 0;
    }
  }
  return values;
}

function missingStorage(key: string): never {
  throw new Error(`its storage '${key.slice(0, 80)}' is missing`);
}

/** IEEE 754 binary16. */
function numberFromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
