import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describeWriteFailure, outputFile, startFfmpeg, type FfmpegOptions } from '@unblur/clips';
import { UnblurError } from '@unblur/files';
import { fitWithin, roundUp } from '@unblur/restoration';
import { frameMillisecondsOf, orderPlayback, type PlaybackOptions } from './animation.js';
import { toSharp, type Picture } from './pixel-image.js';

export interface VideoOptions extends PlaybackOptions, FfmpegOptions {
  /** How often the frames are played, since players do not loop. Default 4. */
  rounds?: number;
}

const videoLongestSidePixels = 1920;

/**
 * Writes frames as an H.264 MP4 that any player shows, its longest side at most 1920 pixels. The codec wants
 * even sides: an odd one has its last row or column twice.
 *
 * @throws UnblurError when ffmpeg cannot be run or fails; what it had written by then is the caller's to
 * remove.
 */
export async function writeVideo(
  path: string,
  frames: readonly Picture[],
  { rounds = 4, ffmpegPath, signal, ...playback }: VideoOptions = {},
): Promise<void> {
  const { width, height } = fitWithin(frames[0]!, videoLongestSidePixels);
  const even = { width: roundUp(width, 2), height: roundUp(height, 2) };
  const pictures = await Promise.all(frames.map((frame) => encodePicture(frame, width, height, even)));
  const round = orderPlayback(pictures, playback);
  const framesPerSecond = 1000 / frameMillisecondsOf(playback, frames.length);

  const ffmpeg = startFfmpeg(
    [
      ...['-loglevel', 'error', '-nostdin', '-y'],
      ...[
        '-f',
        'rawvideo',
        '-pix_fmt',
        'rgb24',
        '-s',
        `${even.width}x${even.height}`,
        '-r',
        String(framesPerSecond),
        '-i',
        'pipe:0',
      ],
      ...['-vf', 'scale=out_color_matrix=bt709:out_range=tv', '-pix_fmt', 'yuv420p'],
      ...[
        '-colorspace',
        'bt709',
        '-color_primaries',
        'bt709',
        '-color_trc',
        'iec61966-2-1',
        '-color_range',
        'tv',
      ],
      ...[
        '-c:v',
        'libx264',
        '-crf',
        '17',
        '-preset',
        'veryfast',
        '-fflags',
        '+bitexact',
        '-flags:v',
        '+bitexact',
      ],
      ...['-movflags', '+faststart', '-f', 'mp4', outputFile(path)],
    ],
    { ffmpegPath, signal },
  );
  const played = Readable.from(Array.from({ length: rounds }, () => round).flat());
  // What goes wrong here shows in how ffmpeg ends.
  const fed = pipeline(played, ffmpeg.process.stdin!).catch(() => undefined);
  const exitCode = await ffmpeg.finished;
  await fed;
  if (exitCode !== 0) throw new UnblurError(describeWriteFailure(ffmpeg.errorLines(), 'leave the video out'));
}

/** 8-bit RGB at a size, its last column and row repeated where even sides need one more. */
async function encodePicture(
  frame: Picture,
  width: number,
  height: number,
  even: { width: number; height: number },
): Promise<Buffer> {
  const pipeline = toSharp(frame);
  if (width !== frame.width || height !== frame.height) {
    pipeline.resize(width, height, { fit: 'fill', kernel: 'lanczos3' });
  }
  if (even.width !== width || even.height !== height) {
    pipeline.extend({ right: even.width - width, bottom: even.height - height, extendWith: 'copy' });
  }
  return pipeline.raw().toBuffer();
}
