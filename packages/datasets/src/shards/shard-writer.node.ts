import { type FileHandle, open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { explainFileError, makeTemporaryFolder, removeTemporary, retryWhileBusy } from '@unblur/files';
import {
  type HeldMotion,
  planShard,
  rowAt,
  type ShardLayout,
  type ShardSample,
  type ShardShape,
  valuesOfTurn,
} from './shard-layout.node.js';

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
  readonly #layout: ShardLayout;
  readonly #count: number;

  private constructor(
    path: string,
    temporaryFolder: string,
    file: FileHandle,
    layout: ShardLayout,
    count: number,
  ) {
    this.#path = path;
    this.#temporaryFolder = temporaryFolder;
    this.#file = file;
    this.#layout = layout;
    this.#count = count;
  }

  /** @param has which of the optional tensors every sample comes with. */
  static async create(
    path: string,
    count: number,
    shape: ShardShape,
    has: HeldMotion = {},
  ): Promise<ShardWriter> {
    const { layout, header } = planShard({ count, ...shape }, has);
    const temporaryFolder = makeTemporaryFolder(dirname(path));
    const file = await open(join(temporaryFolder, basename(path)), 'wx').catch(async (error: unknown) => {
      await removeTemporary(temporaryFolder);
      throw error;
    });
    const writer = new ShardWriter(path, temporaryFolder, file, layout, count);
    try {
      await writer.#write(header, 0);
    } catch (error) {
      await writer.discard();
      throw error;
    }
    return writer;
  }

  /** @throws RangeError where a tensor's bytes are not as many as planned; UnblurError where the disk is full. */
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

  /** Moves the shard to its place. @throws Error unless all samples are in it; UnblurError where it cannot. */
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
    const { start, length } = rowAt(this.#layout, name, this.#written);
    if (values.byteLength !== length) {
      throw new RangeError(
        `Expected ${length} bytes of ${name} per sample but received ${values.byteLength}.`,
      );
    }
    await this.#write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start);
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
