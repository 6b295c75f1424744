import { expectOptions, type OptionNames, UnblurError } from '@unblur/files';
import { excerptOfValue } from '@unblur/files/parsed-value';
import type { ClipFacts, ColorTags, PictureFacts } from './clip-facts.js';

export interface ReadingChoice {
  /**
   * What becomes of high dynamic range (PQ, HLG): `tonemap` makes ordinary BT.709 pictures of it, bright
   * parts compressed; `keep` leaves the values as they are coded, for a clip with the same tags. Ordinary
   * clips are the same with both.
   */
  hdr: 'tonemap' | 'keep';
  /** Whether interlaced frames are made progressive, one from each frame. */
  deinterlace: boolean;
  /** Where reading begins, in seconds after the clip's beginning; frames before are not given. Default 0. */
  fromSeconds?: number | undefined;
}

const choiceOptions: OptionNames<ReadingChoice> = { hdr: true, deinterlace: 'boolean', fromSeconds: true };

/** @throws UnblurError that says what of a choice makes no sense. */
export function expectReadingChoice(choice: ReadingChoice): void {
  expectOptions(choice, choiceOptions, "readClip(path, facts, { hdr: 'keep', deinterlace: true })");
  const { hdr, deinterlace, fromSeconds = 0 } = choice;
  if (hdr !== 'keep' && hdr !== 'tonemap') {
    throw new UnblurError(`Expected keep or tonemap for hdr but received ${String(hdr)}`);
  }
  if (typeof deinterlace !== 'boolean') {
    throw new UnblurError(
      `Expected true or false for deinterlace but received ${excerptOfValue(deinterlace)}`,
    );
  }
  if (!(Number.isFinite(fromSeconds) && fromSeconds >= 0)) {
    throw new UnblurError(
      `Expected seconds from 0 on for fromSeconds but received ${excerptOfValue(fromSeconds)}`,
    );
  }
}

/** The colours assumed for untagged clips and used for generated pictures. */
export const standardColors: ColorTags = {
  matrix: 'bt709',
  primaries: 'bt709',
  transfer: 'bt709',
  range: 'tv',
};

/** swscale's names of the matrices that it knows; zscale has to do the rest. */
const swscaleMatrices = new Map([
  ['bt709', 'bt709'],
  ['fcc', 'fcc'],
  ['bt470bg', 'bt601'],
  ['smpte170m', 'bt601'],
  ['smpte240m', 'smpte240m'],
  ['bt2020nc', 'bt2020'],
]);

/** Without these swscale cuts off instead of rounding, and every pass darkens a clip by a level. */
export const scaleFlags = 'bicubic+accurate_rnd+full_chroma_int+full_chroma_inp';

/** Players take an untagged picture of at least this many rows for high definition. */
const highDefinitionRows = 720;

/**
 * Nits that become the white of an ordinary screen, and the part of it, in light, below which tone mapping
 * changes nothing.
 */
const [whiteNits, unchangedLight] = [100, 0.6];

/**
 * How the frames of a clip are coded when they come out of the reader, so that a writer can code them alike.
 */
export function colorsAsRead(
  { picture }: Pick<ClipFacts, 'picture'>,
  { hdr }: Pick<ReadingChoice, 'hdr'>,
): ColorTags {
  if (picture.hdr && hdr === 'tonemap') return standardColors;
  const { color } = picture;
  if (picture.isRgb) return { ...color, matrix: 'bt709', range: 'tv' };
  const matrix = assumedMatrix(picture);
  return {
    ...color,
    range: color.range ?? 'tv',
    matrix: swscaleMatrices.has(matrix) ? matrix : picture.hdr ? 'bt2020nc' : 'bt709',
  };
}

/** Bits per channel with which the frames of a clip are worth keeping. */
export function bitDepthAsRead(
  { picture }: Pick<ClipFacts, 'picture'>,
  { hdr }: Pick<ReadingChoice, 'hdr'>,
): 8 | 16 {
  return picture.bitDepth > 8 && !(picture.hdr && hdr === 'tonemap') ? 16 : 8;
}

/**
 * ffmpeg's filters from the frames of a clip to full-range RGB, with explicit input colours for each.
 * Transparent parts are laid over white.
 *
 * @throws UnblurError when the colours are coded in a way that cannot be read.
 */
export function filtersToRgb(
  { picture }: Pick<ClipFacts, 'picture'>,
  { hdr, deinterlace }: ReadingChoice,
  pixelFormat: string,
): string[] {
  if (picture.color.matrix === 'ictcp' && !picture.hdr) {
    throw new UnblurError(
      'Expected a clip that names its transfer curve but received ICtCp colours without one; convert it first',
    );
  }
  return [
    ...(picture.isInterlaced && deinterlace ? ['bwdif=mode=send_frame:deint=interlaced'] : []),
    ...(picture.hdr && hdr === 'tonemap' ? toneMapping(picture) : [matrixToRgb(picture)]),
    ...(picture.hasAlpha ? overWhite(picture.bitDepth) : []),
    `format=${pixelFormat}`,
  ];
}

/** ffmpeg's filters from full-range RGB to how a clip is coded. */
export function filtersFromRgb({ matrix, range }: ColorTags, pixelFormat: string): string[] {
  return [
    `scale=out_color_matrix=${swscaleMatrices.get(matrix ?? '') ?? 'bt709'}:in_range=pc:out_range=${range ?? 'tv'}:flags=${scaleFlags}`,
    `format=${pixelFormat}`,
  ];
}

/** As players do it: an untagged clip is coded as its size suggests. */
function assumedMatrix({ color, hdr, width, height }: PictureFacts): string {
  if (color.matrix !== undefined) return color.matrix;
  if (hdr) return 'bt2020nc';
  return Math.min(width, height) >= highDefinitionRows ? 'bt709' : 'smpte170m';
}

function matrixToRgb(picture: PictureFacts): string {
  if (picture.isRgb) return `scale=flags=${scaleFlags}`;
  const matrix = assumedMatrix(picture);
  const range = picture.color.range ?? 'tv';
  const known = swscaleMatrices.get(matrix);
  return known
    ? `scale=in_color_matrix=${known}:in_range=${range}:out_range=pc:flags=${scaleFlags}`
    : `zscale=min=${matrix}:rin=${range}:m=gbr:r=full,format=gbrp16le,scale=flags=${scaleFlags}`;
}

/**
 * To light, to the primaries of BT.709, through a curve that leaves ordinary brightness alone, and back to
 * values for a screen.
 */
function toneMapping(picture: PictureFacts): string[] {
  const { color, isRgb } = picture;
  const matrix = isRgb ? 'gbr' : assumedMatrix(picture);
  const range = (color.range ?? (isRgb ? 'pc' : 'tv')) === 'pc' ? 'full' : 'limited';
  return [
    `zscale=min=${matrix}:pin=${color.primaries ?? 'bt2020'}:tin=${color.transfer}:rin=${range}:t=linear:npl=${whiteNits}`,
    'format=gbrpf32le',
    'zscale=p=bt709',
    `tonemap=mobius:param=${unchangedLight}:desat=0`,
    'zscale=t=bt709:m=gbr:r=full',
    'format=gbrp16le',
    `scale=flags=${scaleFlags}`,
  ];
}

/** In negative, white is nothing: what is transparent is multiplied away. */
function overWhite(bitDepth: number): string[] {
  return [
    bitDepth > 8 ? 'format=gbrap16le' : 'format=gbrap',
    'negate',
    'premultiply=inplace=1',
    'negate',
    `scale=flags=${scaleFlags}`,
  ];
}
