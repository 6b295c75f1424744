import type { RgbImage } from '../raster.js';
import { analyzeInTiles, type TiledScene, type TiledSceneOptions } from '../tiling/tiled-scene.js';
import {
  halfOf,
  halfSizeShareFor,
  halfSizeWork,
  nearHalfSize,
  nearHalfSizeMotion,
  runsBackwards,
} from './half-size.js';
import { lengthOfMotion } from './working-scale.js';

/** Of the work at both sizes, what the photograph itself takes. */
const wholeWork = 1 - halfSizeWork;

export interface PhotoSceneOptions<Scene> extends TiledSceneOptions<Scene> {
  /** Called once, when the blur is known, with whether half the size counts too: so much more is to be done. */
  onHalfSize?: (counts: boolean) => void;
}

/**
 * Analyzes a photograph as `analyzeInTiles` does, and half of it too where its blur is long: all that is made
 * then is the mean of both, see `halfSizeShareFor`.
 */
export async function analyzePhoto<Scene>(
  photo: RgbImage,
  options: PhotoSceneOptions<Scene>,
): Promise<TiledScene> {
  const { onShare = () => undefined, onHalfSize = () => undefined } = options;
  const mayCount = halfSizeShareFor(Infinity, photo) > 0;
  const whole = await analyzeInTiles(photo, {
    ...options,
    onShare: (share) => onShare(mayCount ? wholeWork * share : share),
  });
  const share = halfSizeShareFor(lengthOfMotion(whole.motionAt(1)), photo);
  onHalfSize(share > 0);
  if (share === 0) {
    onShare(1);
    return whole;
  }
  try {
    const half = await analyzeInTiles(halfOf(photo), {
      ...options,
      onShare: (done) => onShare(wholeWork + halfSizeWork * done),
    });
    return meanOfSizes(whole, half, share);
  } catch (cause) {
    whole.release();
    throw cause;
  }
}

function meanOfSizes(whole: TiledScene, half: TiledScene, share: number): TiledScene {
  const ends = (scene: TiledScene) => [scene.motionAt(-1), scene.motionAt(1)] as const;
  const direction = runsBackwards(ends(whole), ends(half)) ? -1 : 1;
  return {
    renderAt: async (time) =>
      nearHalfSize(await whole.renderAt(time), await half.renderAt(direction * time), share),
    motionAt: (time) => nearHalfSizeMotion(whole.motionAt(time), half.motionAt(direction * time), share),
    release() {
      whole.release();
      half.release();
    },
  };
}
