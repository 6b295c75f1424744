import { drawPicture, type Picture } from '../picture.js';

export function encodePng(picture: Picture): Promise<Blob> {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  drawPicture(canvas, picture);
  return canvas.convertToBlob({ type: 'image/png' });
}
