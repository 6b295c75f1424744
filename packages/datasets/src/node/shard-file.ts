import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeTemporaryFolder } from '@unblur/files';

/**
 * A shard: samples of one size in a `.safetensors` file. Tensors, each with one row per sample: `blurred` [n, S, S, 3] and `frames` [n, N, S, S, 3]
 * (uint8 display values), and where known `rotationDegrees` [n] and `flowsPixels` [n, N, S, S, 2] (float32).
 */
export interface ShardSample {
  blurred: Uint8Array;
  frames: Uint8Array;
  rotationDegrees?: number;
  flowsPixels?: Float32Array;
}

export interface ShardShape {
  sizePixels: number;
  frames: number;
}

interface TensorEntry {
  dtype: 'U8' | 'F32';
  shape: number[];
  data_offsets: [start: number, end: number];
}

const BYTES_OF: Record<TensorEntry['dtype'], number> = { U8: 1, F32: 4 };

/**
 * Writes a shard, sample by sample, in a temporary folder beside its place; `finish` moves it there. `discard` leaves nothing behind.
 * Everything in it has the size that is known beforehand, so samples go straight to their places.
 */
export class ShardWriter {
  private written = 0;

  private constructor(
    private readonly path: string,
    private readonly temporaryFolder: string,
    private readonly file: FileHandle,
    private readonly tensors: Record<string, TensorEntry>,
    private readonly dataStart: number,
    private readonly count: number,
  ) {}

  /** @param has which of the optional tensors every sample comes with. */
  static async create(path: string, count: number, shape: ShardShape, has: { rotationDegrees: boolean; flowsPixels: boolean }): Promise<ShardWriter> {
    const tensors = layOut(count, shape, has);
    const header = encodeHeader(tensors);
    const temporaryFolder = makeTemporaryFolder(dirname(path));
    const file = await open(join(temporaryFolder, basename(path)), 'wx').catch(async (error: unknown) => {
      await rm(temporaryFolder, { recursive: true, force: true });
      throw error;
    });
    const writer = new ShardWriter(path, temporaryFolder, file, tensors, header.length, count);
    try {
      await writer.write(header, 0);
    } catch (error) {
      await writer.discard();
      throw error;
    }
    return writer;
  }

  async add({ blurred, frames, rotationDegrees, flowsPixels }: ShardSample): Promise<void> {
    await this.writeRow('blurred', blurred);
    await this.writeRow('frames', frames);
    if (rotationDegrees !== undefined) await this.writeRow('rotationDegrees', Float32Array.of(rotationDegrees));
    if (flowsPixels) await this.writeRow('flowsPixels', flowsPixels);
    this.written++;
  }

  async finish(): Promise<void> {
    if (this.written !== this.count) throw new Error(`Expected ${this.count} samples in ${this.path} but ${this.written} were written.`);
    await this.file.sync().catch((error: unknown) => this.explain(error));
    await this.file.close();
    await rename(join(this.temporaryFolder, basename(this.path)), this.path);
    await rm(this.temporaryFolder, { recursive: true, force: true });
  }

  async discard(): Promise<void> {
    await this.file.close().catch(() => {});
    await rm(this.temporaryFolder, { recursive: true, force: true });
  }

  private async writeRow(name: string, values: Uint8Array | Float32Array): Promise<void> {
    const entry = this.tensors[name];
    const rowBytes = entry ? rowBytesOf(entry) : 0;
    if (values.byteLength !== rowBytes) throw new RangeError(`Expected ${rowBytes} bytes of ${name} per sample but got ${values.byteLength}.`);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    await this.write(bytes, this.dataStart + entry!.data_offsets[0] + this.written * rowBytes);
  }

  /** A disk that fills up takes a part of the bytes before it refuses any. */
  private async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let start = 0; start < bytes.length; ) {
      const { bytesWritten } = await this.file.write(bytes, start, bytes.length - start, position + start).catch((error: unknown) => this.explain(error));
      start += bytesWritten;
    }
  }

  private explain(cause: unknown): never {
    if (!['ENOSPC', 'EDQUOT', 'EFBIG'].includes((cause as { code?: string }).code ?? '')) throw cause;
    const bytes = this.dataStart + Math.max(...Object.values(this.tensors).map(({ data_offsets }) => data_offsets[1]));
    throw new Error(`Expected room for the ${bytes} bytes of ${this.path} but the disk is full; make room and run the same again, finished shards are kept.`, { cause });
  }
}

/** Reads single samples out of a shard, without loading the rest. */
export class ShardReader {
  private constructor(
    private readonly file: FileHandle,
    private readonly path: string,
    private readonly tensors: Record<string, TensorEntry>,
    private readonly dataStart: number,
    readonly count: number,
    readonly shape: ShardShape,
  ) {}

  /** @throws Error that names the file, where it is no shard. */
  static async open(path: string): Promise<ShardReader> {
    const file = await open(path, 'r');
    try {
      const { tensors, dataStart } = await readHeader(file);
      const [count, frames, sizePixels] = tensors['frames']?.shape ?? [];
      if (!count || !frames || !sizePixels || !tensors['blurred']) throw new Error('it has no tensors blurred and frames');
      const end = Math.max(...Object.values(tensors).map(({ data_offsets }) => data_offsets[1]));
      const { size } = await file.stat();
      if (size < dataStart + end) throw new Error(`it ends after ${size} of ${dataStart + end} bytes`);
      return new ShardReader(file, path, tensors, dataStart, count, { frames, sizePixels });
    } catch (cause) {
      await file.close();
      throw new Error(`Expected a shard of samples (.safetensors) at ${path} but ${(cause as Error).message}.`, { cause });
    }
  }

  async read(index: number): Promise<ShardSample> {
    if (!Number.isInteger(index) || index < 0 || index >= this.count) throw new RangeError(`Expected a sample of 0..${this.count - 1} in ${this.path} but got ${index}.`);
    const blurred = await this.readRow('blurred', index);
    const frames = await this.readRow('frames', index);
    const asFloats = (bytes: Uint8Array): Float32Array => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const sample: ShardSample = { blurred, frames };
    if (this.tensors['rotationDegrees']) sample.rotationDegrees = asFloats(await this.readRow('rotationDegrees', index))[0]!;
    if (this.tensors['flowsPixels']) sample.flowsPixels = asFloats(await this.readRow('flowsPixels', index));
    return sample;
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private async readRow(name: string, index: number): Promise<Uint8Array> {
    const entry = this.tensors[name]!;
    const bytes = new Uint8Array(rowBytesOf(entry));
    const { bytesRead } = await this.file.read(bytes, 0, bytes.length, this.dataStart + entry.data_offsets[0] + index * bytes.length);
    if (bytesRead !== bytes.length) throw new Error(`Expected ${bytes.length} bytes of ${name} in ${this.path} but read ${bytesRead}; the file has changed.`);
    return bytes;
  }
}

function layOut(count: number, { sizePixels, frames }: ShardShape, has: { rotationDegrees: boolean; flowsPixels: boolean }): Record<string, TensorEntry> {
  const image = [sizePixels, sizePixels];
  const wanted: Array<[string, TensorEntry['dtype'], number[]]> = [
    // Floats first: their places are then multiples of four bytes.
    ...(has.rotationDegrees ? [['rotationDegrees', 'F32', [count]] as [string, 'F32', number[]]] : []),
    ...(has.flowsPixels ? [['flowsPixels', 'F32', [count, frames, ...image, 2]] as [string, 'F32', number[]]] : []),
    ['blurred', 'U8', [count, ...image, 3]],
    ['frames', 'U8', [count, frames, ...image, 3]],
  ];
  const tensors: Record<string, TensorEntry> = {};
  let start = 0;
  for (const [name, dtype, shape] of wanted) {
    const end = start + shape.reduce((product, extent) => product * extent, BYTES_OF[dtype]);
    tensors[name] = { dtype, shape, data_offsets: [start, end] };
    start = end;
  }
  return tensors;
}

function rowBytesOf({ dtype, shape }: TensorEntry): number {
  return shape.slice(1).reduce((product, extent) => product * extent, BYTES_OF[dtype]);
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

async function readHeader(file: FileHandle): Promise<{ tensors: Record<string, TensorEntry>; dataStart: number }> {
  const { size } = await file.stat();
  const lengthBytes = Buffer.alloc(8);
  const { bytesRead } = await file.read(lengthBytes, 0, 8, 0);
  const length = bytesRead === 8 ? Number(lengthBytes.readBigUInt64LE(0)) : Infinity;
  if (length > size - 8) throw new Error('its header is not that of a .safetensors file');
  const json = Buffer.alloc(length);
  await file.read(json, 0, length, 8);
  const { __metadata__: _, ...tensors } = JSON.parse(json.toString('utf8')) as Record<string, TensorEntry>;
  return { tensors, dataStart: 8 + length };
}
