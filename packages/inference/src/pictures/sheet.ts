import sharp from 'sharp';
import { photographicPng, type PixelImage } from './pixel-image.js';

/** Something pasted onto a sheet with its upper left corner at (left, top). */
export interface PlacedPicture {
  picture: PixelImage;
  left: number;
  top: number;
}

export const sheetColors = {
  paper: '#ffffff',
  ink: '#22252a',
  quietInk: '#6b7078',
  outline: '#d5d8dc',
} as const;

/** Lays pictures on white paper, draws SVG content over them and encodes the whole as PNG. */
export function encodeSheet(
  width: number,
  height: number,
  pictures: readonly PlacedPicture[],
  drawing: string,
): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${drawing}</svg>`;
  return sharp({ create: { width, height, channels: 3, background: sheetColors.paper } })
    .composite([
      ...pictures.map(({ picture, left, top }) => ({
        input: picture.data,
        raw: { width: picture.width, height: picture.height, channels: 3 as const },
        left,
        top,
      })),
      { input: Buffer.from(svg), left: 0, top: 0 },
    ])
    .png(photographicPng)
    .toBuffer();
}
