import { toFractions, type DeepImage, type MotionField, type RgbImage } from '@unblur/restoration';
import sharp from 'sharp';
import { toPixels16, toSharp16 } from '../pictures/pixel-image.js';

/**
 * What moved less than `still` keeps the photograph's own detail, what moved more than `moving` has none of
 * it; pixels of the photograph.
 */
const detailPixels = { still: 0.5, moving: 1.5 };

/**
 * Brings frames that were restored at a smaller scale back to the size of the photograph. Where nothing moved
 * they keep the detail that only the photograph itself has.
 */
export class FullSize {
  /** The photograph as it would be without that detail, 16 bit. */
  #smooth: Uint16Array | undefined;
  /** How much of the detail each pixel keeps, 0 to 255. */
  #kept: Uint8Array | undefined;

  readonly #photo: RgbImage;

  private constructor(photo: RgbImage) {
    this.#photo = photo;
  }

  /**
   * @param motionsPixels at the ends of the exposure at least, in pixels of the photograph; none where they
   * are not known: then no detail is kept.
   */
  static async prepare(
    photo: RgbImage,
    small: RgbImage,
    motionsPixels: readonly MotionField[],
  ): Promise<FullSize> {
    const fullSize = new FullSize(photo);
    const { width, height } = photo;
    if (motionsPixels.length === 0) return fullSize;
    const { width: columns, height: rows } = motionsPixels[0]!;
    const kept = Buffer.alloc(columns * rows);
    for (let cell = 0; cell < kept.length; cell++) {
      const length = Math.max(
        ...motionsPixels.map(({ data }) => Math.hypot(data[2 * cell]!, data[2 * cell + 1]!)),
      );
      kept[cell] =
        255 *
        Math.min(1, Math.max(0, (detailPixels.moving - length) / (detailPixels.moving - detailPixels.still)));
    }
    if (kept.every((value) => value === 0)) return fullSize;
    fullSize.#smooth = await enlarge16(small, width, height);
    fullSize.#kept = await sharp(kept, { raw: { width: columns, height: rows, channels: 1 } })
      .resize(width, height, { fit: 'fill', kernel: 'linear' })
      .extractChannel(0)
      .raw()
      .toBuffer();
    return fullSize;
  }

  async bring(frame: RgbImage | DeepImage): Promise<DeepImage> {
    const { width, height, data: photo } = this.#photo;
    const data = await enlarge16(frame, width, height);
    const [smooth, kept] = [this.#smooth, this.#kept];
    if (smooth && kept) {
      for (let pixel = 0; pixel < kept.length; pixel++) {
        const share = kept[pixel]! / 255;
        if (share === 0) continue;
        for (let i = 3 * pixel; i < 3 * pixel + 3; i++) {
          const value = data[i]! + share * (photo[i]! * 65535 - smooth[i]!);
          data[i] = Math.min(65535, Math.max(0, value + 0.5));
        }
      }
    }
    return { width, height, data };
  }
}

/**
 * Makes smaller copies of an image, by the mean of the pixels that become one and a little sharper (Lanczos). The
 * image is rounded to 16 bits once for all of them.
 */
export function shrinker(image: RgbImage): (width: number, height: number) => Promise<RgbImage> {
  let rounded: DeepImage | undefined;
  return async (width, height) => {
    const [columns, rows] = [Math.max(1, Math.round(width)), Math.max(1, Math.round(height))];
    if (columns === image.width && rows === image.height) return image;
    rounded ??= { width: image.width, height: image.height, data: toPixels16(image) };
    return toFractions({
      width: columns,
      height: rows,
      data: await resize16(rounded, columns, rows, 'lanczos3'),
    });
  };
}

const enlarge16 = (image: RgbImage | DeepImage, width: number, height: number) =>
  resize16(image, width, height, 'cubic');

async function resize16(
  image: RgbImage | DeepImage,
  toWidth: number,
  toHeight: number,
  kernel: 'lanczos3' | 'cubic',
): Promise<Uint16Array> {
  const { buffer, byteOffset, byteLength } = await toSharp16(image)
    .resize(toWidth, toHeight, { fit: 'fill', kernel })
    .raw({ depth: 'ushort' })
    .toBuffer();
  return new Uint16Array(buffer, byteOffset, byteLength / 2);
}
