import { util } from '@tensorflow/tfjs-core';
import { describeType, excerptOf, excerptOfValue, isMapping } from '@unblur/files/parsed-value';
import { halfFromNumber, numbersFromHalves } from './half-precision.js';

/** Element types read and written. */
export type SafetensorsDtype = 'F32' | 'F16' | 'U8' | 'I32';

export type SafetensorsValues = Float32Array | Uint8Array | Int32Array;

export interface SafetensorsTensor {
  dtype: SafetensorsDtype;
  shape: number[];
  /**
   * F32 and F16 as Float32Array (F16 is rounded on writing, widened on reading), U8 as Uint8Array, I32 as
   * Int32Array.
   */
  values: SafetensorsValues;
}

export interface SafetensorsFile {
  tensors: Record<string, SafetensorsTensor>;
  metadata: Record<string, string>;
}

/** A file as `readFile` gives it, or a response's `arrayBuffer()`. */
export type SafetensorsBytes = Uint8Array | ArrayBuffer;

const bytesPerElement: Record<SafetensorsDtype, number> = { F32: 4, F16: 2, U8: 1, I32: 4 };
const alignmentBytes = 8;
/** Of files read: some twenty thousand tensors, of which the largest network here has a few thousand. */
const maxHeaderBytes = 2_000_000;
const maxAxes = 8;

/**
 * Named tensors as the bytes of a `.safetensors` file: eight bytes of header length, a JSON header, the
 * tensors' little-endian values end to end (https://github.com/huggingface/safetensors#format).
 *
 * @throws if a tensor's values do not fill its shape.
 */
export function writeSafetensors({ tensors, metadata }: SafetensorsFile): Uint8Array {
  const header: [string, unknown][] = [['__metadata__', metadata]];
  let dataBytes = 0;
  for (const [name, { dtype, shape, values }] of Object.entries(tensors)) {
    if (values.length !== util.sizeFromShape(shape)) {
      throw new Error(
        `Expected ${util.sizeFromShape(shape)} values for tensor '${name}' [${shape}] but received ${values.length}.`,
      );
    }
    const begin = dataBytes;
    dataBytes += values.length * bytesPerElement[dtype];
    header.push([name, { dtype, shape, data_offsets: [begin, dataBytes] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const headerBytes = Math.ceil(json.length / alignmentBytes) * alignmentBytes;
  const file = new Uint8Array(8 + headerBytes + dataBytes);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(headerBytes), true);
  file.set(json, 8);
  file.fill(0x20, 8 + json.length, 8 + headerBytes);
  let offset = 8 + headerBytes;
  for (const { dtype, values } of Object.values(tensors)) {
    if (dtype === 'F16') {
      for (let index = 0; index < values.length; index++) {
        view.setUint16(offset + 2 * index, halfFromNumber(values[index]!), true);
      }
    } else {
      // Typed arrays are little-endian on every platform that runs JavaScript engines in use.
      file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    }
    offset += values.length * bytesPerElement[dtype];
  }
  return file;
}

/**
 * Reads the bytes of a `.safetensors` file. Values are copied, nothing is executed.
 *
 * @throws if the bytes are no such file, such as the page that a host answers with where there is no file,
 * are cut short or too many, or hold an element type that is not supported.
 */
export function readSafetensors(file: SafetensorsBytes): SafetensorsFile {
  const { bytes, dataStart, entries, metadata } = splitSafetensors(file);
  const places = Object.entries(entries).map(([name, entry]) => ({ name, ...readEntry(name, entry) }));
  // Before any is read: of tensors over one another, a small file could hold any number.
  let [reached, unclaimed] = [0, 0];
  for (const { name, begin, end } of places.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (dataStart + end > bytes.length) {
      throw notOne(
        `tensor '${excerptOf(name)}' ends at byte ${dataStart + end} of ${bytes.length}: the file is cut short`,
      );
    }
    if (begin < reached) throw notOne(`tensor '${excerptOf(name)}' lies over others`);
    unclaimed += begin - reached;
    reached = end;
  }
  unclaimed += bytes.length - dataStart - reached;
  if (unclaimed > 0) throw notOne(`${unclaimed} of its bytes belong to no tensor: the file is damaged`);
  const tensors = places.map(({ name, dtype, shape, begin, end }): [string, SafetensorsTensor] => [
    name,
    { dtype, shape, values: readValues(bytes.subarray(dataStart + begin, dataStart + end), dtype) },
  ]);
  // Not by assignment: a file may name a tensor `__proto__`.
  return { tensors: Object.fromEntries(tensors), metadata };
}

/** What the header of a `.safetensors` file says of it, no tensor read. @throws as `readSafetensors` does for it. */
export const readSafetensorsMetadata = (file: SafetensorsBytes): Record<string, string> =>
  splitSafetensors(file).metadata;

const notOne = (why: string) => new Error(`Expected the bytes of a .safetensors file but ${why}.`);

/** A file's header, its entries as they are, and where its data starts. */
function splitSafetensors(file: SafetensorsBytes): {
  bytes: Uint8Array;
  dataStart: number;
  entries: Record<string, unknown>;
  metadata: Record<string, string>;
} {
  const bytes = expectSafetensorsBytes(file);
  const headerBytes = bytes.length < 8 ? Infinity : Number(viewOf(bytes).getBigUint64(0, true));
  if (headerBytes > maxHeaderBytes || 8 + headerBytes > bytes.length) {
    if (isMarkup(bytes)) {
      throw notOne(
        'received a web page, not weights: the address is wrong, or the bundler did not copy the file',
      );
    }
    if (bytes.length < 8) throw notOne(`received ${bytes.length} bytes`);
    throw notOne(
      `its header would take ${headerBytes} of ${bytes.length} bytes: the file is of another kind or cut short`,
    );
  }
  const { __metadata__: metadata = {}, ...entries } = readHeader(bytes.subarray(8, 8 + headerBytes));
  if (!isMapping(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw notOne('the __metadata__ of its header is not a mapping of texts');
  }
  return { bytes, dataStart: 8 + headerBytes, entries, metadata: metadata as Record<string, string> };
}

/** A file's bytes, not copied. @throws when it is something else, such as the path of a file. */
export function expectSafetensorsBytes(file: SafetensorsBytes): Uint8Array {
  if (file instanceof Uint8Array) return file;
  // An empty one may have been given away to a worker.
  if (file instanceof ArrayBuffer) return file.byteLength === 0 ? new Uint8Array() : new Uint8Array(file);
  throw new Error(
    `Expected the bytes of a .safetensors file, as a Uint8Array or an ArrayBuffer, but received ${file === undefined ? 'nothing' : describeType(file)}; read the file first: await readFile(path) in Node, await (await fetch(address)).arrayBuffer() in a browser.`,
  );
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  new DataView(buffer, byteOffset, byteLength);

/** Whether bytes begin as HTML and XML do: with a `<`, after a byte order mark and white space. */
function isMarkup(bytes: Uint8Array): boolean {
  return new TextDecoder('utf-8').decode(bytes.subarray(0, 1024)).trimStart().startsWith('<');
}

function readHeader(json: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    throw notOne('its header is not JSON');
  }
  if (!isMapping(header)) throw notOne('its header is not a JSON object');
  return header;
}

/** What a header says of one tensor. @throws unless its type is known and its bytes hold its shape. */
function readEntry(
  name: string,
  entry: unknown,
): { dtype: SafetensorsDtype; shape: number[]; begin: number; end: number } {
  const { dtype, shape, data_offsets: offsets } = isMapping(entry) ? entry : {};
  const tensor = `tensor '${excerptOf(name)}'`;
  if (typeof dtype !== 'string' || !Object.hasOwn(bytesPerElement, dtype)) {
    throw new Error(
      `Expected ${tensor} to be one of ${Object.keys(bytesPerElement).join(', ')} but it is ${typeof dtype === 'string' ? excerptOf(dtype) : excerptOfValue(dtype)}.`,
    );
  }
  const areCounts = (values: unknown, most: number): values is number[] =>
    Array.isArray(values) &&
    values.length <= most &&
    values.every((value) => Number.isSafeInteger(value) && value >= 0);
  if (!areCounts(shape, maxAxes) || !areCounts(offsets, 2) || offsets.length !== 2) {
    throw notOne(`the shape or the place of ${tensor} is not a list of at most ${maxAxes} whole numbers`);
  }
  const [begin, end] = offsets as [number, number];
  if (end - begin !== util.sizeFromShape(shape) * bytesPerElement[dtype as SafetensorsDtype]) {
    throw notOne(`${tensor} [${shape}] does not fit its ${end - begin} bytes`);
  }
  return { dtype: dtype as SafetensorsDtype, shape, begin, end };
}

/** The values that some bytes of a file stand for, copied out of it. */
function readValues(bytes: Uint8Array, dtype: SafetensorsDtype): SafetensorsValues {
  if (dtype === 'F16' && bytes.byteOffset % 2 === 0) {
    return numbersFromHalves(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2));
  }
  const { buffer } = new Uint8Array(bytes);
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'U8':
      return new Uint8Array(buffer);
    case 'F16':
      return numbersFromHalves(new Uint16Array(buffer));
  }
}
