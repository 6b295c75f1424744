import type { RgbImage } from '@unblur/restoration';

/** What a canvas shows: opaque RGBA bytes, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** RGB in [0, 1], transparency laid aside. */
export function imageOfPicture({ width, height, rgba }: Picture): RgbImage {
  const data = new Float32Array(width * height * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    data[to] = rgba[from]! / 255;
    data[to + 1] = rgba[from + 1]! / 255;
    data[to + 2] = rgba[from + 2]! / 255;
  }
  return { width, height, data };
}

/** Values are rounded to bytes. */
export function pictureOfImage({ width, height, data }: RgbImage): Picture {
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = data[from]! * 255;
    rgba[to + 1] = data[from + 1]! * 255;
    rgba[to + 2] = data[from + 2]! * 255;
    rgba[to + 3] = 255;
  }
  return { width, height, rgba };
}

export function drawPicture(
  canvas: HTMLCanvasElement | OffscreenCanvas,
  { width, height, rgba }: Picture,
): void {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d') as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;
  context.putImageData(new ImageData(rgba, width, height), 0, 0);
}

/** For people: `640 × 360`. */
export const sizeOf = ({ width, height }: { width: number; height: number }) => `${width} × ${height}`;
