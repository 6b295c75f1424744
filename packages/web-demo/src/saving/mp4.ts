import {
  BufferTarget,
  CanvasSource,
  getFirstEncodableVideoCodec,
  Mp4OutputFormat,
  Output,
  QUALITY_VERY_HIGH,
} from 'mediabunny';
import { drawPicture } from '../picture.js';
import { fitPicture } from './fitting.js';
import type { Film } from './film.js';

const longestSidePixels = 1920;
/** Players do not loop. */
const rounds = 4;

/**
 * A video that plays a few rounds; H.264 where the browser encodes it, else VP9 or AV1. The codecs want even
 * sides: an odd one loses a row or column.
 *
 * @throws in one line for people when the browser encodes no video.
 */
export async function encodeMp4({ frames, round, framesPerSecond }: Film): Promise<Blob> {
  const pictures = frames.map((frame) => fitPicture(frame, longestSidePixels));
  const [width, height] = [pictures[0]!.width & ~1, pictures[0]!.height & ~1];
  const codec =
    'VideoEncoder' in self
      ? await getFirstEncodableVideoCodec(['avc', 'vp9', 'av1'], { width, height })
      : null;
  if (!codec || width < 2 || height < 2) {
    throw new Error('This browser cannot encode such a video; save a GIF instead.');
  }

  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  const output = new Output({
    format: new Mp4OutputFormat({ fastStart: 'in-memory' }),
    target: new BufferTarget(),
  });
  const source = new CanvasSource(canvas, { codec, quality: QUALITY_VERY_HIGH });
  output.addVideoTrack(source, { frameRate: framesPerSecond });
  await output.start();
  const scratch = new OffscreenCanvas(1, 1);
  for (let shown = 0; shown < rounds * round.length; shown++) {
    drawPicture(scratch, pictures[round[shown % round.length]!]!);
    context.drawImage(scratch, 0, 0);
    await source.add(shown / framesPerSecond, 1 / framesPerSecond);
  }
  await output.finalize();
  return new Blob([output.target.buffer!], { type: 'video/mp4' });
}
