import { fitWithin } from '@unblur/restoration';
import { drawPicture, type Picture } from '../picture.js';

/** A picture whose longer side is at most `longestSidePixels`. */
export function fitPicture(picture: Picture, longestSidePixels: number): Picture {
  if (Math.max(picture.width, picture.height) <= longestSidePixels) return picture;
  const { width, height } = fitWithin(picture, longestSidePixels);
  const source = new OffscreenCanvas(picture.width, picture.height);
  drawPicture(source, picture);
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, width, height);
  return {
    width,
    height,
    rgba: context.getImageData(0, 0, width, height).data as Uint8ClampedArray<ArrayBuffer>,
  };
}
