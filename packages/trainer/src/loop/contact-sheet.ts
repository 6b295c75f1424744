import type { RgbImage } from '@unblur/metrics';
import sharp from 'sharp';
import type { RestoredSample } from './validation.js';

const gapPixels = 4;

/**
 * A contact sheet as PNG: for every sample three rows, the blurred input, the restored frames and the ground
 * truth, each frame in a column of its own.
 */
export async function contactSheet(samples: readonly RestoredSample[]): Promise<Buffer> {
  const rows = samples.flatMap(({ blurred, restored, frames }) => [
    frames.map(() => blurred),
    restored,
    frames,
  ]);
  const { width, height } = samples[0]!.blurred;
  const columns = samples[0]!.frames.length;
  const sheet = sharp({
    create: {
      width: columns * (width + gapPixels) - gapPixels,
      height: rows.length * (height + gapPixels) - gapPixels,
      channels: 3,
      background: 'white',
    },
  });
  const tiles = rows.flatMap((row, rowIndex) =>
    row.map((image, column) => ({
      input: bytesOf(image),
      raw: { width, height, channels: 3 as const },
      left: column * (width + gapPixels),
      top: rowIndex * (height + gapPixels),
    })),
  );
  return sheet.composite(tiles).png().toBuffer();
}

function bytesOf({ data }: RgbImage): Buffer {
  return Buffer.from(Uint8ClampedArray.from(data, (value) => value * 255).buffer);
}
