import {
  getFirstEncodableVideoCodec,
  Mp4OutputFormat,
  Quality,
  WebMOutputFormat,
  type OutputFormat,
  type VideoCodec,
} from 'mediabunny';

export type ClipFormatName = 'mp4' | 'webm';

interface ClipFormat {
  type: string;
  /** What more players play comes first. */
  codecs: VideoCodec[];
  /** What it is written with: data on disk may be written in any order. */
  open(): OutputFormat;
}

/** Kinds of files that the page writes. */
export const clipFormats: Record<ClipFormatName, ClipFormat> = {
  mp4: {
    type: 'video/mp4',
    codecs: ['avc', 'hevc', 'av1', 'vp9'],
    open: () => new Mp4OutputFormat({ fastStart: false }),
  },
  webm: { type: 'video/webm', codecs: ['vp9', 'av1', 'vp8'], open: () => new WebMOutputFormat() },
};

/** The codec that the browser encodes such a clip with; undefined where it cannot. */
export async function encodableCodec(
  { codecs }: ClipFormat,
  width: number,
  height: number,
): Promise<VideoCodec | undefined> {
  return (await getFirstEncodableVideoCodec(codecs, { width, height })) ?? undefined;
}

/** How finely a codec quantizes so that nothing is seen of it, and how many bits it takes beside H.264. */
const transparent: Partial<Record<VideoCodec, { quantizer?: number; bits: number }>> = {
  avc: { quantizer: 17, bits: 1 },
  hevc: { quantizer: 17, bits: 0.7 },
  vp9: { quantizer: 20, bits: 0.7 },
  av1: { quantizer: 80, bits: 0.6 },
  vp8: { bits: 1.2 },
};

/**
 * Bits a second, for browsers that take no quantizer: 16 million for 1920x1080 at 30 frames a second. Detail is
 * denser in small pictures, so bits grow with pixels to the power of 3/4.
 */
export function bitsPerSecond(codec: VideoCodec, pixelsPerSecond: number): number {
  return Math.round((transparent[codec]?.bits ?? 1) * 23 * Math.max(1, pixelsPerSecond) ** 0.75);
}

/** Quality at which the detail that was won is kept. */
export function clipQuality(codec: VideoCodec, pixelsPerSecond: number): Quality {
  const { quantizer } = transparent[codec] ?? {};
  return new Quality({
    bitrate: bitsPerSecond(codec, pixelsPerSecond),
    ...(quantizer !== undefined && { quantizer }),
  });
}
