import { numberFromHalf } from '@unblur/core-model';
import { unzipSync } from 'fflate';
import {
  isRecord,
  readTensorPickle,
  type PickledMap,
  type PickledValue,
  type StorageReference,
  type TensorRecord,
} from './tensor-pickle.js';

/** Named parameters, values in C order. */
export type Parameters = Record<string, { shape: number[]; values: Float32Array }>;

/** The first pickle of a checkpoint in PyTorch's format from before version 1.6 is this number. */
const legacyMagic = 0x1950a86a20f9469cfc6cn;
const legacyProtocol = 1001;
const zipSignature = [0x50, 0x4b, 0x03, 0x04];

/** How storages of each type that weights come in are read as float32. */
const elementReaders = new Map<string, { bytes: number; read: (view: DataView, byte: number) => number }>([
  ['FloatStorage', { bytes: 4, read: (view, byte) => view.getFloat32(byte, true) }],
  ['DoubleStorage', { bytes: 8, read: (view, byte) => view.getFloat64(byte, true) }],
  ['HalfStorage', { bytes: 2, read: (view, byte) => numberFromHalf(view.getUint16(byte, true)) }],
]);

const nameCharacters = 80;
/** Entries of a zip archive: one a tensor, and a few more. */
const maxEntries = 20_000;

/**
 * Reads the named tensors of a PyTorch checkpoint, as `torch.save(model.state_dict(), path)` writes it: the
 * zip format since PyTorch 1.6 and the one before. Nothing in it is executed.
 *
 * @throws Error whose message completes "the file is not a checkpoint of tensors:".
 */
export function readTorchCheckpoint(bytes: Uint8Array): Parameters {
  const isZip = zipSignature.every((byte, index) => bytes[index] === byte);
  const { value, storageBytes } = isZip ? openZip(bytes) : openLegacy(bytes);
  const records = [...stateDictOf(value)].map(([name, record]): [string, TensorRecord] => {
    if (typeof name !== 'string' || !isRecord(record, 'tensor')) {
      throw new Error(`its entry '${describeName(name)}' is not a tensor`);
    }
    return [name, record];
  });
  if (records.length === 0) throw new Error('it holds no tensors');
  // Tensors may be views of one storage, so a small file can describe more values than any memory holds.
  const values = records.reduce((sum, [, { shape }]) => sum + elementsOf(shape), 0);
  if (values > bytes.length) {
    throw new Error(`its tensors would hold ${values} values, more than its ${bytes.length} bytes can`);
  }
  return Object.fromEntries(
    records.map(([name, record]) => [
      name,
      { shape: record.shape, values: readTensor(name, record, storageBytes(record.storage)) },
    ]),
  );
}

function describeName(name: PickledValue): string {
  return typeof name === 'string'
    ? name.slice(0, nameCharacters)
    : typeof name === 'object'
      ? '(no text)'
      : String(name);
}

interface OpenedCheckpoint {
  value: PickledValue;
  storageBytes(storage: StorageReference): Uint8Array;
}

/** Why a zip archive is refused, apart from what the zip library cannot read. */
class ArchiveRefusal extends Error {}

/**
 * The entries of a zip archive that checkpoints have, copied. Entries may lie over one another, so that
 * together they are larger than the archive: none such is made.
 */
function readArchive(bytes: Uint8Array): Record<string, Uint8Array> {
  let entries = 0;
  let entryBytes = 0;
  try {
    return unzipSync(bytes, {
      filter: ({ name, size, compression }) => {
        if (++entries > maxEntries) {
          throw new ArchiveRefusal(`its zip archive has more than ${maxEntries} entries`);
        }
        if (compression !== 0) {
          throw new ArchiveRefusal(
            `its zip archive cannot be read: '${name.slice(0, nameCharacters)}' is compressed`,
          );
        }
        if (!/^[^/]+\/(data\.pkl|byteorder|data\/[^/]+)$/.test(name)) return false;
        entryBytes += size;
        if (entryBytes > bytes.length) {
          throw new ArchiveRefusal('the entries of its zip archive lie over one another');
        }
        return true;
      },
    });
  } catch (cause) {
    throw cause instanceof ArchiveRefusal
      ? cause
      : new Error('its zip archive cannot be read: it is damaged or cut short', { cause });
  }
}

/** `<name>/data.pkl` beside `<name>/data/<key>` for every storage, none of them compressed. */
function openZip(bytes: Uint8Array): OpenedCheckpoint {
  const entries = readArchive(bytes);
  const pickle = Object.keys(entries).find((name) => name.endsWith('/data.pkl'));
  if (pickle === undefined) throw new Error('its zip archive holds no data.pkl');
  const folder = pickle.slice(0, -'data.pkl'.length);
  const byteOrder = entries[`${folder}byteorder`];
  if (byteOrder && new TextDecoder().decode(byteOrder) !== 'little') {
    throw new Error('it was written on a big-endian machine');
  }
  return {
    value: readTensorPickle(entries[pickle]!).value,
    storageBytes: ({ key }) =>
      Object.hasOwn(entries, `${folder}data/${key}`) ? entries[`${folder}data/${key}`]! : missingStorage(key),
  };
}

/**
 * Five pickles (magic number, protocol, machine, tensors, storage keys), then every storage as its length and
 * its bytes.
 */
function openLegacy(bytes: Uint8Array): OpenedCheckpoint {
  let position = 0;
  const next = (): PickledValue => {
    const { value, end } = readTensorPickle(bytes, position);
    position = end;
    return value;
  };
  if (bytes[0] !== 0x80 || next() !== legacyMagic) {
    throw new Error('it has neither the zip format of PyTorch nor the one before');
  }
  if (next() !== legacyProtocol) throw new Error('it has an unknown protocol version');
  const machine = next();
  if (!(machine instanceof Map) || machine.get('little_endian') !== true) {
    throw new Error('it was written on a big-endian machine');
  }
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) throw new Error('its list of storages is malformed');

  const typeOfKey = new Map<string, string>();
  for (const [, record] of stateDictOf(value)) {
    if (isRecord(record, 'tensor')) typeOfKey.set(record.storage.key, record.storage.type);
  }
  const storages = new Map<string, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const key of keys) {
    const elementBytes =
      typeof key === 'string' ? elementReaders.get(typeOfKey.get(key) ?? '')?.bytes : undefined;
    if (typeof key !== 'string' || elementBytes === undefined) {
      throw new Error(`its storage '${describeName(key)}' has no tensor of floating-point numbers`);
    }
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

function readTensor(
  name: string,
  { storage, offset, shape, strides }: TensorRecord,
  bytes: Uint8Array,
): Float32Array {
  const reader = elementReaders.get(storage.type);
  if (!reader) {
    throw new Error(
      `tensor '${name.slice(0, nameCharacters)}' is a ${storage.type}, not floating-point numbers`,
    );
  }
  const available = Math.floor(bytes.length / reader.bytes);
  const count = elementsOf(shape);
  const last = offset + shape.reduce((sum, size, axis) => sum + Math.max(0, size - 1) * strides[axis]!, 0);
  if (count > available || last >= Math.max(available, 1)) {
    throw new Error(
      `tensor '${name.slice(0, nameCharacters)}' [${shape}] reaches beyond its ${available} stored values`,
    );
  }
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

function elementsOf(shape: number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function missingStorage(key: string): never {
  throw new Error(`its storage '${key.slice(0, nameCharacters)}' is missing`);
}
