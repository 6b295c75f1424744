import {
  halfOf,
  halfSizeWork,
  nearHalfSize,
  nearHalfSizeMotion,
  type RgbImage,
  runsBackwards,
  type TiledRestoration,
} from '@unblur/restoration';
import type { NetworkPasses } from './network-passes.js';

type Passes = Pick<NetworkPasses, 'restore' | 'framesPerPass' | 'bytesOfFrames'>;

/** Passes over one image, and over half of it where that counts; see `halfSizeShareFor`. */
export class HalfSizePasses {
  readonly image: RgbImage;
  readonly #passes: Passes;
  readonly #share: number;
  readonly #half: RgbImage | undefined;
  /** Whether what is found at half the size runs the other way, once that is known. */
  #backwards: boolean | undefined;

  /** @param share how much half the size counts, 0 to 0.5. */
  constructor(passes: Passes, image: RgbImage, share: number) {
    this.#passes = passes;
    this.image = image;
    this.#share = share;
    if (share > 0) this.#half = halfOf(image);
  }

  /** How many frames of the image fit into the budget at once, beside those of half the size. */
  framesPerPass(): number {
    return this.#passes.framesPerPass(this.image, ...(this.#half ? [this.#half] : []));
  }

  /** As `NetworkPasses.restore`. */
  async restore(
    times: readonly number[],
    onShare: (share: number) => void,
    signal: AbortSignal | undefined,
  ): Promise<TiledRestoration> {
    const [passes, image, half] = [this.#passes, this.image, this.#half];
    if (!half) return passes.restore(image, times, { onShare, signal });
    const atHalf = await passes.restore(half, times, {
      onShare: (share) => onShare(halfSizeWork * share),
      signal,
    });
    const whole = await passes.restore(image, times, {
      onShare: (share) => onShare(halfSizeWork + (1 - halfSizeWork) * share),
      signal,
      keptBytes: passes.bytesOfFrames(half, times.length),
    });
    const frames = new Map(times.map((_, index) => [index, whole.takeFrame(index)]));
    const halves = times.map((_, index) => atHalf.takeFrame(index));
    const halfMotions = [...atHalf.motionsPixels];
    const last = times.length - 1;
    this.#backwards ??= runsBackwards([frames.get(0)!, frames.get(last)!], [halves[0]!, halves[last]!]);
    if (this.#backwards) {
      halves.reverse();
      halfMotions.reverse();
    }
    return {
      tiles: whole.tiles,
      takeFrame: (index) => {
        const frame = nearHalfSize(frames.get(index)!, halves[index]!, this.#share);
        frames.delete(index);
        return frame;
      },
      motionsPixels: whole.motionsPixels.map((motion, index) =>
        nearHalfSizeMotion(motion, halfMotions[index]!, this.#share),
      ),
    };
  }
}
