import {
  getFirstEncodableVideoCodec,
  Mp4OutputFormat,
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
