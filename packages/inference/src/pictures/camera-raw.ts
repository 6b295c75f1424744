import sharp from 'sharp';
import { UnblurError } from '@unblur/files';
import { nextBytes, type TiffEntry, TiffFile, tiffType } from './tiff-directory.js';

/** First bytes of camera RAW files that are no TIFF files. */
const rawSignatures: [offset: number, signature: string][] = [
  [0, 'FUJIFILMCCD-RAW'],
  [4, 'ftypcrx '],
  [0, 'FOVb'],
  [0, '\0MRM'],
];
/** Second to fourth bytes of a TIFF file, and of those that are built like one but hold RAW. */
const tiffMarks = new Set(['I*\0', 'M\0*', 'IRO', 'IRS', 'MOR', 'IU\0']);
const rawMarks = new Set(['IRO', 'IRS', 'MOR', 'IU\0']);

const tag = {
  width: 256,
  height: 257,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  orientation: 274,
  stripBytes: 279,
  subDirectories: 330,
  jpegOffset: 513,
  jpegBytes: 514,
  jpegFromRaw: 46,
  exif: 34665,
  exifWidth: 40962,
  exifHeight: 40963,
  dngVersion: 50706,
} as const;
/** Photometric interpretations of what a sensor saw: a colour filter array, and the same made linear. */
const sensorPhotometrics = [32803, 34892];
const jpegCompressions = [6, 7];
const mostDirectories = 64;
/** A preview is full size where it has so much of the sensor's pixels: cameras crop the edges. */
const fullSizeFraction = 0.8;
/**
 * Where a file does not say how large its picture is, a preview from so many pixels on is taken for full
 * size.
 */
const fullSizePixels = 4e6;

/** What a TIFF directory says of its picture, values by their tag. */
type Directory = Map<number, number[]>;

/** Whether bytes are a camera RAW file: DNG, NEF, CR2, CR3, ARW, ORF, RW2, RAF, PEF and others. */
export function isCameraRaw(bytes: Buffer): boolean {
  if (
    rawSignatures.some(
      ([offset, signature]) => bytes.toString('latin1', offset, offset + signature.length) === signature,
    )
  ) {
    return true;
  }
  const mark = bytes.toString('latin1', 1, 4);
  if (!tiffMarks.has(mark)) return false;
  if (rawMarks.has(mark) || bytes.toString('latin1', 8, 10) === 'CR') return true;
  return readDirectories(bytes).some(
    (directory) =>
      directory.has(tag.dngVersion) || sensorPhotometrics.includes(directory.get(tag.photometric)?.[0] ?? 0),
  );
}

/**
 * The JPEG preview inside a camera RAW file, as large as the photograph, and how it is to be turned (EXIF
 * orientation).
 *
 * @throws UnblurError that says what to do, if there is none of that size.
 */
export async function extractFullSizePreview(
  bytes: Buffer,
  name: string,
): Promise<{ jpeg: Buffer; orientation: number }> {
  const directories = readDirectories(bytes);
  const sizes = directories.flatMap((directory) => {
    const isSensor = sensorPhotometrics.includes(directory.get(tag.photometric)?.[0] ?? 0);
    const [width, height] = isSensor
      ? [directory.get(tag.width), directory.get(tag.height)]
      : [directory.get(tag.exifWidth), directory.get(tag.exifHeight)];
    return width?.[0] && height?.[0] ? [width[0] * height[0]] : [];
  });
  const wantedPixels = sizes.length > 0 ? fullSizeFraction * Math.max(...sizes) : fullSizePixels;
  let largest: { jpeg: Buffer; width: number; height: number; orientation: number } | undefined;
  for (const [offset, length] of directories.flatMap(listJpegs)) {
    const jpeg = bytes.subarray(offset, offset + length);
    // What the sensor saw may be JPEG too, but lossless, which sharp does not read.
    const header = await sharp(jpeg)
      .metadata()
      .catch(() => undefined);
    if (
      header?.format !== 'jpeg' ||
      (largest && header.width * header.height <= largest.width * largest.height)
    ) {
      continue;
    }
    largest = {
      jpeg,
      width: header.width,
      height: header.height,
      orientation: header.orientation ?? directories[0]?.get(tag.orientation)?.[0] ?? 1,
    };
  }
  if (largest && largest.width * largest.height >= wantedPixels) return largest;
  const preview = largest
    ? `whose preview is only ${largest.width}x${largest.height}`
    : 'without a preview that this program reads';
  throw new UnblurError(
    `${name} is a camera RAW file ${preview}; develop it first, such as with darktable or the camera's own program, and give the JPEG or TIFF`,
  );
}

/** Where JPEG files lie according to a directory. */
function listJpegs(directory: Directory): [offset: number, length: number][] {
  const strips = jpegCompressions.includes(directory.get(tag.compression)?.[0] ?? 0)
    ? [directory.get(tag.stripOffsets), directory.get(tag.stripBytes)]
    : [];
  return [
    strips,
    [directory.get(tag.jpegOffset), directory.get(tag.jpegBytes)],
    directory.get(tag.jpegFromRaw)?.map((value) => [value]) ?? [],
  ].flatMap(([offsets, lengths]): [number, number][] =>
    offsets?.length === 1 && lengths?.length === 1 ? [[offsets[0]!, lengths[0]!]] : [],
  );
}

/**
 * All directories of a TIFF file: those in its chain, and those inside them. What lies beyond the end of the
 * file is left out.
 */
function readDirectories(bytes: Buffer): Directory[] {
  const tiff = new TiffFile(bytes);
  const directories: Directory[] = [];
  const seen = new Set<number>();
  const offsets = bytes.length >= 8 ? [tiff.firstDirectoryAt] : [];
  while (offsets.length > 0 && directories.length < mostDirectories) {
    const start = offsets.shift()!;
    const found = seen.has(start) ? undefined : tiff.directoryAt(start);
    if (!found || found.nextAt + nextBytes > bytes.length) continue;
    seen.add(start);
    const directory: Directory = new Map(found.entries.map((entry) => [entry.tag, readValues(entry)]));
    directories.push(directory);
    offsets.push(
      ...(directory.get(tag.subDirectories) ?? []),
      ...(directory.get(tag.exif) ?? []),
      tiff.uint32(found.nextAt),
    );
  }
  return directories;

  function readValues({ tag: name, type, count, at, valuesAt, valueBytes }: TiffEntry): number[] {
    // Of the preview of Panasonic's files, offset and length stand where others have their values.
    if (name === tag.jpegFromRaw && type === tiffType.undefined) return [tiff.uint32(at + 8), count];
    const isWhole = type === tiffType.short || type === tiffType.long || type === tiffType.directory;
    if (!isWhole || count > 1024 || valuesAt + valueBytes > bytes.length) return [];
    return Array.from({ length: count }, (_, i) =>
      type === tiffType.short ? tiff.uint16(valuesAt + 2 * i) : tiff.uint32(valuesAt + 4 * i),
    );
  }
}
