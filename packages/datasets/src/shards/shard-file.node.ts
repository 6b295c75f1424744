import { type FileHandle, open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { explainFileError, makeTemporaryFolder, removeTemporary, retryWhileBusy } from '@unblur/files';
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
type HeldMotion = Partial<Record<'rotationDegrees' | 'cameraTurn' | 'flowsPixels', boolean>>;

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

type TensorPlan = [name: string, dtype: TensorEntry['dtype'], shape: number[]];

const bytesOf: Record<TensorEntry['dtype'], number> = { U8: 1, F32: 4 };

/**
 * Writes a shard, sample by sample, in a temporary folder beside its place; `finish` moves it there.
 * `discard` leaves nothing behind. Everything in it has the size that is known beforehand, so samples go
 * straight to their places.
 */
export class ShardWriter {
  #written = 0;

  readonly #path: string;
  readonly #temporaryFolder: string;
  readonly #file: FileHandle;
  readonly #tensors: Record<string, TensorEntry>;
  readonly #dataStart: number;
  readonly #count: number;

  private constructor(
    path: string,
    temporaryFolder: string,
    file: FileHandle,
    tensors: Record<string, TensorEntry>,
    dataStart: number,
    count: number,
  ) {
    this.#path = path;
    this.#temporaryFolder = temporaryFolder;
    this.#file = file;
    this.#tensors = tensors;
    this.#dataStart = dataStart;
    this.#count = count;
  }

  /** @param has which of the optional tensors every sample comes with. */
  static async create(
    path: string,
    count: number,
    shape: ShardShape,
    has: HeldMotion = {},
  ): Promise<ShardWriter> {
    const tensors = layOut(count, shape, has);
    const header = encodeHeader(tensors);
    const temporaryFolder = makeTemporaryFolder(dirname(path));
    const file = await open(join(temporaryFolder, basename(path)), 'wx').catch(async (error: unknown) => {
      await removeTemporary(temporaryFolder);
      throw error;
    });
    const writer = new ShardWriter(path, temporaryFolder, file, tensors, header.length, count);
    try {
      await writer.#write(header, 0);
    } catch (error) {
      await writer.discard();
      throw error;
    }
    return writer;
  }

  async add({ blurred, frames, rotationDegrees, cameraTurn, flowsPixels }: ShardSample): Promise<void> {
    await this.#writeRow('blurred', blurred);
    await this.#writeRow('frames', frames);
    if (rotationDegrees !== undefined) {
      await this.#writeRow('rotationDegrees', Float32Array.of(rotationDegrees));
    }
    if (cameraTurn) await this.#writeRow('cameraTurn', valuesOfTurn(cameraTurn));
    if (flowsPixels) await this.#writeRow('flowsPixels', flowsPixels);
    this.#written++;
  }

  async finish(): Promise<void> {
    if (this.#written !== this.#count) {
      throw new Error(`Expected ${this.#count} samples in ${this.#path} but ${this.#written} were written.`);
    }
    try {
      await this.#file.sync();
      await this.#file.close();
      const finished = join(this.#temporaryFolder, basename(this.#path));
      await retryWhileBusy(() => rename(finished, this.#path));
    } catch (cause) {
      throw explainFileError('write', this.#path, cause);
    }
    await removeTemporary(this.#temporaryFolder);
  }

  async discard(): Promise<void> {
    await this.#file.close().catch(() => {});
    await removeTemporary(this.#temporaryFolder);
  }

  async #writeRow(name: string, values: Uint8Array | Float32Array): Promise<void> {
    const entry = this.#tensors[name];
    const rowBytes = entry ? rowBytesOf(entry) : 0;
    if (values.byteLength !== rowBytes) {
      throw new RangeError(
        `Expected ${rowBytes} bytes of ${name} per sample but received ${values.byteLength}.`,
      );
    }
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    await this.#write(bytes, this.#dataStart + entry!.data_offsets[0] + this.#written * rowBytes);
  }

  /** A disk that fills up takes a part of the bytes before it refuses any. */
  async #write(bytes: Uint8Array, position: number): Promise<void> {
    try {
      for (let start = 0; start < bytes.length;) {
        const { bytesWritten } = await this.#file.write(bytes, start, bytes.length - start, position + start);
        start += bytesWritten;
      }
    } catch (cause) {
      throw explainFileError('write', this.#path, cause);
    }
  }
}

/** Reads single samples out of a shard, without loading the rest. */
export class ShardReader {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #tensors: ReadonlyMap<string, TensorEntry>;
  readonly #dataStart: number;
  readonly #contents: ShardContents;

  private constructor(
    file: FileHandle,
    path: string,
    tensors: ReadonlyMap<string, TensorEntry>,
    dataStart: number,
    contents: ShardContents,
  ) {
    this.#file = file;
    this.#path = path;
    this.#tensors = tensors;
    this.#dataStart = dataStart;
    this.#contents = contents;
  }

  /**
   * @throws Error that names the file, where it cannot be read, is no shard, or does not hold what is
   * expected of it.
   */
  static async open(path: string, expected: ShardContents): Promise<ShardReader> {
    const file = await open(path, 'r').catch((cause: unknown) => {
      throw explainFileError('read', path, cause);
    });
    try {
      const { entries, dataStart } = await readHeader(file);
      const { size } = await file.stat();
      return new ShardReader(
        file,
        path,
        expectLayout(entries, expected, size - dataStart),
        dataStart,
        expected,
      );
    } catch (cause) {
      await file.close();
      throw new Error(
        `Expected a shard of samples (.safetensors) at ${path} but ${(cause as Error).message}.`,
        { cause },
      );
    }
  }

  /** Names of its tensors. */
  get holds(): string {
    return [...this.#tensors.keys()].sort().join(', ');
  }

  async read(index: number): Promise<ShardSample> {
    if (!Number.isInteger(index) || index < 0 || index >= this.#contents.count) {
      throw new RangeError(
        `Expected a sample of 0..${this.#contents.count - 1} in ${this.#path} but received ${index}.`,
      );
    }
    const blurred = await this.#readRow('blurred', index);
    const frames = await this.#readRow('frames', index);
    const sample: ShardSample = { blurred, frames };
    if (this.#tensors.has('rotationDegrees')) {
      sample.rotationDegrees = (await this.#readFloats('rotationDegrees', index))[0]!;
    }
    if (this.#tensors.has('cameraTurn')) {
      sample.cameraTurn = turnOfValues(await this.#readFloats('cameraTurn', index));
      if (!(sample.cameraTurn.focalPixels > 0)) {
        throw new Error(
          `Expected a focal length above 0 in cameraTurn of sample ${index} in ${this.#path} but received ${sample.cameraTurn.focalPixels}; the file is damaged.`,
        );
      }
    }
    if (this.#tensors.has('flowsPixels')) sample.flowsPixels = await this.#readFloats('flowsPixels', index);
    return sample;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #readFloats(name: string, index: number): Promise<Float32Array> {
    const bytes = await this.#readRow(name, index);
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    if (!values.every(Number.isFinite)) {
      throw new Error(
        `Expected finite ${name} of sample ${index} in ${this.#path} but it holds others; the file is damaged.`,
      );
    }
    return values;
  }

  async #readRow(name: string, index: number): Promise<Uint8Array> {
    const entry = this.#tensors.get(name)!;
    const bytes = new Uint8Array(rowBytesOf(entry));
    const { bytesRead } = await this.#file.read(
      bytes,
      0,
      bytes.length,
      this.#dataStart + entry.data_offsets[0] + index * bytes.length,
    );
    if (bytesRead !== bytes.length) {
      throw new Error(
        `Expected ${bytes.length} bytes of ${name} in ${this.#path} but read ${bytesRead}; the file has changed.`,
      );
    }
    return bytes;
  }
}

function valuesOfTurn({ focalPixels, principalX, principalY, rotationRadians }: CameraTurn): Float32Array {
  return Float32Array.of(focalPixels, principalX, principalY, ...rotationRadians);
}

function turnOfValues(values: Float32Array): CameraTurn {
  return {
    focalPixels: values[0]!,
    principalX: values[1]!,
    principalY: values[2]!,
    rotationRadians: [values[3]!, values[4]!, values[5]!],
  };
}

function layOut(
  count: number,
  { sizePixels, frames }: ShardShape,
  has: HeldMotion,
): Record<string, TensorEntry> {
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
  const tensors: Record<string, TensorEntry> = {};
  let start = 0;
  for (const [name, dtype, shape] of wanted) {
    const end = start + shape.reduce((product, extent) => product * extent, bytesOf[dtype]);
    tensors[name] = { dtype, shape, data_offsets: [start, end] };
    start = end;
  }
  return tensors;
}

function rowBytesOf({ dtype, shape }: TensorEntry): number {
  return shape.slice(1).reduce((product, extent) => product * extent, bytesOf[dtype]);
}

/** Eight bytes of length (little-endian), then JSON, padded with spaces to a multiple of eight. */
function encodeHeader(tensors: Record<string, TensorEntry>): Uint8Array {
  const json = Buffer.from(JSON.stringify(tensors));
  const padded = Math.ceil(json.length / 8) * 8;
  const header = Buffer.alloc(8 + padded, ' ');
  header.writeBigUInt64LE(BigInt(padded), 0);
  json.copy(header, 8);
  return header;
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
  const wanted = layOut(contents.count, contents, {
    rotationDegrees: entries.has('rotationDegrees'),
    cameraTurn: entries.has('cameraTurn'),
    flowsPixels: entries.has('flowsPixels'),
  });
  const tensors = new Map<string, TensorEntry>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(wanted)) {
    const entry = (entries.get(name) ?? {}) as Partial<Record<keyof TensorEntry, unknown>>;
    const isLike = (value: unknown, list: number[]) =>
      Array.isArray(value) &&
      value.length === list.length &&
      value.every((number, index) => number === list[index]);
    if (entry.dtype !== dtype || !isLike(entry.shape, shape)) {
      throw new Error(
        `its tensor ${name} is not the ${dtype} [${shape}] that ${contents.count} samples of ${contents.frames} frames at ${contents.sizePixels}x${contents.sizePixels} have`,
      );
    }
    const length = offsets[1] - offsets[0];
    const [start] = Array.isArray(entry.data_offsets) ? (entry.data_offsets as unknown[]) : [];
    if (
      !Number.isSafeInteger(start) ||
      (start as number) < 0 ||
      !isLike(entry.data_offsets, [start as number, (start as number) + length])
    ) {
      throw new Error(`its tensor ${name} does not span the ${length} bytes that it should`);
    }
    if ((start as number) + length > dataBytes) {
      throw new Error(`it has ${dataBytes} of the ${(start as number) + length} bytes of its samples`);
    }
    tensors.set(name, { dtype, shape, data_offsets: [start as number, (start as number) + length] });
  }
  return tensors;
}
