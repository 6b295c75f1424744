import { Conversion, Output, VideoSample, VideoSampleSource, type DiscardedTrack } from 'mediabunny';
import type { VideoDeblurrer } from '@unblur/restoration';
import { pictureOfImage, type Picture } from '../picture.js';
import { clipFormats, clipQuality, encodableCodec, type ClipFormatName } from './clip-formats.js';
import { framesOf, type FrameTime, type OpenClip } from './clip-reading.js';
import { i420, i420Bytes } from './i420.js';
import type { ScratchFile } from './scratch-file.js';

/** A frame as it was and as it became. */
export interface FramePair {
  blurred: Picture;
  sharp: Picture;
}

export interface SharpenOptions {
  deblurrer: Pick<VideoDeblurrer, 'deblur'>;
  /** Size of the frames that are worked on and written; both sides even. */
  width: number;
  height: number;
  format: ClipFormatName;
  /** Where to end, in seconds after the beginning; such a part has no sound. */
  toSeconds?: number;
  file: ScratchFile;
  /** Called after each frame that was written; with its pair now and then, when there is one to look at. */
  onFrame: (done: { frames: number; seconds: number; pair?: FramePair }) => void;
}

export interface SharpenedClip {
  clip: Blob;
  /** Of the scratch file that holds it. */
  fileName?: string;
  frames: number;
  /** When the last frame ends, in seconds. */
  seconds: number;
  lostSound: boolean;
}

/** Pairs to look at come no faster. */
const pairMilliseconds = 250;

/**
 * Makes a clip sharp, frame by frame; each keeps its time, and sound goes along as it is where the format
 * holds it. Memory does not depend on the length of the clip.
 *
 * @throws in one line for people where the clip is damaged.
 */
export async function sharpenClip(
  clip: OpenClip,
  { deblurrer, width, height, format, toSeconds = Infinity, file, onFrame }: SharpenOptions,
): Promise<SharpenedClip> {
  const kind = clipFormats[format];
  const codec = await encodableCodec(kind, width, height);
  if (!codec) {
    throw new Error(`This browser cannot encode a clip of ${width} × ${height}. Choose another size.`);
  }
  const output = new Output({ format: kind.open(), target: file.target });
  const pixelsPerSecond = (width * height * clip.facts.frames) / clip.facts.seconds;
  const source = new VideoSampleSource({ codec, quality: clipQuality(codec, pixelsPerSecond) });
  output.addVideoTrack(source);
  const sound = await Conversion.init({
    input: clip.input,
    output,
    composable: true,
    video: { discard: true },
    audio: toSeconds === Infinity ? {} : { discard: true },
    trim: { start: clip.startSeconds },
    // What lies before the first picture is dropped rather than all of it coded anew.
    copy: { boundaryPolicy: 'shrink' },
    showWarnings: false,
  });

  /** Sharp frames come some frames later than those that they are made from, one for each. */
  const awaited: FrameTime[] = [];
  /** The frame that is to be looked at next, as it was. */
  let seen: { index: number; picture: Picture } | undefined;
  let lastPairAt = -Infinity;
  const planes = new Uint8Array(i420Bytes(width, height));
  let framesRead = 0;
  let framesWritten = 0;
  let seconds = 0;
  const frames = framesOf(clip, { width, height }, toSeconds, (time, rgba) => {
    awaited.push(time);
    if (!seen && performance.now() - lastPairAt > pairMilliseconds) {
      seen = { index: framesRead, picture: { width, height, rgba: rgba.slice() as Picture['rgba'] } };
    }
    framesRead++;
  });
  try {
    // Raw tags are of the clip's own kind of file.
    output.setMetadataTags({ ...(await clip.input.getMetadataTags()), raw: undefined });
    await output.start();
    for await (const frame of deblurrer.deblur(frames, { overwrites: true })) {
      const time = awaited.shift()!;
      i420(frame, planes);
      const sample = new VideoSample(planes, {
        format: 'I420',
        codedWidth: width,
        codedHeight: height,
        ...time,
      });
      await source.add(sample);
      sample.close();
      seconds = time.timestamp + time.duration;
      await sound.execute({ until: seconds });
      let pair: FramePair | undefined;
      if (seen?.index === framesWritten) {
        pair = { blurred: seen.picture, sharp: pictureOfImage(frame) };
        seen = undefined;
        lastPairAt = performance.now();
      }
      onFrame({ frames: ++framesWritten, seconds, pair });
    }
    if (framesWritten === 0) {
      throw new Error('The clip gave no frame that could be decoded. Get the whole file.');
    }
    source.close();
    await sound.execute();
    await output.finalize();
  } catch (cause) {
    await output.cancel().catch(() => undefined);
    throw cause;
  }
  return {
    clip: await file.finish(kind.type),
    fileName: file.name,
    frames: framesWritten,
    seconds,
    lostSound: lostSound(sound.discardedTracks),
  };
}

const lostSound = (discarded: DiscardedTrack[]): boolean =>
  discarded.some(({ track, reason }) => track.type === 'audio' && reason !== 'discarded_by_user');
