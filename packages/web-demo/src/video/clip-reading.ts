import {
  BlobSource,
  Input,
  MATROSKA,
  MP4,
  MPEG_TS,
  QTFF,
  VideoSampleSink,
  WEBM,
  type AudioCodec,
  type InputVideoTrack,
  type VideoSample,
} from 'mediabunny';
import type { RgbImage } from '@unblur/restoration';
import { clipFormats, encodableCodec, type ClipFormatName } from './clip-formats.js';
import { commandFor } from './command.js';

/** What the page says of a clip before anything is made of it. */
export interface ClipFacts {
  /** As it is shown: upright, in square pixels. */
  width: number;
  height: number;
  seconds: number;
  /** Expected: a clip tells for certain only when all of it is decoded. */
  frames: number;
  hasSound: boolean;
  isHighDynamicRange: boolean;
  /** What the browser can write, the clip's own kind first. */
  formats: ClipFormatName[];
}

export interface OpenClip {
  input: Input;
  video: InputVideoTrack;
  facts: ClipFacts;
  /** When its first picture or sound is, in seconds; in what is made of it, that is 0. */
  startSeconds: number;
}

const readFormats = [MP4, QTFF, MATROSKA, WEBM, MPEG_TS];
/** A rate is taken from so many frames. */
const countedFrames = 500;

/** @throws in one line for people when the page cannot make anything of the file. */
export async function openClip(file: File): Promise<OpenClip> {
  const input = new Input({ source: new BlobSource(file), formats: readFormats });
  const video = await firstVideo(input, file.name);
  if (!(await video.canDecode().catch(() => false))) {
    const codec = (await video.getCodec().catch(() => null)) ?? 'a codec that it does not know';
    throw new Error(`This browser cannot decode ${file.name} (${codec}). ${commandFor(file.name)}`);
  }
  try {
    const [width, height] = [await video.getDisplayWidth(), await video.getDisplayHeight()];
    const startSeconds = Math.max(0, await input.getFirstTimestamp());
    const { packetCount, averagePacketRate } = await video.computePacketStats(countedFrames);
    const endSeconds = (await video.getDurationFromMetadata()) ?? (await video.computeDuration());
    const seconds = endSeconds - startSeconds;
    const frames =
      packetCount < countedFrames
        ? packetCount
        : Math.max(packetCount, Math.round(seconds * averagePacketRate));
    if (frames < 2) {
      throw new Error(
        `${file.name} holds one frame, which has no neighbours to learn from. Save it as a picture and choose that.`,
      );
    }
    const sound = await input.getPrimaryAudioTrack();
    const formats = await encodableFormats(
      width,
      height,
      (await input.getFormat()).name,
      (await sound?.getCodec()) ?? null,
    );
    if (formats.length === 0) {
      throw new Error(`This browser cannot encode video. ${commandFor(file.name)}`);
    }
    return {
      input,
      video,
      startSeconds,
      facts: {
        width,
        height,
        seconds,
        frames,
        hasSound: sound !== null,
        isHighDynamicRange: await video.hasHighDynamicRange().catch(() => false),
        formats,
      },
    };
  } catch (cause) {
    input.dispose();
    throw cause;
  }
}

async function firstVideo(input: Input, name: string): Promise<InputVideoTrack> {
  const unreadable = () =>
    new Error(
      `${name} is damaged or not a clip that this page can read (MP4, MOV, WebM, MKV, MPEG-TS). ${commandFor(name)}`,
    );
  if (!(await input.canRead().catch(() => false))) throw unreadable();
  const video = await input.getPrimaryVideoTrack().catch(() => {
    throw unreadable();
  });
  if (!video) throw new Error(`${name} holds no video, or a part of it is missing. Get the whole file.`);
  return video;
}

/** The clip's own kind first, but before that one that takes its sound as it is. */
async function encodableFormats(
  width: number,
  height: number,
  kind: string,
  sound: AudioCodec | null,
): Promise<ClipFormatName[]> {
  const names: ClipFormatName[] = /webm|matroska/i.test(kind) ? ['webm', 'mp4'] : ['mp4', 'webm'];
  const copies = (name: ClipFormatName) =>
    !sound || clipFormats[name].open().getSupportedCodecs().includes(sound);
  if (!copies(names[0]!) && copies(names[1]!)) names.reverse();
  const codecs = await Promise.all(names.map((name) => encodableCodec(clipFormats[name], width, height)));
  return names.filter((_, index) => codecs[index]);
}

/** When a frame is shown, in seconds of the clip. */
export interface FrameTime {
  timestamp: number;
  duration: number;
}

/**
 * The frames of a part of a clip, upright, in [0, 1], at a size; all in one buffer, which is written over.
 * What is partly transparent lies over white.
 *
 * @param onFrame hears of each frame before it is given, with its picture as bytes (RGBA, written over too).
 * @throws in one line for people where the clip is damaged.
 */
export async function* framesOf(
  { video, startSeconds, facts }: OpenClip,
  { width, height }: { width: number; height: number },
  toSeconds: number,
  onFrame: (time: FrameTime, rgba: Uint8ClampedArray) => void,
): AsyncGenerator<RgbImage, void, undefined> {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.imageSmoothingQuality = 'high';
  const frame = { width, height, data: new Float32Array(width * height * 3) };
  // An odd side loses a row or column, so that no pixel is made of two.
  const isFullSize = facts.width - width < 2 && facts.height - height < 2;
  const [drawnWidth, drawnHeight] = isFullSize ? [facts.width, facts.height] : [width, height];
  for await (const sample of samplesOf(video, startSeconds, toSeconds)) {
    const time = { timestamp: sample.timestamp - startSeconds, duration: sample.duration };
    context.fillStyle = 'white';
    context.fillRect(0, 0, width, height);
    sample.draw(context, 0, 0, drawnWidth, drawnHeight);
    sample.close();
    const { data: rgba } = context.getImageData(0, 0, width, height);
    for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
      frame.data[to] = rgba[from]! / 255;
      frame.data[to + 1] = rgba[from + 1]! / 255;
      frame.data[to + 2] = rgba[from + 2]! / 255;
    }
    onFrame(time, rgba);
    yield frame;
  }
}

async function* samplesOf(
  video: InputVideoTrack,
  startSeconds: number,
  toSeconds: number,
): AsyncGenerator<VideoSample, void, undefined> {
  let seconds = 0;
  try {
    for await (const sample of new VideoSampleSink(video).samples(startSeconds, startSeconds + toSeconds)) {
      seconds = sample.timestamp - startSeconds;
      yield sample;
    }
  } catch (cause) {
    throw new Error(
      `The clip is damaged ${seconds.toFixed(1)} s after its beginning: the browser cannot decode further. Get the whole file.`,
      { cause },
    );
  }
}
