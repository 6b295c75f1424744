import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { roundUp } from '../padding.js';
import { firstLine, UnblurError } from '../unblur-error.js';
import { defaultFrameMilliseconds, orderPlayback, type PlaybackOptions } from './animation.js';
import { fitWithin, toSharp, type Picture } from './pixel-image.js';

export interface VideoOptions extends PlaybackOptions {
  /** How often the frames are played, since players do not loop. Default 4. */
  rounds?: number;
  /** The program to run. Default `ffmpeg`, as found in PATH. */
  ffmpegPath?: string;
  signal?: AbortSignal;
}

const videoLongestSidePixels = 1920;

/** Whether an ffmpeg can be run. */
export async function hasFfmpeg(ffmpegPath = 'ffmpeg'): Promise<boolean> {
  const probe = spawn(ffmpegPath, ['-version'], { stdio: 'ignore' });
  const [exitCode] = await once(probe, 'close').catch(() => [undefined]);
  return exitCode === 0;
}

/**
 * Writes frames as an H.264 MP4 that any player shows, its longest side at most 1920 pixels. The codec wants even sides: an odd one
 * has its last row or column twice.
 *
 * @throws UnblurError when ffmpeg cannot be run or fails; what it had written by then is the caller's to remove.
 */
export async function writeVideo(path: string, frames: readonly Picture[], { rounds = 4, ffmpegPath = 'ffmpeg', signal, ...playback }: VideoOptions = {}): Promise<void> {
  const { width, height } = fitWithin(frames[0]!, videoLongestSidePixels);
  const even = { width: roundUp(width, 2), height: roundUp(height, 2) };
  const pictures = await Promise.all(frames.map((frame) => encodePicture(frame, width, height, even)));
  const round = orderPlayback(pictures, playback);
  const framesPerSecond = 1000 / (playback.frameMilliseconds ?? defaultFrameMilliseconds(frames.length));

  const ffmpeg = spawn(
    ffmpegPath,
    [
      ...['-loglevel', 'error', '-nostdin', '-y'],
      ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${even.width}x${even.height}`, '-r', String(framesPerSecond), '-i', 'pipe:0'],
      ...['-vf', 'scale=out_color_matrix=bt709:out_range=tv', '-pix_fmt', 'yuv420p'],
      ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'iec61966-2-1', '-color_range', 'tv'],
      ...['-c:v', 'libx264', '-crf', '17', '-preset', 'veryfast', '-fflags', '+bitexact', '-flags:v', '+bitexact'],
      ...['-movflags', '+faststart', '-f', 'mp4', path],
    ],
    { stdio: ['pipe', 'ignore', 'pipe'], signal },
  );
  let stderr = '';
  ffmpeg.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const fed = pipeline(Readable.from(Array.from({ length: rounds }, () => round).flat()), ffmpeg.stdin).catch(() => undefined);
  try {
    const [exitCode] = (await once(ffmpeg, 'close')) as [number | null];
    await fed;
    if (exitCode !== 0) throw new UnblurError(describeFailure(stderr));
  } catch (cause) {
    if (cause instanceof UnblurError || (cause as Error).name === 'AbortError') throw cause;
    throw new UnblurError(`Could not run ${ffmpegPath} to write the video (${firstLine((cause as Error).message)}); install ffmpeg or leave the video out`, { cause });
  }
}

/** 8-bit RGB at a size, its last column and row repeated where even sides need one more. */
async function encodePicture(frame: Picture, width: number, height: number, even: { width: number; height: number }): Promise<Buffer> {
  const pipeline = toSharp(frame);
  if (width !== frame.width || height !== frame.height) pipeline.resize(width, height, { fit: 'fill', kernel: 'lanczos3' });
  if (even.width !== width || even.height !== height) pipeline.extend({ right: even.width - width, bottom: even.height - height, extendWith: 'copy' });
  return pipeline.raw().toBuffer();
}

function describeFailure(stderr: string): string {
  if (/No space left on device/i.test(stderr)) return 'Could not write the video: the disk is full; free some space or choose another folder';
  if (/Permission denied/i.test(stderr)) return 'Could not write the video: no right to write there; choose another folder or change its permissions';
  return `ffmpeg could not write the video (${firstLine(stderr) || 'it gave no reason'}); update ffmpeg or leave the video out`;
}
