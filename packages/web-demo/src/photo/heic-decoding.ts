import type { default as Libheif, HeifImage } from 'libheif-js/wasm-bundle.js';
import type { Picture } from '../picture.js';

/** ITU-T H.273: transfer functions of high dynamic range, and the primaries of Display P3. */
const [transferPq, transferHlg, primariesP3] = [16, 18, 12];

/**
 * Decodes the main picture of a HEIC file with libheif as WebAssembly, which is loaded when the first such
 * file comes: upright, in sRGB.
 *
 * @throws in one line for people when the file is damaged, or of high dynamic range.
 */
export async function decodeHeic(bytes: Uint8Array): Promise<Picture> {
  const { default: libheif } = await import('libheif-js/wasm-bundle.js');
  const decoder = new libheif.HeifDecoder();
  const images = decoder.decode(bytes);
  try {
    const image = images.find((each) => each.is_primary()) ?? images[0];
    if (!image) throw new Error('This HEIC file is damaged. Choose another photograph.');
    const colours = coloursOf(image, libheif);
    if (colours === 'high dynamic range') {
      throw new Error(
        'This photograph has high dynamic range (PQ or HLG), which this page does not read. Export it as JPEG first.',
      );
    }
    const [width, height] = [image.get_width(), image.get_height()];
    const pixels = new ImageData(width, height, {
      colorSpace: colours === 'Display P3' ? 'display-p3' : 'srgb',
    });
    await new Promise<void>((resolve, reject) =>
      image.display(pixels, (drawn) =>
        drawn ? resolve() : reject(new Error('This HEIC file is damaged. Choose another photograph.')),
      ),
    );
    // The canvas is sRGB: what is put there is converted.
    const context = new OffscreenCanvas(width, height).getContext('2d')!;
    context.putImageData(pixels, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return { width, height, rgba: data as Uint8ClampedArray<ArrayBuffer> };
  } finally {
    // A file may hold more pictures; all of it stays in libheif's memory until its context is freed.
    for (const image of images) image.free();
    if (decoder.decoder) libheif.heif_context_free(decoder.decoder);
  }
}

/** What a picture of a file says of its colours: numbers (nclx), or a profile by name. */
function coloursOf(
  { handle }: HeifImage,
  heif: typeof Libheif,
): 'sRGB' | 'Display P3' | 'high dynamic range' {
  const picture = handle.$$.ptr;
  const profileBytes = heif._heif_image_handle_get_raw_color_profile_size(picture);
  // An error of three words, then what was asked for.
  const error = heif._malloc(12 + Math.max(4, profileBytes));
  const found = error + 12;
  const word = (address: number) => new DataView(heif.HEAPU8.buffer).getInt32(address, true);
  try {
    heif._heif_image_handle_get_nclx_color_profile(error, picture, found);
    if (word(error) === 0) {
      const numbers = word(found);
      const [primaries, transfer] = [word(numbers + 4), word(numbers + 8)];
      heif._heif_nclx_color_profile_free(numbers);
      if (transfer === transferPq || transfer === transferHlg) return 'high dynamic range';
      if (primaries === primariesP3) return 'Display P3';
    }
    heif._heif_image_handle_get_raw_color_profile(error, picture, found);
    const profile = new TextDecoder('latin1').decode(heif.HEAPU8.slice(found, found + profileBytes));
    const wide = [...'Display P3'].join('\0');
    return profile.includes(wide) || profile.includes('Display P3') ? 'Display P3' : 'sRGB';
  } finally {
    heif._free(error);
  }
}
