import { fitWithin } from '@unblur/restoration';
import { drawText, measureText } from './lettering.js';
import {
  expectPicture,
  expectPictures,
  scaleToPixels,
  type Picture,
  type PixelImage,
} from './pixel-image.js';
import { encodeSheet, sheetColors, type PlacedPicture } from './sheet.js';

/** Of the copies that are shown. */
export const contactSidePixels = 480;
/** Photographs smaller than this are shown in whole blocks of pixels, enlarged until they reach it. */
const shortestSidePixels = 160;
const marginPixels = 24;
const labelHeightPixels = 13;
const labelGapPixels = 12;

/** Of more frames so many are shown, evenly spaced: viewers refuse pictures that are too tall. */
const mostFrames = 25;

/**
 * The blurred photograph and its frames side by side, each with its label, as PNG. Frames are numbered as
 * their files are.
 *
 * @throws UnblurError when one of them is no picture, or there is no frame.
 */
export async function encodeContactSheet(blurred: Picture, frames: readonly Picture[]): Promise<Buffer> {
  expectPicture(blurred, 'the blurred photograph');
  expectPictures(frames);
  const last = frames.length - 1;
  const shown =
    frames.length <= mostFrames
      ? frames.map((_, i) => i)
      : Array.from({ length: mostFrames }, (_, i) => Math.round((i * last) / (mostFrames - 1)));
  const labels = [
    'blurred input',
    ...shown.map((i) => (i === last / 2 ? `frame ${i} (middle)` : `frame ${i}`)),
  ];
  const thumbnails = await Promise.all([blurred, ...shown.map((i) => frames[i]!)].map(makeThumbnail));
  const { width, height } = thumbnails[0]!;
  const cellWidth = Math.max(
    width,
    Math.ceil(Math.max(...labels.map((label) => measureText(label, labelHeightPixels)))),
  );
  const cellHeight = height + labelGapPixels + labelHeightPixels;
  const columns = countColumns(labels.length);
  const rows = Math.ceil(labels.length / columns);

  const placed: PlacedPicture[] = [];
  let drawing = '';
  thumbnails.forEach((picture, i) => {
    const left = marginPixels + (i % columns) * (cellWidth + marginPixels);
    const top = marginPixels + Math.floor(i / columns) * (cellHeight + marginPixels);
    placed.push({ picture, left, top });
    drawing += drawText(labels[i]!, left, top + cellHeight, {
      heightPixels: labelHeightPixels,
      color: sheetColors.ink,
    });
  });
  return encodeSheet(
    columns * (cellWidth + marginPixels) + marginPixels,
    rows * (cellHeight + marginPixels) + marginPixels,
    placed,
    drawing,
  );
}

function makeThumbnail(image: Picture): Promise<PixelImage> {
  const enlargement = Math.max(1, Math.ceil(shortestSidePixels / Math.max(image.width, image.height)));
  const { width, height } = fitWithin(
    { width: image.width * enlargement, height: image.height * enlargement },
    contactSidePixels,
  );
  return scaleToPixels(image, width, height, enlargement > 1 ? 'nearest' : 'lanczos3');
}

/** Up to four cells in one row, else the width from 3 to 5 that fills its last row best. */
function countColumns(cells: number): number {
  if (cells <= 4) return cells;
  const emptyCells = (columns: number) => (columns - (cells % columns)) % columns;
  return [4, 3, 5].reduce((best, columns) => (emptyCells(columns) < emptyCells(best) ? columns : best));
}
