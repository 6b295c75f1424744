import { countBytes, entryBytes, nextBytes, type TiffEntry, TiffFile, tiffType } from './tiff-directory.js';

const tag = { exif: 34665, gps: 34853, interoperability: 40965 } as const;
/**
 * What is said of the photograph in the first directory of a TIFF file, by the EXIF standard; everything else
 * there is about the pixels of this file.
 */
const photographTags = new Set([
  270, // ImageDescription
  271, // Make
  272, // Model
  305, // Software
  306, // DateTime
  315, // Artist
  33432, // Copyright
]);
/** Larger values are what only the camera's own programs read. */
const largestValueBytes = 8192;
/** JPEG files have no room for more. */
const largestBlockBytes = 65_000;

interface Entry extends Pick<TiffEntry, 'tag' | 'type' | 'count'> {
  value: Buffer;
}

/**
 * What the camera recorded in a TIFF file, or a RAW file built like one, as a separate EXIF block.
 *
 * @returns undefined where there is nothing, or it is damaged
 */
export function extractTiffExif(file: Buffer): Buffer | undefined {
  const tiff = new TiffFile(file);
  const { littleEndian } = tiff;
  try {
    const first = readDirectory(tiff.firstDirectoryAt);
    const below = [tag.exif, tag.gps].flatMap((pointer) => {
      const found = first.find((entry) => entry.tag === pointer);
      if (found?.type !== tiffType.long) return [];
      const entries = readDirectory(tiff.uint32(found.valuesAt)).filter(
        (entry) => entry.tag !== tag.interoperability && entry.type !== tiffType.directory,
      );
      return entries.length > 0 ? [{ pointer, entries }] : [];
    });
    const own = first.filter((entry) => photographTags.has(entry.tag));
    return own.length + below.length > 0 ? writeBlock(own, below) : undefined;
  } catch {
    return undefined;
  }

  /** What lies beyond the end of the file, or is too large, is left out. */
  function readDirectory(start: number): (TiffEntry & Entry)[] {
    const entries = tiff.directoryAt(start)?.entries ?? [];
    return entries
      .filter(
        ({ valuesAt, valueBytes }) => valueBytes <= largestValueBytes && valuesAt + valueBytes <= file.length,
      )
      .map((entry) => ({
        ...entry,
        value: file.subarray(entry.valuesAt, entry.valuesAt + entry.valueBytes),
      }));
  }

  /** The first directory, those that it points to, and after each the values that do not fit into it. */
  function writeBlock(own: Entry[], below: { pointer: number; entries: Entry[] }[]): Buffer | undefined {
    const sizes = [own.length + below.length, ...below.map(({ entries }) => entries.length)];
    const valuesOf = [own, ...below.map(({ entries }) => entries)].map((entries) =>
      entries.reduce((sum, { value }) => sum + (value.length > 4 ? value.length + (value.length % 2) : 0), 0),
    );
    const starts: number[] = [];
    let length = 8;
    for (const [i, entries] of sizes.entries()) {
      starts.push(length);
      length += countBytes + entryBytes * entries + nextBytes + valuesOf[i]!;
    }
    if (length > largestBlockBytes) return undefined;
    const block = Buffer.alloc(length);
    const out = new DataView(block.buffer, block.byteOffset, block.byteLength);
    block.write(littleEndian ? 'II' : 'MM', 'latin1');
    out.setUint16(2, 42, littleEndian);
    out.setUint32(4, starts[0]!, littleEndian);
    const pointers = below.map(({ pointer }, i) => {
      const value = Buffer.alloc(4);
      if (littleEndian) value.writeUInt32LE(starts[i + 1]!);
      else value.writeUInt32BE(starts[i + 1]!);
      return { tag: pointer, type: tiffType.long, count: 1, value };
    });
    for (const [i, entries] of [[...own, ...pointers], ...below.map(({ entries }) => entries)].entries()) {
      let at = starts[i]!;
      let valueAt = at + countBytes + entryBytes * entries.length + nextBytes;
      out.setUint16(at, entries.length, littleEndian);
      at += countBytes;
      for (const entry of entries.sort((a, b) => a.tag - b.tag)) {
        out.setUint16(at, entry.tag, littleEndian);
        out.setUint16(at + 2, entry.type, littleEndian);
        out.setUint32(at + 4, entry.count, littleEndian);
        if (entry.value.length > 4) {
          out.setUint32(at + 8, valueAt, littleEndian);
          block.set(entry.value, valueAt);
          valueAt += entry.value.length + (entry.value.length % 2);
        } else {
          block.set(entry.value, at + 8);
        }
        at += entryBytes;
      }
    }
    return block;
  }
}
