import { extname } from 'node:path';
import type { StreamFacts } from './clip-facts.js';

/** A kind of file that clips are written to, and what it can hold. Codecs by ffmpeg's names. */
export interface Container {
  /** ffmpeg's name of it. */
  muxer: string;
  /** `h264`: H.264, or HEVC for more than 8 bits. `vp9`: VP9 for both. */
  pictures: 'h264' | 'vp9';
  /**
   * Whether colours stay as finely sampled as they were (4:4:4, 4:2:2). Else they become 4:2:0, the only kind
   * that browsers, QuickTime and most devices play.
   */
  keepsChroma: boolean;
  /** Sound that is copied; `any` where hardly anything is refused. */
  sounds: ReadonlySet<string> | 'any';
  /** What other sound is converted to. */
  soundFallback: { name: string; encoder: string };
  /** The encoder for subtitles that are text; undefined where none are held. */
  textSubtitles: string | undefined;
  /** Subtitles that are copied. */
  subtitles: ReadonlySet<string>;
  holdsFonts: boolean;
  holdsCovers: boolean;
  /** Arguments of ffmpeg for the finished file. */
  options: string[];
}

const aac = { name: 'AAC', encoder: 'aac' };
const opus = { name: 'Opus', encoder: 'libopus' };
const mp4Sounds = ['aac', 'mp3', 'ac3', 'eac3', 'alac', 'opus', 'flac'];
const pcmSounds = [
  'pcm_s16le',
  'pcm_s24le',
  'pcm_s32le',
  'pcm_f32le',
  'pcm_s16be',
  'pcm_s24be',
  'pcm_s32be',
  'pcm_f32be',
  'pcm_u8',
  'pcm_alaw',
  'pcm_mulaw',
];

const mp4: Container = {
  muxer: 'mp4',
  pictures: 'h264',
  keepsChroma: false,
  sounds: new Set(mp4Sounds),
  soundFallback: aac,
  textSubtitles: 'mov_text',
  subtitles: new Set(['mov_text', 'dvd_subtitle']),
  holdsFonts: false,
  holdsCovers: true,
  // Older versions of ffmpeg want to be asked for FLAC and the like in MP4.
  options: ['-movflags', '+faststart', '-strict', '-2'],
};

const containers = new Map<string, Container>([
  ['.mp4', mp4],
  ['.m4v', mp4],
  [
    '.mov',
    {
      ...mp4,
      muxer: 'mov',
      sounds: new Set(['aac', 'mp3', 'ac3', 'eac3', 'alac', ...pcmSounds]),
      subtitles: new Set(['mov_text']),
      holdsCovers: false,
    },
  ],
  [
    '.mkv',
    {
      muxer: 'matroska',
      pictures: 'h264',
      keepsChroma: true,
      sounds: 'any',
      soundFallback: aac,
      textSubtitles: 'srt',
      subtitles: new Set([
        'subrip',
        'ass',
        'ssa',
        'webvtt',
        'hdmv_pgs_subtitle',
        'dvd_subtitle',
        'dvb_subtitle',
        'hdmv_text_subtitle',
      ]),
      holdsFonts: true,
      holdsCovers: false,
      // Sound may begin a little before 0, to prime its decoder; pictures do not move for that.
      options: ['-avoid_negative_ts', 'disabled'],
    },
  ],
  [
    '.webm',
    {
      muxer: 'webm',
      pictures: 'vp9',
      keepsChroma: false,
      sounds: new Set(['opus', 'vorbis']),
      soundFallback: opus,
      textSubtitles: 'webvtt',
      subtitles: new Set(['webvtt']),
      holdsFonts: false,
      holdsCovers: false,
      options: ['-avoid_negative_ts', 'disabled'],
    },
  ],
  [
    '.ts',
    {
      muxer: 'mpegts',
      pictures: 'h264',
      keepsChroma: false,
      sounds: new Set(['aac', 'mp2', 'mp3', 'ac3', 'eac3', 'dts', 'opus']),
      soundFallback: aac,
      textSubtitles: undefined,
      subtitles: new Set(['dvb_subtitle', 'dvb_teletext']),
      holdsFonts: false,
      holdsCovers: false,
      options: [],
    },
  ],
]);

export const clipExtensions: readonly string[] = [...containers.keys()];

/** The container for a file name's extension; undefined if it is not one that can be written here. */
export function containerOf(path: string): Container | undefined {
  return containers.get(extname(path).toLowerCase());
}

/** What becomes of a stream of the original in a container. */
export type StreamPlan =
  | { stream: StreamFacts; encoder: string; convertedTo?: string }
  | { stream: StreamFacts; encoder: undefined };

const textSubtitles = new Set(['subrip', 'srt', 'ass', 'ssa', 'webvtt', 'mov_text', 'text']);

/**
 * Copies what the container can hold, converts what it can hold in another form, and leaves out the rest.
 */
export function planStream(stream: StreamFacts, container: Container): StreamPlan {
  const { kind, codec, dispositions } = stream;
  if (kind === 'audio') {
    if (codec === 'unknown') return { stream, encoder: undefined };
    return container.sounds === 'any' || container.sounds.has(codec)
      ? { stream, encoder: 'copy' }
      : { stream, encoder: container.soundFallback.encoder, convertedTo: container.soundFallback.name };
  }
  if (kind === 'subtitle') {
    if (container.subtitles.has(codec)) return { stream, encoder: 'copy' };
    return { stream, encoder: textSubtitles.has(codec) ? container.textSubtitles : undefined };
  }
  const isCover = kind === 'video' && dispositions.includes('attached_pic');
  const isHeld = (isCover && container.holdsCovers) || (kind === 'attachment' && container.holdsFonts);
  return { stream, encoder: isHeld ? 'copy' : undefined };
}
