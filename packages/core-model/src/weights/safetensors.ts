import { halfFromNumber, numbersFromHalves } from './half-precision.js';

/** Element types read and written. */
export type SafetensorsDtype = 'F32' | 'F16' | 'U8' | 'I32';

export type SafetensorsValues = Float32Array | Uint8Array | Int32Array;

export interface SafetensorsTensor {
  dtype: SafetensorsDtype;
  shape: number[];
  /** F32 and F16 as Float32Array (F16 is rounded on writing, widened on reading), U8 as Uint8Array, I32 as Int32Array. */
  values: SafetensorsValues;
}

export interface SafetensorsFile {
  tensors: Record<string, SafetensorsTensor>;
  metadata: Record<string, string>;
}

const BYTES_PER_ELEMENT: Record<SafetensorsDtype, number> = { F32: 4, F16: 2, U8: 1, I32: 4 };
const ALIGNMENT_BYTES = 8;
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Named tensors as the bytes of a `.safetensors` file: eight bytes of header length, a JSON header, the tensors'
 * little-endian values end to end (https://github.com/huggingface/safetensors#format).
 *
 * @throws if a tensor's values do not fill its shape.
 */
export function writeSafetensors({ tensors, metadata }: SafetensorsFile): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let dataBytes = 0;
  for (const [name, { dtype, shape, values }] of Object.entries(tensors)) {
    if (values.length !== elements(shape)) throw new Error(`Expected ${elements(shape)} values for tensor '${name}' [${shape}] but received ${values.length}.`);
    const begin = dataBytes;
    dataBytes += values.length * BYTES_PER_ELEMENT[dtype];
    header[name] = { dtype, shape, data_offsets: [begin, dataBytes] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const file = new Uint8Array(8 + headerBytes + dataBytes);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(headerBytes), true);
  file.set(json, 8);
  file.fill(0x20, 8 + json.length, 8 + headerBytes);
  let offset = 8 + headerBytes;
  for (const { dtype, values } of Object.values(tensors)) {
    if (dtype === 'F16') {
      for (let index = 0; index < values.length; index++) view.setUint16(offset + 2 * index, halfFromNumber(values[index]!), true);
    } else {
      // Typed arrays are little-endian on every platform that runs JavaScript engines in use.
      file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    }
    offset += values.length * BYTES_PER_ELEMENT[dtype];
  }
  return file;
}

/**
 * Reads the bytes of a `.safetensors` file. Values are copied, nothing is executed.
 *
 * @throws if the bytes are no such file, are cut short, or hold an element type that is not supported.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const notOne = (why: string) => new Error(`Expected the bytes of a .safetensors file but ${why}.`);
  if (bytes.length < 8) throw notOne(`received ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > bytes.length) throw notOne(`its header would take ${headerBytes} of ${bytes.length} bytes: the file is of another kind or cut short`);
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + headerBytes))) as Record<string, unknown>;
  } catch {
    throw notOne('its header is not JSON');
  }
  if (header === null || typeof header !== 'object' || Array.isArray(header)) throw notOne('its header is not a JSON object');
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors: Record<string, SafetensorsTensor> = {};
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets: offsets } = entry as { dtype: SafetensorsDtype; shape: number[]; data_offsets: [number, number] };
    if (!(dtype in BYTES_PER_ELEMENT)) throw new Error(`Expected tensor '${name}' to be one of ${Object.keys(BYTES_PER_ELEMENT).join(', ')} but it is ${dtype}.`);
    const count = Array.isArray(shape) ? elements(shape) : NaN;
    const [begin, end] = Array.isArray(offsets) ? offsets : [NaN, NaN];
    if (!(begin >= 0) || end - begin !== count * BYTES_PER_ELEMENT[dtype]) throw notOne(`tensor '${name}' [${shape}] does not fit its ${end - begin} bytes`);
    if (8 + headerBytes + end > bytes.length) throw notOne(`tensor '${name}' ends at byte ${8 + headerBytes + end} of ${bytes.length}: the file is cut short`);
    tensors[name] = { dtype, shape, values: readValues(Uint8Array.from(bytes.subarray(8 + headerBytes + begin, 8 + headerBytes + end)), dtype) };
  }
  return { tensors, metadata: metadata as Record<string, string> };
}

function readValues(bytes: Uint8Array, dtype: SafetensorsDtype): SafetensorsValues {
  switch (dtype) {
    case 'F32':
      return new Float32Array(bytes.buffer);
    case 'I32':
      return new Int32Array(bytes.buffer);
    case 'U8':
      return bytes;
    case 'F16':
      return numbersFromHalves(new Uint16Array(bytes.buffer));
  }
}

function elements(shape: number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
