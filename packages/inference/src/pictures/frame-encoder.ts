import { expectOptions, type OptionNames, UnblurError } from '@unblur/files';
import { excerptOfValue, isMapping } from '@unblur/files/parsed-value';
import type { DeepImage, RgbImage } from '@unblur/restoration';
import type { Sharp } from 'sharp';
import { describePixels, type PictureMetadata } from './picture-metadata.js';
import { frameFormats, type FrameFormat } from '../result-names.js';
import { expectPicture, photographicPng, toPixels, toPixels16, type PixelImage } from './pixel-image.js';

interface FrameFormatFacts {
  bitDepths: readonly (8 | 16)[];
  /** From 1 to 100; a format without loss has none. */
  defaultQuality?: number;
  encode(image: Sharp, quality: number): Sharp;
}

/** Colours are kept at full resolution. */
const formats = {
  png: { bitDepths: [8, 16], encode: (image) => image.png(photographicPng) },
  webp: {
    bitDepths: [8],
    defaultQuality: 92,
    encode: (image, quality) => image.webp({ quality, smartSubsample: true }),
  },
  avif: {
    bitDepths: [8],
    defaultQuality: 75,
    encode: (image, quality) => image.avif({ quality, chromaSubsampling: '4:4:4' }),
  },
  jpeg: {
    bitDepths: [8],
    defaultQuality: 92,
    encode: (image, quality) => image.jpeg({ quality, chromaSubsampling: '4:4:4' }),
  },
} as const satisfies Record<FrameFormat, FrameFormatFacts>;

/** How frames are written. */
export interface FrameEncoding {
  /** Default `png`. */
  format?: FrameFormat | undefined;
  /** Bits per channel. Default: those of the photograph or clip, as far as the format has them. */
  bitDepth?: 8 | 16 | undefined;
  /** From 1 to 100, of formats with loss. Default: 92, of AVIF 75. */
  quality?: number | undefined;
}

const frameOptions: OptionNames<FrameEncoding> = { format: true, bitDepth: true, quality: true };

/** @throws UnblurError that says what the format supports, if it does not support what is asked for. */
export function expectFrameEncoding({ format = 'png', bitDepth, quality }: FrameEncoding): void {
  if (!Object.hasOwn(formats, format)) {
    throw new UnblurError(`Expected ${frameFormats.join(', ')} for format but received ${String(format)}`);
  }
  const facts: FrameFormatFacts = formats[format];
  if (bitDepth !== undefined && !facts.bitDepths.includes(bitDepth)) {
    throw new UnblurError(
      `Expected a bit depth of ${facts.bitDepths.join(' or ')} for ${format} but received ${excerptOfValue(bitDepth)}${bitDepth === 16 ? '; png has 16' : ''}`,
    );
  }
  if (quality === undefined) return;
  if (facts.defaultQuality === undefined) {
    throw new UnblurError(
      `Expected no quality for ${format}, which is lossless, but received ${excerptOfValue(quality)}`,
    );
  }
  if (!(Number.isInteger(quality) && quality >= 1 && quality <= 100)) {
    throw new UnblurError(
      `Expected a whole number from 1 to 100 for quality but received ${excerptOfValue(quality)}`,
    );
  }
}

/**
 * Encodes a frame in the source's own colours (sRGB if it names none), with its profile, EXIF and XMP.
 *
 * @param source what the frame was made from.
 * @param pixels the frame rounded to 8 bits, where that is there already.
 * @throws UnblurError when the frame is none, the source is missing, or the format does not have what is asked
 * for.
 */
export async function encodeFrame(
  frame: RgbImage | DeepImage,
  encoding: FrameEncoding,
  source: PictureMetadata & { readonly bitDepth: number },
  pixels?: PixelImage,
): Promise<Buffer> {
  expectPicture(frame, 'the frame');
  if (![encoding, source].every((value: unknown) => isMapping(value))) {
    throw new UnblurError(
      "Expected encodeFrame(frame, { format: 'png' }, photo), with the photograph that the frame is from, but received no options or no photograph",
    );
  }
  expectOptions(encoding, frameOptions, "encodeFrame(frame, { format: 'png' }, photo)");
  expectFrameEncoding(encoding);
  const metadata = [source.profile, source.exif, source.xmp];
  if (metadata.some((block) => block !== undefined && !(block instanceof Uint8Array))) {
    throw new UnblurError(
      'Expected the profile, exif and xmp of the photograph as bytes, such as loadPhoto gives, but received something else',
    );
  }
  const { format = 'png', bitDepth, quality } = encoding;
  const facts: FrameFormatFacts = formats[format];
  const isDeep = facts.bitDepths.includes(16) && (bitDepth ?? source.bitDepth) === 16;
  const values = isDeep ? toPixels16(frame) : toPixels(pixels ?? frame).data;
  const image = await describePixels(values, frame, source);
  if (source.exif) image.keepExif();
  if (source.xmp) image.keepXmp();
  if (source.profile) image.keepIccProfile();
  // PNG is taken for sRGB everywhere; what other formats are without a profile, programs guess.
  else if (format !== 'png') image.withIccProfile('srgb');
  return facts.encode(image, quality ?? facts.defaultQuality ?? 100).toBuffer();
}
