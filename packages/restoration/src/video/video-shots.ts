import type { RgbImage } from '../raster.js';
import { pictureDistance, thumbnailOf } from './picture-distance.js';
import { RepeatFinder } from './repeated-frames.js';

/** A frame of a clip that differs from the one before it, and what its neighbours are. */
export interface ShotFrame {
  /** In a buffer that is written over when the next is asked for. */
  frame: RgbImage;
  /** How many frames of the clip it stands for: itself and those after it that repeat it. At least 1. */
  shownFrames: number;
  /** Whether a cut lies before it, as before the first frame of the clip. */
  startsShot: boolean;
}

/** How many frames a cut is judged by on either side of it; that many wait at most. */
export const framesBesideCut = 3;
/** A frame of a still clip is given again after so many repeats: nobody waits for the end of the clip. */
const mostRepeats = 250;

/**
 * Divides a clip into shots and leaves out frames that repeat the one before them, as in telecine, screen
 * recordings and clips whose frame rate was raised. Frames come `framesBesideCut` different frames late; memory
 * does not depend on their number.
 *
 * @param frames values in [0, 1]; each may be written over when the next is asked for.
 */
export async function* inShots(
  frames: AsyncIterable<RgbImage> | Iterable<RgbImage>,
): AsyncGenerator<ShotFrame, void, undefined> {
  /** Frames of the present shot that were given, the last of them at the end. */
  let given: SeenFrame[] = [];
  const waiting: SeenFrame[] = [];
  const buffers: RgbImage[] = [];

  function giveFirst(): ShotFrame {
    const startsShot = given.length === 0 || isCut(given, waiting);
    const first = waiting.shift()!;
    given = startsShot ? [first] : [...given, first].slice(-framesBesideCut);
    buffers.push(first.frame);
    return { frame: first.frame, shownFrames: first.shownFrames, startsShot };
  }

  const repeats = new RepeatFinder();
  for await (const frame of frames) {
    const last = waiting.at(-1);
    if (last && last.shownFrames < mostRepeats && repeats.isRepeat(last.frame, frame)) {
      last.shownFrames += 1;
      continue;
    }
    if (waiting.length === framesBesideCut) yield giveFirst();
    const thumbnail = thumbnailOf(frame);
    waiting.push({
      frame: copyInto(buffers.shift(), frame),
      thumbnail,
      change: last && pictureDistance(last.thumbnail, thumbnail),
      shownFrames: 1,
    });
  }
  while (waiting.length > 0) yield giveFirst();
}

interface SeenFrame {
  frame: RgbImage;
  thumbnail: Float32Array;
  /** How far it is from the frame before it; undefined for the first of the clip. */
  change: number | undefined;
  shownFrames: number;
}

function copyInto(buffer: RgbImage | undefined, { width, height, data }: RgbImage): RgbImage {
  if (buffer?.data.length !== data.length) return { width, height, data: data.slice() };
  buffer.data.set(data);
  return Object.assign(buffer, { width, height });
}

/** Distances of pictures of one scene stay below this at ordinary speeds. */
const leastDistance = 0.2;
/** How far a cut stands out of the motion around it. */
const cutToMotion = 2;
/** Pictures this much closer than those beside a cut show one scene. */
const sameScene = 0.5;

/**
 * Whether a cut lies between the last frame that was given and the first that waits: pictures change at once
 * by more than the shot's own motion, a fast pan too, and those before do not come back, as after a flash.
 */
function isCut(given: SeenFrame[], waiting: SeenFrame[]): boolean {
  const change = waiting[0]!.change!;
  if (change < leastDistance) return false;
  // A shot's first frame is far from the shot before, which says nothing of its motion.
  const around = [...given.slice(1), ...waiting.slice(1)].map((seen) => seen.change!).sort((a, b) => b - a);
  // The greatest may be a flash or another cut.
  const motion = around[1] ?? around[0] ?? leastDistance;
  if (change < cutToMotion * motion) return false;
  const [last, first] = [given.at(-1)!, waiting[0]!];
  return ![
    ...waiting.slice(1).map((later) => [last, later] as const),
    ...given.slice(0, -1).map((earlier) => [earlier, first] as const),
  ].some(([a, b]) => pictureDistance(a.thumbnail, b.thumbnail) < sameScene * change);
}
