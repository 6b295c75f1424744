import type { TimedFrame } from '@unblur/clips';
import { UnblurError } from '@unblur/files';
import { excerptOfValue } from '@unblur/files/parsed-value';
import type { RgbImage, VideoDeblurrer } from '@unblur/restoration';

/** A part of a clip, in seconds after its first frame; its end is not in it. */
export interface ClipPart {
  fromSeconds: number;
  toSeconds: number;
}

/** @throws UnblurError unless a part begins before it ends. */
export function expectPart({ fromSeconds, toSeconds }: ClipPart): void {
  if (fromSeconds >= 0 && toSeconds > fromSeconds) return;
  throw new UnblurError(
    `Expected a preview such as { fromSeconds: 1, toSeconds: 3 } but received one from ${excerptOfValue(fromSeconds)} to ${excerptOfValue(toSeconds)}`,
  );
}

/**
 * The frames of a part, its first at 0 seconds, from a stream of frames that starts with it.
 *
 * @param beginSeconds when the clip begins, in the time of its frames.
 */
export async function* framesOfPart(
  frames: AsyncIterable<TimedFrame>,
  { toSeconds }: ClipPart,
  beginSeconds: number,
): AsyncGenerator<TimedFrame, void, undefined> {
  let first: number | undefined;
  for await (const frame of frames) {
    // Times of frames are rounded to a clip's time base.
    if (frame.timeSeconds - beginSeconds >= toSeconds - 1e-3) break;
    first ??= frame.timeSeconds;
    yield { ...frame, timeSeconds: frame.timeSeconds - first };
  }
}

/**
 * A deblurrer whose frames show the original on the left and the sharp one on the right.
 *
 * @param readAgain reads the same frames once more, so that none has to be kept until its sharp one comes.
 */
export function besideOriginal(
  deblurrer: Pick<VideoDeblurrer, 'deblur'>,
  readAgain: () => AsyncGenerator<RgbImage, void, undefined>,
): Pick<VideoDeblurrer, 'deblur'> {
  return {
    async *deblur(frames, options) {
      const originals = readAgain();
      try {
        let pair: RgbImage | undefined;
        for await (const sharp of deblurrer.deblur(frames, options)) {
          const original = await originals.next();
          if (original.done) break;
          yield (pair = sideBySide(original.value, sharp, pair));
        }
      } finally {
        await originals.return();
      }
    },
  };
}

/** Two pictures of one size with a thin white line between them. @param pair where they are put, if given. */
function sideBySide(left: RgbImage, right: RgbImage, pair?: RgbImage): RgbImage {
  const { width, height } = left;
  const dividerWidth = 2 * Math.max(1, Math.round(width / 480));
  const pairWidth = 2 * width + dividerWidth;
  pair ??= { width: pairWidth, height, data: new Float32Array(pairWidth * height * 3).fill(1) };
  for (let row = 0; row < height; row++) {
    const [from, to] = [row * width * 3, row * pairWidth * 3];
    pair.data.set(left.data.subarray(from, from + width * 3), to);
    pair.data.set(right.data.subarray(from, from + width * 3), to + (width + dividerWidth) * 3);
  }
  return pair;
}
