import { access } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { expectOptions, explainFileError, type OptionNames, shellWord, UnblurError } from '@unblur/files';
import { describeType } from '@unblur/files/parsed-value';
import { clipInput, ffmpegOptions, isRefusedFormat, runFfprobe, type FfmpegOptions } from './ffmpeg.js';

/**
 * How colours are encoded, by ffmpeg's names (`bt709`, `smpte2084` ...); undefined if the clip does not say.
 */
export interface ColorTags {
  matrix: string | undefined;
  primaries: string | undefined;
  transfer: string | undefined;
  range: 'tv' | 'pc' | undefined;
}

/** A stream of sound, subtitles, fonts, data or further pictures. */
export interface StreamFacts {
  /** Its place among all streams of the file. */
  index: number;
  kind: 'video' | 'audio' | 'subtitle' | 'attachment' | 'data';
  /** As ffmpeg calls it, or where it does not know it as the file does, such as `tmcd`. */
  codec: string;
  tags: Map<string, string>;
  /** What it is for: `default`, `forced`, `comment`, `attached_pic` ... */
  dispositions: string[];
}

/** The stream of pictures that is read. */
export interface PictureFacts extends StreamFacts {
  /** Upright, in stored pixels, which need not be square. */
  width: number;
  height: number;
  bitDepth: number;
  /** How finely colours are sampled beside brightness, such as `4:2:0`; RGB is `4:4:4`, grey `4:0:0`. */
  chroma: string;
  isRgb: boolean;
  hasAlpha: boolean;
  isInterlaced: boolean;
  color: ColorTags;
  /** Which curve of high dynamic range its values follow; undefined for ordinary video. */
  hdr: 'PQ' | 'HLG' | undefined;
  masteringDisplay: MasteringDisplay | undefined;
  contentLight: { brightestPixelNits: number; brightestFrameNits: number } | undefined;
  /** Metadata of Dolby Vision or HDR10+ that changes from frame to frame, by name. */
  dynamicMetadata: string[];
  /** A decoder to be asked for, where the usual one leaves something out. */
  decoder: string | undefined;
}

/**
 * The screen that a clip was graded on, as x265 takes it: chromaticities in units of 0.00002, luminances in
 * units of 0.0001 nits.
 */
export interface MasteringDisplay {
  red: [number, number];
  green: [number, number];
  blue: [number, number];
  whitePoint: [number, number];
  luminance: [brightest: number, darkest: number];
}

/** What there is to know about a clip before its frames are decoded. */
export interface ClipFacts {
  /** ffmpeg's names of the file format, such as `mov,mp4,m4a,3gp,3g2,mj2`. */
  format: string;
  picture: PictureFacts;
  /** All other streams. */
  others: StreamFacts[];
  /** Title, date and so on. */
  tags: Map<string, string>;
  chapters: number;
  /**
   * Frames that are shown, as far as can be told without decoding: what an edit list cuts away does not
   * count.
   */
  frames: number;
  /** When the first of its streams begins, in its own time. */
  beginSeconds: number;
  /** Mean frames per second as a fraction, such as `30000/1001`. */
  frameRate: string;
  /** What the times of frames are multiples of, in seconds, such as `1/15360`. */
  timeBase: string;
}

/** Formats whose times may jump, where ffmpeg makes them run from 0 on. */
export const restartsClock = (format: string): boolean => /^(mpegts|mpeg)$/.test(format);

/**
 * An output of ffmpeg that goes nowhere: a clip whose clock it restarts begins with the streams that are asked
 * for; so all of them are, and pictures that begin after the sound still do. @param input its number.
 */
export function keepingTheClock({ format }: ClipFacts, input: number): string[] {
  if (!restartsClock(format)) return [];
  const streams = ['v', 'a?', 's?'].flatMap((kind) => ['-map', `${input}:${kind}`]);
  return [...streams, '-c', 'copy', '-f', 'null', '-'];
}

interface ProbedStream {
  index: number;
  codec_type?: string;
  codec_name?: string;
  codec_tag_string?: string;
  width?: number;
  height?: number;
  pix_fmt?: string;
  field_order?: string;
  color_space?: string;
  color_primaries?: string;
  color_transfer?: string;
  color_range?: string;
  avg_frame_rate?: string;
  r_frame_rate?: string;
  time_base?: string;
  tags?: Record<string, string>;
  disposition?: Record<string, number>;
  side_data_list?: SideData[];
}

interface ProbedFile {
  streams?: ProbedStream[];
  chapters?: unknown[];
  format?: { format_name?: string; start_time?: string; tags?: Record<string, string> };
  pixel_formats?: {
    name: string;
    flags: { rgb: number; alpha: number };
    nb_components?: number;
    log2_chroma_w?: number;
    log2_chroma_h?: number;
    components?: { bit_depth: number }[];
  }[];
}

interface SideData {
  side_data_type?: string;
  rotation?: number;
  dv_profile?: number;
  max_content?: number;
  max_average?: number;
  [coordinate: string]: unknown;
}

interface ProbedFrame {
  interlaced_frame?: number;
  side_data_list?: SideData[];
}

export interface ProbeOptions extends FfmpegOptions {
  /** Called with the size of the frames before any is decoded; may throw. */
  expectFrameSize?: ((width: number, height: number) => void) | undefined;
}

const probeOptions: OptionNames<ProbeOptions> = { ...ffmpegOptions, expectFrameSize: 'function' };

/**
 * Reads a clip from end to end; of its frames only the first few are decoded.
 *
 * @throws UnblurError when it is no clip, has no pictures, is damaged or cut short, or has a coding whose
 * colours ffmpeg gets wrong; if ffmpeg is missing, the message says how to install it.
 */
export async function probeClip(path: string, probing: ProbeOptions = {}): Promise<ClipFacts> {
  const { expectFrameSize, ...options } = expectOptions(
    probing,
    probeOptions,
    "probeClip('clip.mp4', { signal })",
  );
  if (typeof path !== 'string') {
    throw new UnblurError(
      `Expected probeClip('clip.mp4'), with the path of a clip, but received ${describeType(path)}`,
    );
  }
  await access(path).catch((cause: unknown) => {
    throw explainFileError('read', path, cause);
  });
  const file = await probeFile(path, options);
  const { streams = [] } = file;
  const video = chooseVideo(streams);
  if (!video) {
    throw new UnblurError(
      `${path} has no video stream, only ${streams.map(({ codec_type: type }) => type ?? 'data').join(' and ') || 'nothing'}; give a clip with pictures`,
    );
  }
  if (video.width && video.height) expectFrameSize?.(video.width, video.height);
  // Side by side, and neither left at work where the other finds the clip damaged.
  const [counted, seen] = await Promise.allSettled([
    countShownFrames(path, video.index, options),
    probeFirstFrames(path, video.index, options),
  ]);
  if (counted.status === 'rejected') throw counted.reason;
  if (seen.status === 'rejected') throw seen.reason;
  const [frames, firstFrames] = [counted.value, seen.value];
  if (frames === 0) throw new UnblurError(`${path} has a video stream without frames; get the whole file`);
  if (!video.width || !video.height || !video.pix_fmt) {
    throw new UnblurError(
      `${path} has pictures that this ffmpeg cannot decode (${video.codec_name ?? 'of an unknown kind'}); update ffmpeg`,
    );
  }
  const rates = [video.avg_frame_rate, video.r_frame_rate].filter((rate) =>
    /^[1-9]\d*\/[1-9]\d*$/.test(rate ?? ''),
  );
  const format = file.format?.format_name ?? '';
  return {
    format,
    picture: describePicture(path, file, video, firstFrames),
    others: streams.filter(({ index }) => index !== video.index).map(describeStream),
    tags: new Map(Object.entries(file.format?.tags ?? {})),
    chapters: file.chapters?.length ?? 0,
    frames,
    beginSeconds: restartsClock(format) ? 0 : Number(file.format?.start_time) || 0,
    frameRate: rates[0] ?? '25/1',
    timeBase: video.time_base ?? '1/90000',
  };
}

async function probeFile(path: string, options: FfmpegOptions): Promise<ProbedFile> {
  const { exitCode, output, errorLines } = await runFfprobe(
    [
      '-v',
      'error',
      '-show_format',
      '-show_streams',
      '-show_chapters',
      '-show_pixel_formats',
      '-of',
      'json',
      ...clipInput(path),
    ],
    options,
  );
  if (exitCode === 0) return JSON.parse(output) as ProbedFile;
  const errorLine = withoutPath(errorLines[0] ?? 'it gave no reason', path);
  if (isRefusedFormat(errorLine)) {
    throw new UnblurError(
      `${path} is not a clip but a picture, a list of other files or something else; give the clip itself, or use unblur restore for a photograph`,
    );
  }
  throw new UnblurError(
    `${path} is not a video that ffmpeg reads, or is damaged (${errorLine}); get the whole file`,
  );
}

/**
 * The first stream of moving pictures that is marked as the one to play, or the first at all; never the cover
 * of an album.
 */
function chooseVideo(streams: ProbedStream[]): ProbedStream | undefined {
  const moving = streams.filter(
    ({ codec_type: type, disposition = {} }) => type === 'video' && !disposition.attached_pic,
  );
  return moving.find(({ disposition = {} }) => disposition.default) ?? moving[0];
}

/** Goes through the packets of the pictures. @throws UnblurError when the file is damaged or cut short. */
async function countShownFrames(path: string, index: number, options: FfmpegOptions): Promise<number> {
  const { exitCode, output, errorLines } = await runFfprobe(
    [
      '-v',
      'error',
      '-select_streams',
      String(index),
      '-show_entries',
      'packet=flags',
      '-of',
      'csv=p=0',
      ...clipInput(path),
    ],
    options,
  );
  const errorLine = errorLines[0] && withoutPath(errorLines[0], path);
  if (exitCode !== 0 || errorLine) {
    throw damagedClip(path, errorLine);
  }
  return output.split('\n').filter((flags) => flags.trim() !== '' && !flags.includes('D')).length;
}

/** What only the pictures themselves say, by the first few of them. */
async function probeFirstFrames(path: string, index: number, options: FfmpegOptions): Promise<ProbedFrame[]> {
  const { output } = await runFfprobe(
    [
      '-v',
      'quiet',
      '-select_streams',
      String(index),
      '-read_intervals',
      '%+#4',
      '-show_frames',
      '-show_entries',
      'frame=interlaced_frame:frame_side_data',
      '-of',
      'json',
      ...clipInput(path),
    ],
    options,
  );
  return output.trim() ? ((JSON.parse(output) as { frames?: ProbedFrame[] }).frames ?? []) : [];
}

const interlacedOrders = ['tt', 'bb', 'tb', 'bt'];
const hdrTransfers = new Map<string | undefined, 'PQ' | 'HLG'>([
  ['smpte2084', 'PQ'],
  ['arib-std-b67', 'HLG'],
]);

function describePicture(
  path: string,
  { pixel_formats: pixelFormats = [] }: ProbedFile,
  video: ProbedStream,
  firstFrames: ProbedFrame[],
): PictureFacts {
  const pixelFormat = pixelFormats.find(({ name }) => name === video.pix_fmt);
  const sideData = [
    ...(video.side_data_list ?? []),
    ...firstFrames.flatMap(({ side_data_list: list = [] }) => list),
  ];
  const dolbyVision = sideData.find((data) => data.dv_profile !== undefined);
  if (dolbyVision?.dv_profile === 5) {
    throw new UnblurError(
      `${path} is Dolby Vision of profile 5, whose colours ffmpeg does not decode; convert it to HDR10 or ordinary video first`,
    );
  }
  const said = (value: string | undefined) =>
    value === undefined || value === 'unknown' || value === 'reserved' ? undefined : value;
  const color: ColorTags = {
    matrix: said(video.color_space),
    primaries: said(video.color_primaries),
    transfer: said(video.color_transfer),
    range: video.color_range === 'pc' || video.color_range === 'tv' ? video.color_range : undefined,
  };
  const stream = describeStream(video);
  const hidesAlpha = [...stream.tags].some(
    ([name, value]) => name.toLowerCase() === 'alpha_mode' && value === '1',
  );
  const isTurned = Math.abs(sideData.find((data) => data.rotation !== undefined)?.rotation ?? 0) % 180 === 90;
  const hdr = hdrTransfers.get(color.transfer);
  return {
    ...stream,
    width: isTurned ? video.height! : video.width!,
    height: isTurned ? video.width! : video.height!,
    chroma: describeChroma(pixelFormat),
    bitDepth: Math.max(8, ...(pixelFormat?.components ?? []).map(({ bit_depth: bits }) => bits)),
    isRgb: pixelFormat?.flags.rgb === 1 || color.matrix === 'gbr',
    hasAlpha: pixelFormat?.flags.alpha === 1 || hidesAlpha,
    isInterlaced:
      interlacedOrders.includes(video.field_order ?? '') ||
      firstFrames.some(({ interlaced_frame: isInterlaced }) => isInterlaced === 1),
    color,
    hdr,
    masteringDisplay: hdr && describeMasteringDisplay(sideData),
    contentLight: hdr && describeContentLight(sideData),
    dynamicMetadata: [
      dolbyVision && 'Dolby Vision',
      sideData.some(({ side_data_type: type }) => /HDR10\+|2094-40/.test(type ?? '')) && 'HDR10+',
    ].filter((name) => typeof name === 'string'),
    decoder:
      hidesAlpha && /^vp[89]$/.test(stream.codec)
        ? stream.codec === 'vp9'
          ? 'libvpx-vp9'
          : 'libvpx'
        : undefined,
  };
}

function describeStream({
  index,
  codec_type: type,
  codec_name: codec,
  codec_tag_string: tag,
  tags = {},
  disposition = {},
}: ProbedStream): StreamFacts {
  return {
    index,
    kind:
      type === 'video' || type === 'audio' || type === 'subtitle' || type === 'attachment' ? type : 'data',
    codec:
      codec && !/^(none|unknown|bin_data)$/.test(codec)
        ? codec
        : tag && !tag.startsWith('[0]')
          ? tag
          : 'unknown',
    tags: new Map(Object.entries(tags)),
    dispositions: Object.keys(disposition).filter((name) => disposition[name] === 1),
  };
}

/** By the halvings of width and height that lead from brightness to colours. */
const chromaNames = new Map([
  ['0,0', '4:4:4'],
  ['0,1', '4:4:0'],
  ['1,0', '4:2:2'],
  ['2,0', '4:1:1'],
]);

function describeChroma(format: NonNullable<ProbedFile['pixel_formats']>[number] | undefined): string {
  if (format && (format.nb_components ?? 3) < 3) return '4:0:0';
  return chromaNames.get(`${format?.log2_chroma_w},${format?.log2_chroma_h}`) ?? '4:2:0';
}

function describeMasteringDisplay(sideData: SideData[]): MasteringDisplay | undefined {
  const data = sideData.find(({ side_data_type: type }) => type === 'Mastering display metadata');
  const inUnits = (name: string, unitsPerOne: number): number => {
    const [numerator, denominator = 1] = String(data?.[name] ?? NaN)
      .split('/')
      .map(Number);
    return Math.round((numerator! / denominator) * unitsPerOne);
  };
  const point = (name: string): [number, number] => [
    inUnits(`${name}_x`, 50_000),
    inUnits(`${name}_y`, 50_000),
  ];
  const display: MasteringDisplay = {
    red: point('red'),
    green: point('green'),
    blue: point('blue'),
    whitePoint: point('white_point'),
    luminance: [inUnits('max_luminance', 10_000), inUnits('min_luminance', 10_000)],
  };
  return Object.values(display).flat().every(Number.isFinite) ? display : undefined;
}

function describeContentLight(sideData: SideData[]): PictureFacts['contentLight'] {
  const { max_content: pixel = 0, max_average: frame = 0 } =
    sideData.find(({ side_data_type: type }) => type === 'Content light level metadata') ?? {};
  return pixel > 0 || frame > 0 ? { brightestPixelNits: pixel, brightestFrameNits: frame } : undefined;
}

/**
 * The error for a clip that cannot be read to its end. The repair that it suggests encodes frames again: if
 * they were copied, the broken ones would break the copy too.
 */
export function damagedClip(path: string, errorLine: string | undefined): UnblurError {
  const repaired = join(dirname(path), `${parse(path).name}-repaired.mp4`);
  return new UnblurError(
    `${path} is damaged or cut short (${errorLine ?? 'ffmpeg gave no reason'}); get the whole file, or save what can be read with: ffmpeg -i ${shellWord(path)} -crf 14 ${shellWord(repaired)}`,
  );
}

/** ffmpeg puts the name of the file before what is wrong with it. */
function withoutPath(errorLine: string, path: string): string {
  const name = `file:${path}: `;
  return errorLine.startsWith(name) ? errorLine.slice(name.length) : errorLine;
}
