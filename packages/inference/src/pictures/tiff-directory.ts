/** An entry of a TIFF directory. */
export interface TiffEntry {
  tag: number;
  type: number;
  /** Of its values. */
  count: number;
  /** Where it lies in the file. */
  at: number;
  /** Where its values lie, which may be beyond the end of the file, and how many bytes they take. */
  valuesAt: number;
  valueBytes: number;
}

/** Sizes of a directory: before its entries stands their number, after them where the next directory lies. */
export const [countBytes, entryBytes, nextBytes] = [2, 12, 4];

/** Types of values. */
export const tiffType = { short: 3, long: 4, undefined: 7, directory: 13 } as const;

const bytesOfType: Record<number, number> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
};

/** A TIFF file, or one built like it, in its byte order. */
export class TiffFile {
  readonly littleEndian: boolean;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.littleEndian = bytes[0] === 0x49;
  }

  /** Where the first directory lies. @throws RangeError where the file is shorter than its header. */
  get firstDirectoryAt(): number {
    return this.uint32(4);
  }

  uint16(at: number): number {
    return this.#view.getUint16(at, this.littleEndian);
  }

  uint32(at: number): number {
    return this.#view.getUint32(at, this.littleEndian);
  }

  /** @returns undefined where it is not all in the file. `nextAt`: where the place of the next one stands. */
  directoryAt(start: number): { entries: TiffEntry[]; nextAt: number } | undefined {
    const firstAt = start + countBytes;
    if (firstAt > this.#view.byteLength) return undefined;
    const nextAt = firstAt + entryBytes * this.uint16(start);
    if (nextAt > this.#view.byteLength) return undefined;
    const entries: TiffEntry[] = [];
    for (let at = firstAt; at < nextAt; at += entryBytes) {
      const [type, count] = [this.uint16(at + 2), this.uint32(at + 4)];
      const valueBytes = (bytesOfType[type] ?? Infinity) * count;
      const valuesAt = valueBytes <= 4 ? at + 8 : this.uint32(at + 8);
      entries.push({ tag: this.uint16(at), type, count, at, valuesAt, valueBytes });
    }
    return { entries, nextAt };
  }
}
