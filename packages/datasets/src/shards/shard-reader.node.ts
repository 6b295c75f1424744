import { type FileHandle, open } from 'node:fs/promises';
import { explainFileError } from '@unblur/files';
import {
  readLayout,
  rowAt,
  type ShardContents,
  type ShardLayout,
  type ShardSample,
  turnOfValues,
} from './shard-layout.node.js';

/** Reads single samples out of a shard, without loading the rest. */
export class ShardReader {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #layout: ShardLayout;
  readonly #count: number;

  private constructor(file: FileHandle, path: string, layout: ShardLayout, count: number) {
    this.#file = file;
    this.#path = path;
    this.#layout = layout;
    this.#count = count;
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
      return new ShardReader(file, path, await readLayout(file, expected), expected.count);
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
    return [...this.#layout.tensors.keys()].sort().join(', ');
  }

  async read(index: number): Promise<ShardSample> {
    if (!Number.isInteger(index) || index < 0 || index >= this.#count) {
      throw new RangeError(
        `Expected a sample of 0..${this.#count - 1} in ${this.#path} but received ${index}.`,
      );
    }
    const { tensors } = this.#layout;
    const sample: ShardSample = {
      blurred: await this.#readRow('blurred', index),
      frames: await this.#readRow('frames', index),
    };
    if (tensors.has('rotationDegrees')) {
      sample.rotationDegrees = (await this.#readFloats('rotationDegrees', index))[0]!;
    }
    if (tensors.has('cameraTurn')) {
      sample.cameraTurn = turnOfValues(await this.#readFloats('cameraTurn', index));
      if (!(sample.cameraTurn.focalPixels > 0)) {
        throw new Error(
          `Expected a focal length above 0 in cameraTurn of sample ${index} in ${this.#path} but received ${sample.cameraTurn.focalPixels}; the file is damaged.`,
        );
      }
    }
    if (tensors.has('flowsPixels')) sample.flowsPixels = await this.#readFloats('flowsPixels', index);
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
    const { start, length } = rowAt(this.#layout, name, index);
    const bytes = new Uint8Array(length);
    const { bytesRead } = await this.#file.read(bytes, 0, length, start);
    if (bytesRead !== length) {
      throw new Error(
        `Expected ${length} bytes of ${name} in ${this.#path} but read ${bytesRead}; the file has changed.`,
      );
    }
    return bytes;
  }
}
