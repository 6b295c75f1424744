import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { toPixels, type Picture, type PixelImage } from './pixel-image.js';
import { nextBytes, TiffFile, tiffType } from './tiff-directory.js';

/** The metadata of a picture file. */
export interface PictureMetadata {
  /** The ICC profile that its values are encoded by. Default: they are sRGB. */
  readonly profile?: Uint8Array | undefined;
  /**
   * What the camera noted (EXIF: date, camera, lens, place), as a TIFF structure; its picture is upright and
   * has no thumbnail.
   */
  readonly exif?: Uint8Array | undefined;
  /** What people say of it (XMP: title, keywords, author, rights); nothing that is about its pixels. */
  readonly xmp?: Uint8Array | undefined;
}

/**
 * Pixels, ready for sharp's pipeline, as those of an image that says of itself what is given; `keepExif`,
 * `keepXmp` and `keepIccProfile` then write that. Sharp takes none beside raw pixels: they come by a file of
 * one black pixel, which grows to the size and takes up the others bit by bit, unchanged.
 *
 * @param values 8- or 16-bit RGB, row by row
 */
export async function describePixels(
  values: Uint8Array | Uint16Array,
  { width, height }: { width: number; height: number },
  metadata: PictureMetadata,
): Promise<Sharp> {
  const isDeep = values instanceof Uint16Array;
  const options = { raw: { width, height, channels: 3 as const }, limitInputPixels: false };
  const image =
    metadata.profile || metadata.exif || metadata.xmp
      ? sharp(await blackPixel(isDeep, metadata), { limitInputPixels: false, ignoreIcc: true })
          .resize(width, height, { fit: 'fill', kernel: 'nearest' })
          // Which takes what sharp itself does, whatever its declaration says.
          .boolean(values as Buffer, 'or', options)
      : sharp(values, options);
  return isDeep ? image.toColourspace('rgb16') : image;
}

async function blackPixel(isDeep: boolean, metadata: PictureMetadata): Promise<Buffer> {
  const png = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'black' } })
    .toColourspace(isDeep ? 'rgb16' : 'srgb')
    .png()
    .toBuffer();
  return describePng(png, metadata);
}

/** Signature and header chunk. */
const pngBeginBytes = 33;

/** Adds metadata to a PNG file that has none. */
export function describePng(png: Buffer, { profile, exif, xmp }: PictureMetadata): Buffer {
  return Buffer.concat([
    png.subarray(0, pngBeginBytes),
    ...(profile ? [pngChunk('iCCP', Buffer.from('profile\0\0'), deflateSync(profile))] : []),
    ...(exif ? [pngChunk('eXIf', exif)] : []),
    // Neither compressed, nor of a language, nor translated.
    ...(xmp ? [pngChunk('iTXt', Buffer.from('XML:com.adobe.xmp\0\0\0\0\0'), xmp)] : []),
    png.subarray(pngBeginBytes),
  ]);
}

function pngChunk(type: string, ...content: Uint8Array[]): Buffer {
  const named = Buffer.concat([Buffer.from(type), ...content]);
  const chunk = Buffer.alloc(named.length + 8);
  chunk.writeUInt32BE(named.length - 4, 0);
  chunk.set(named, 4);
  chunk.writeUInt32BE(crc32(named), named.length + 4);
  return chunk;
}

/** A picture as 8-bit sRGB, for results that carry no profile. @param profile of the picture's colours. */
export async function toSrgb(picture: Picture, { profile }: PictureMetadata): Promise<PixelImage> {
  const pixels = toPixels(picture);
  if (!profile) return pixels;
  const { width, height, data } = pixels;
  const image = await describePixels(data, { width, height }, { profile });
  const srgb = await image.withIccProfile('srgb', { attach: false }).raw().toBuffer();
  return { width, height, data: srgb };
}

/** Inside the gamut of sRGB, so that nothing is clipped: a red, a green, a blue, a grey. */
const probeColors = [160, 100, 90, 100, 150, 90, 90, 100, 160, 128, 128, 128];
const [probePixels, greyAt] = [probeColors.length / 3, probeColors.length - 3];
/** Profiles of sRGB by different makers differ by less. */
const sameColorLevels = 2;
/** Where a middle grey lies further from that of sRGB, values are linear light or the like. */
const displayGreyLevels = 45;

/**
 * Whether values that a profile encodes can be restored and written as they are: RGB, encoded for displays as
 * the network knows it, and of other colours than sRGB.
 */
export async function isDisplayEncoding(profile: Uint8Array): Promise<boolean> {
  if (
    Buffer.from(profile.buffer, profile.byteOffset, profile.byteLength).toString('latin1', 16, 20) !== 'RGB '
  ) {
    return false;
  }
  const probe: PixelImage = { width: probePixels, height: 1, data: Buffer.from(probeColors) };
  const { data } = await toSrgb(probe, { profile });
  const differences = probeColors.map((level, i) => Math.abs(data[i]! - level));
  return (
    differences.some((levels) => levels > sameColorLevels) &&
    differences.slice(greyAt).every((levels) => levels <= displayGreyLevels)
  );
}

const exifHeader = 'Exif\0\0';
const orientationTag = 0x0112;
const upright = 1;

/**
 * The EXIF block of a photograph as that of pictures made from it: with the orientation applied and without
 * the thumbnail, which shows the photograph itself.
 *
 * @param block a TIFF structure, with or without the header that JPEG files put before it
 * @returns undefined where it is damaged
 */
export async function uprightExif(block: Uint8Array | undefined): Promise<Uint8Array | undefined> {
  if (!block) return undefined;
  const exif = Buffer.from(block);
  const tiff =
    exif.toString('latin1', 0, exifHeader.length) === exifHeader ? exif.subarray(exifHeader.length) : exif;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  try {
    const file = new TiffFile(tiff);
    const { littleEndian } = file;
    const directory = file.directoryAt(file.firstDirectoryAt);
    if (!directory) return undefined;
    for (const { at } of directory.entries.filter((entry) => entry.tag === orientationTag)) {
      view.setUint16(at + 2, tiffType.short, littleEndian);
      view.setUint32(at + 4, 1, littleEndian);
      view.setUint16(at + 8, upright, littleEndian);
    }
    // Where the next directory lies, that of the thumbnail.
    if (directory.nextAt + nextBytes <= tiff.length) view.setUint32(directory.nextAt, 0, littleEndian);
    // Whether it can be written is known once it was.
    const written = await sharp(await blackPixel(false, { exif: tiff }))
      .keepExif()
      .png()
      .toBuffer();
    return (await sharp(written).metadata()).exif && tiff;
  } catch {
    return undefined;
  }
}
