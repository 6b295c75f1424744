import sharp from 'sharp';
import type { RgbImage } from '@unblur/metrics';
import type { RestoredSample } from './validation.js';

const GAP_PIXELS = 4;

/**
 * A contact sheet as PNG: for every sample three rows, the blurred input, the restored frames and the ground
 * truth, each frame in a column of its own.
 */
export async function samplePicture(samples: readonly RestoredSample[]): Promise<Buffer> {
  const rows = samples.flatMap(({ blurred, restored, frames }) => [
    frames.map(() => blurred),
    restored,
    frames,
  ]);
  const { width, height } = samples[0]!.blurred;
  const columns = samples[0]!.frames.length;
  const sheet = sharp({
    create: {
      width: columns * (width + GAP_PIXELS) - GAP_PIXELS,
      height: rows.length * (height + GAP_PIXELS) - GAP_PIXELS,
      channels: 3,
      background: 'white',
    },
  });
  const tiles = rows.flatMap((row, rowIndex) =>
    row.map((image, column) => ({
      input: bytesOf(image),
      raw: { width, height, channels: 3 as const },
      left: column * (width + GAP_PIXELS),
      top: rowIndex * (height + GAP_PIXELS),
    })),
  );
  return sheet.composite(tiles).png().toBuffer();
}

function bytesOf({ data }: RgbImage): Buffer {
  return Buffer.from(Uint8ClampedArray.from(data, (value) => value * 255).buffer);
}
