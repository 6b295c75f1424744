import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { clipInput, describeWriteFailure, outputFile, startFfmpeg, type FfmpegOptions } from '@unblur/clips';
import { expectOptions, type OptionNames, produceAtomically, UnblurError } from '@unblur/files';
import { excerptOfValue } from '@unblur/files/parsed-value';
import { fitWithin, roundUp } from '@unblur/restoration';
import { frameMillisecondsOf, orderPlayback, type PlaybackOptions } from './animation.js';
import { expectPictures, toSharp, type Picture } from './pixel-image.js';

export interface VideoOptions extends PlaybackOptions, FfmpegOptions {
  /** How often the frames are played, since players do not loop. Default 4. */
  rounds?: number | undefined;
}

const videoOptions: OptionNames<VideoOptions> = {
  frameMilliseconds: true,
  pingPong: 'boolean',
  rounds: true,
  ffmpegPath: true,
  signal: 'signal',
};

const videoLongestSidePixels = 1920;

/**
 * Writes frames as an H.264 MP4 that any player shows, its longest side at most 1920 pixels. The codec needs
 * even sides: an odd one gets its last row or column twice. The file appears once it is complete.
 *
 * @throws UnblurError when there is no frame, one is no picture, ffmpeg cannot be run or fails, or the file
 * cannot be written; the signal's reason when aborted.
 */
export async function writeVideo(
  path: string,
  frames: readonly Picture[],
  options: VideoOptions = {},
): Promise<void> {
  expectPictures(frames);
  const {
    rounds = 4,
    ffmpegPath,
    signal,
    ...playback
  } = expectOptions(options, videoOptions, "writeVideo('video.mp4', frames, { rounds: 1 })");
  if (!(Number.isInteger(rounds) && rounds >= 1)) {
    throw new UnblurError(
      `Expected a whole number of at least 1 for rounds but received ${excerptOfValue(rounds)}`,
    );
  }
  const ffmpeg = { ffmpegPath, signal };
  await produceAtomically(
    path,
    async (temporaryPath) => {
      if (rounds === 1) return writeRound(temporaryPath, frames, playback, ffmpeg);
      // Compressed once, and repeated as it is: that takes half the time of compressing it four times.
      const roundPath = join(dirname(temporaryPath), 'round');
      await writeRound(roundPath, frames, playback, ffmpeg);
      await runFfmpeg(
        [
          ...['-stream_loop', String(rounds - 1), ...clipInput(roundPath), '-c', 'copy'],
          ...mp4Output(temporaryPath),
        ],
        ffmpeg,
      );
    },
    signal,
  );
}

/** All frames in the order in which one round shows them. */
async function writeRound(
  path: string,
  frames: readonly Picture[],
  playback: PlaybackOptions,
  ffmpeg: FfmpegOptions,
): Promise<void> {
  const { width, height } = fitWithin(frames[0]!, videoLongestSidePixels);
  const even = { width: roundUp(width, 2), height: roundUp(height, 2) };
  const pictures = await Promise.all(frames.map((frame) => encodePicture(frame, width, height, even)));
  const framesPerSecond = 1000 / frameMillisecondsOf(playback, frames.length);
  await runFfmpeg(
    [
      ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${even.width}x${even.height}`],
      ...['-r', String(framesPerSecond), '-i', 'pipe:0'],
      ...['-vf', 'scale=out_color_matrix=bt709:out_range=tv', '-pix_fmt', 'yuv420p'],
      ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'iec61966-2-1'],
      ...['-color_range', 'tv', '-c:v', 'libx264', '-crf', '17', '-preset', 'veryfast'],
      ...['-flags:v', '+bitexact', ...mp4Output(path)],
    ],
    ffmpeg,
    orderPlayback(pictures, playback),
  );
}

const mp4Output = (path: string): string[] => [
  ...['-fflags', '+bitexact', '-movflags', '+faststart', '-f', 'mp4'],
  outputFile(path),
];

/** @param fed what is written into its input. @throws UnblurError where it fails. */
async function runFfmpeg(
  commandLine: string[],
  options: FfmpegOptions,
  fed: readonly Buffer[] = [],
): Promise<void> {
  const ffmpeg = startFfmpeg(['-loglevel', 'error', '-nostdin', '-y', ...commandLine], options);
  // What goes wrong here shows in how ffmpeg ends.
  const feeding = pipeline(Readable.from(fed), ffmpeg.process.stdin!).catch(() => undefined);
  try {
    const exitCode = await ffmpeg.finished;
    await feeding;
    if (exitCode !== 0) {
      throw new UnblurError(describeWriteFailure(ffmpeg.errorLines(), 'leave the video out'));
    }
  } finally {
    await ffmpeg.gone;
  }
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
