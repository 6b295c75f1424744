import type { RgbImage } from '../raster.js';

/** Of 8-bit levels, root mean square. What coding does to a repeated frame stays below. */
const repeatLevels = { frame: 1.5, block: 8 };
/** No eye sees a block that changes by less. */
const invisibleLevels = 2.5;
/** How much less than between different frames a block of a repeated one changes. */
const repeatToChange = 0.25;
const comparedBlock = 8;

/**
 * Tells frames that repeat another up to coding noise from frames that move a little: no block of them may
 * change visibly, or by anything like what the clip's last motion did.
 */
export class RepeatFinder {
  /** The most that a block changed between the last two frames that differ, in 8-bit levels. */
  #lastChange = 0;

  /** @param kept what would be shown in place of the frame. */
  isRepeat(kept: RgbImage, frame: RgbImage): boolean {
    if (kept.width !== frame.width || kept.height !== frame.height) return false;
    const { width, height } = frame;
    let [total, most] = [0, 0];
    for (let top = 0; top < height; top += comparedBlock) {
      const bottom = Math.min(height, top + comparedBlock);
      for (let left = 0; left < width; left += comparedBlock) {
        const right = Math.min(width, left + comparedBlock);
        let sum = 0;
        for (let y = top; y < bottom; y++) {
          for (let i = (y * width + left) * 3; i < (y * width + right) * 3; i++) {
            sum += (frame.data[i]! - kept.data[i]!) ** 2;
          }
        }
        total += sum;
        most = Math.max(most, sum / ((bottom - top) * (right - left) * 3));
      }
    }
    const block = 255 * Math.sqrt(most);
    const isSame =
      255 * Math.sqrt(total / frame.data.length) <= repeatLevels.frame &&
      block <= Math.max(invisibleLevels, Math.min(repeatLevels.block, repeatToChange * this.#lastChange));
    if (!isSame) this.#lastChange = block;
    return isSame;
  }
}
