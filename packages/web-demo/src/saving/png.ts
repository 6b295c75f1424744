import { drawPicture, type Picture } from '../picture.js';

export function encodePng(picture: Picture): Promise<Blob> {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  drawPicture(canvas, picture);
  return canvas.convertToBlob({ type: 'image/png' });
}

/** The photograph on the left of a white line, the sharp picture on the right. */
export function encodePair(blurred: Picture, sharp: Picture): Promise<Blob> {
  const { width, height } = sharp;
  const line = Math.max(2, Math.round(width / 160));
  const canvas = new OffscreenCanvas(2 * width + line, height);
  const context = canvas.getContext('2d')!;
  context.fillStyle = 'white';
  context.fillRect(width, 0, line, height);
  context.putImageData(new ImageData(blurred.rgba, width, height), 0, 0);
  context.putImageData(new ImageData(sharp.rgba, width, height), width + line, 0);
  return canvas.convertToBlob({ type: 'image/png' });
}
