import sharp from 'sharp';
import { UnblurError } from '@unblur/files';
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
const errorBytes = 12;
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
  /** Everything taken from libheif's memory, in reverse order of its release. */
  const held: (() => void)[] = [];
  const allocate = (length: number): number => {
    const address = libheif._malloc(length);
    if (address === 0) {
      throw new UnblurError(
        `${name} needs more memory than is available; close other programs or convert it to JPEG first`,
      );
    }
    held.push(() => libheif._free(address));
    return address;
  };
  const word = (address: number) => new DataView(libheif.HEAPU8.buffer).getInt32(address, true);
  const text = (address: number) =>
    Buffer.from(libheif.HEAPU8.subarray(address, libheif.HEAPU8.indexOf(0, address))).toString();
  const error = allocate(errorBytes);
  /** Runs a function that answers with an error, which is written where its first argument says. */
  const check = (run: (error: number) => void) => {
    run(error);
    if (word(error) !== 0) throw new Error(text(word(error + 8)));
  };
  const result = allocate(4);
  try {
    const context = libheif._heif_context_alloc();
    held.push(() => libheif._heif_context_free(context));
    const file = allocate(bytes.length);
    libheif.HEAPU8.set(bytes, file);
    check((to) => libheif._heif_context_read_from_memory_without_copy(to, context, file, bytes.length, 0));
    check((to) => libheif._heif_context_get_primary_image_handle(to, context, result));
    const handle = word(result);
    held.push(() => libheif._heif_image_handle_release(handle));
    expectSize({
      width: libheif._heif_image_handle_get_width(handle),
      height: libheif._heif_image_handle_get_height(handle),
    });
    const profile = await readProfile();
    const exif = readExif();
    // What is of a MIME type is XMP.
    const xmp = readBlock('mime');

    const hasAlpha = libheif._heif_image_handle_has_alpha_channel(handle) !== 0;
    const isDeep = libheif._heif_image_handle_get_luma_bits_per_pixel(handle) > 8;
    check((to) =>
      libheif._heif_decode_image(
        to,
        handle,
        result,
        colorspaceRgb,
        isDeep ? (hasAlpha ? chroma.rgba16 : chroma.rgb16) : hasAlpha ? chroma.rgba : chroma.rgb,
        0,
      ),
    );
    const image = word(result);
    held.push(() => libheif._heif_image_release(image));
    const width = libheif._heif_image_get_width(image, interleavedChannel);
    const height = libheif._heif_image_get_height(image, interleavedChannel);
    const plane = libheif._heif_image_get_plane_readonly(image, interleavedChannel, result);
    const [strideBytes, channels] = [word(result), hasAlpha ? 4 : 3] as const;
    const rowBytes = width * channels * (isDeep ? 2 : 1);
    const packed = new Uint8Array(rowBytes * height);
    for (let row = 0; row < height; row++) {
      packed.set(
        libheif.HEAPU8.subarray(plane + row * strideBytes, plane + row * strideBytes + rowBytes),
        row * rowBytes,
      );
    }
    if (!isDeep) return { width, height, channels, data: packed, profile, exif, xmp };
    const peak = 2 ** libheif._heif_image_get_bits_per_pixel_range(image, interleavedChannel) - 1;
    return {
      width,
      height,
      channels,
      data: new Uint16Array(packed.buffer).map((value) => (value * 65535) / peak + 0.5),
      profile,
      exif,
      xmp,
    };

    /** As a TIFF structure. */
    function readExif(): Uint8Array | undefined {
      const block = readBlock('Exif');
      // Before it stands where in the rest the structure begins.
      return block && block.length > 4 ? block.subarray(4 + block.readUInt32BE(0)) : undefined;
    }

    /** The first block of a type that belongs to the picture. */
    function readBlock(type: 'Exif' | 'mime'): Buffer | undefined {
      const typeAddress = allocate(type.length + 1);
      libheif.HEAPU8.set(Buffer.from(`${type}\0`), typeAddress);
      if (libheif._heif_image_handle_get_list_of_metadata_block_IDs(handle, typeAddress, result, 1) === 0) {
        return undefined;
      }
      const id = word(result);
      const length = libheif._heif_image_handle_get_metadata_size(handle, id);
      const address = allocate(length);
      check((to) => libheif._heif_image_handle_get_metadata(to, handle, id, address));
      return Buffer.from(libheif.HEAPU8.slice(address, address + length));
    }

    async function readProfile(): Promise<Uint8Array | undefined> {
      const nclx = allocate(4);
      libheif._heif_image_handle_get_nclx_color_profile(error, handle, nclx);
      if (word(error) === 0) {
        const [primaries, transfer] = [word(word(nclx) + 4), word(word(nclx) + 8)];
        libheif._heif_nclx_color_profile_free(word(nclx));
        if (transfer === transferPq || transfer === transferHlg) {
          throw new UnblurError(
            `${name} is a photograph of high dynamic range (${transfer === transferPq ? 'PQ' : 'HLG'}), which this program does not read; export it as JPEG or TIFF first`,
          );
        }
        if (primaries === primariesP3) return displayP3();
      }
      const length = libheif._heif_image_handle_get_raw_color_profile_size(handle);
      if (length === 0) return undefined;
      const address = allocate(length);
      check((to) => libheif._heif_image_handle_get_raw_color_profile(to, handle, address));
      return libheif.HEAPU8.slice(address, address + length);
    }
  } finally {
    for (const release of held.reverse()) release();
  }
}

/** The ICC profile of Display P3, which sharp knows by name. */
async function displayP3(): Promise<Uint8Array | undefined> {
  const pixel = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'black' } })
    .withIccProfile('p3')
    .png()
    .toBuffer();
  return (await sharp(pixel).metadata()).icc;
}
