import sharp from 'sharp';
import { UnblurError } from '@unblur/files';
import { LibheifMemory } from './libheif-memory.js';
import type { DecodedPixels } from './uncompressed-tiff.js';

/** What the files of phones and cameras call HEVC pictures in their first box. */
const hevcBrands = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']);

/**
 * Whether bytes are a HEIC or HIF file: pictures compressed by HEVC, which sharp does not decode. AVIF, in
 * the same container, it does.
 */
export function isHeic(bytes: Buffer): boolean {
  if (bytes.toString('latin1', 4, 8) !== 'ftyp') return false;
  const end = Math.min(bytes.length, bytes.readUInt32BE(0), 256);
  const brands = [8, ...Array.from({ length: Math.max(0, (end - 16) >> 2) }, (_, i) => 16 + 4 * i)].map(
    (at) => bytes.toString('latin1', at, at + 4),
  );
  return !brands.includes('avif') && brands.some((brand) => hevcBrands.has(brand));
}

// Of libheif's C interface.
const colorspaceRgb = 1;
const chroma = { rgb: 10, rgba: 11, rgb16: 14, rgba16: 15 };
const interleavedChannel = 10;
/** ITU-T H.273: transfer functions of high dynamic range, and the primaries of Display P3. */
const [transferPq, transferHlg, primariesP3] = [16, 18, 12];

/**
 * Decodes the main picture of a HEIC file with libheif as WebAssembly, which is loaded when the first such
 * file comes: upright, since libheif turns and crops as the file says, with its colour profile, 10 and 12
 * bits kept.
 *
 * @param expectSize is called with the size before anything is decoded.
 * @throws UnblurError for pictures of high dynamic range; Error where the file is damaged.
 */
export async function decodeHeic(
  bytes: Uint8Array,
  name: string,
  expectSize: (size: { width: number; height: number }) => void,
): Promise<DecodedPixels & { exif: Uint8Array | undefined; xmp: Uint8Array | undefined }> {
  const { default: libheif } = await import('libheif-js/wasm-bundle.js');
  const memory = new LibheifMemory(libheif, name);
  try {
    const picture = openMainPicture(memory, bytes);
    expectSize({
      width: libheif._heif_image_handle_get_width(picture),
      height: libheif._heif_image_handle_get_height(picture),
    });
    const profile = await readProfile(memory, picture, name);
    const exif = readExif(memory, picture);
    // What is of a MIME type is XMP.
    const xmp = readBlock(memory, picture, 'mime');
    return { ...decodePixels(memory, picture), profile, exif, xmp };
  } finally {
    memory.release();
  }
}

/** @returns libheif's handle of the picture. */
function openMainPicture(memory: LibheifMemory, bytes: Uint8Array): number {
  const { libheif, result } = memory;
  const context = libheif._heif_context_alloc();
  memory.hold(() => libheif._heif_context_free(context));
  const file = memory.place(bytes);
  memory.check((to) =>
    libheif._heif_context_read_from_memory_without_copy(to, context, file, bytes.length, 0),
  );
  memory.check((to) => libheif._heif_context_get_primary_image_handle(to, context, result));
  const picture = memory.word(result);
  memory.hold(() => libheif._heif_image_handle_release(picture));
  return picture;
}

/** @throws UnblurError for pictures of high dynamic range. */
async function readProfile(
  memory: LibheifMemory,
  picture: number,
  name: string,
): Promise<Uint8Array | undefined> {
  const { libheif, error } = memory;
  const nclx = memory.allocate(4);
  libheif._heif_image_handle_get_nclx_color_profile(error, picture, nclx);
  if (memory.word(error) === 0) {
    const found = memory.word(nclx);
    const [primaries, transfer] = [memory.word(found + 4), memory.word(found + 8)];
    libheif._heif_nclx_color_profile_free(found);
    if (transfer === transferPq || transfer === transferHlg) {
      throw new UnblurError(
        `${name} is a photograph of high dynamic range (${transfer === transferPq ? 'PQ' : 'HLG'}), which this program does not read; export it as JPEG or TIFF first`,
      );
    }
    if (primaries === primariesP3) return displayP3();
  }
  const length = libheif._heif_image_handle_get_raw_color_profile_size(picture);
  if (length === 0) return undefined;
  const address = memory.allocate(length);
  memory.check((to) => libheif._heif_image_handle_get_raw_color_profile(to, picture, address));
  return memory.bytes(address, length);
}

/** As a TIFF structure. */
function readExif(memory: LibheifMemory, picture: number): Uint8Array | undefined {
  const block = readBlock(memory, picture, 'Exif');
  // Before it stands where in the rest the structure begins.
  return block && block.length > 4 ? block.subarray(4 + block.readUInt32BE(0)) : undefined;
}

/** The first block of a type that belongs to the picture. */
function readBlock(memory: LibheifMemory, picture: number, type: 'Exif' | 'mime'): Buffer | undefined {
  const { libheif, result } = memory;
  const typeAddress = memory.place(Buffer.from(`${type}\0`));
  if (libheif._heif_image_handle_get_list_of_metadata_block_IDs(picture, typeAddress, result, 1) === 0) {
    return undefined;
  }
  const id = memory.word(result);
  const length = libheif._heif_image_handle_get_metadata_size(picture, id);
  const address = memory.allocate(length);
  memory.check((to) => libheif._heif_image_handle_get_metadata(to, picture, id, address));
  return Buffer.from(memory.bytes(address, length));
}

function decodePixels(memory: LibheifMemory, picture: number): DecodedPixels {
  const { libheif, result } = memory;
  const hasAlpha = libheif._heif_image_handle_has_alpha_channel(picture) !== 0;
  const isDeep = libheif._heif_image_handle_get_luma_bits_per_pixel(picture) > 8;
  const order = isDeep ? (hasAlpha ? chroma.rgba16 : chroma.rgb16) : hasAlpha ? chroma.rgba : chroma.rgb;
  memory.check((to) => libheif._heif_decode_image(to, picture, result, colorspaceRgb, order, 0));
  const image = memory.word(result);
  memory.hold(() => libheif._heif_image_release(image));
  const width = libheif._heif_image_get_width(image, interleavedChannel);
  const height = libheif._heif_image_get_height(image, interleavedChannel);
  const plane = libheif._heif_image_get_plane_readonly(image, interleavedChannel, result);
  const [strideBytes, channels] = [memory.word(result), hasAlpha ? 4 : 3] as const;
  const rowBytes = width * channels * (isDeep ? 2 : 1);
  const packed = new Uint8Array(rowBytes * height);
  for (let row = 0; row < height; row++) {
    const start = plane + row * strideBytes;
    packed.set(libheif.HEAPU8.subarray(start, start + rowBytes), row * rowBytes);
  }
  if (!isDeep) return { width, height, channels, data: packed };
  const peak = 2 ** libheif._heif_image_get_bits_per_pixel_range(image, interleavedChannel) - 1;
  const data = new Uint16Array(packed.buffer).map((value) => (value * 65535) / peak + 0.5);
  return { width, height, channels, data };
}

/** The ICC profile of Display P3, which sharp knows by name. */
async function displayP3(): Promise<Uint8Array | undefined> {
  const pixel = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'black' } })
    .withIccProfile('p3')
    .png()
    .toBuffer();
  return (await sharp(pixel).metadata()).icc;
}
