import { isMapping } from '@unblur/files/parsed-value';
import type { RgbImage } from '@unblur/metrics';
import sharp from 'sharp';
import { requireThat } from '../option-checks.js';
import { displayBytes } from '../pictures/picture-bytes.js';
import type { Sample } from '../sample.js';
import { estimateMotionPixels } from '../video/frame-motion.js';

const mostFrames = 7;

const arrowsAcross = 8;

const gapPixels = 4;

const labelHeightPixels = 18;

/**
 * An overview of samples as PNG: a row per sample with the blurred picture, its frames in time order (of more
 * than 7 every second, third, ...), and the middle frame with arrows of the motion from the first frame to
 * the last (estimated where it is not known); above each row, the rotation in degrees where there is one.
 *
 * @param samples of one size and number of frames.
 * @param indices of the samples in their set, to name them by. Default: from 0 on.
 * @throws RangeError when there is no sample.
 */
export async function drawContactSheet(
  samples: readonly Sample[],
  indices?: readonly number[],
): Promise<Buffer> {
  requireThat(
    Array.isArray(samples) && samples.length > 0 && samples.every((sample) => isMapping(sample)),
    'samples',
    'a list of at least one sample',
    samples,
  );
  const {
    blurred: { width, height },
    frames,
  } = samples[0]!;
  const middle = (frames.length - 1) / 2;
  const step = Math.ceil((frames.length - 1) / (mostFrames - 1));
  const shown = [...frames.keys()].filter((index) => index % step === 0);
  const leftOf = (column: number): number => gapPixels + column * (width + gapPixels);
  const topOf = (row: number): number => labelHeightPixels + row * (height + labelHeightPixels + gapPixels);
  // After the blurred picture and the frames, the middle frame with arrows.
  const columnOfArrows = shown.length + 1;
  const [sheetWidth, sheetHeight] = [leftOf(columnOfArrows + 1), topOf(samples.length) - labelHeightPixels];

  const tiles = samples.flatMap((sample, row) =>
    [sample.blurred, ...[...shown, middle].map((index) => sample.frames[index]!)].map((image, column) => ({
      ...pngSource(image),
      left: leftOf(column),
      top: topOf(row),
    })),
  );
  const overlay = samples.map((sample, row) => {
    const note = sample.motionPixels ? '' : ', motion estimated';
    const motionPixels = sample.motionPixels ?? estimateMotionPixels(sample.frames);
    const label = `<text x="${gapPixels}" y="${topOf(row) - 5}">${describeSample(sample, indices?.[row] ?? row)}${note}</text>`;
    return `${label}<g transform="translate(${leftOf(columnOfArrows)} ${topOf(row)})" stroke="#ff3" stroke-width="1.5">${arrowsOf(motionPixels, width, height)}</g>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${sheetWidth}" height="${sheetHeight}" font-family="sans-serif" font-size="13" fill="#eee">${overlay.join('')}</svg>`;
  return sharp({ create: { width: sheetWidth, height: sheetHeight, channels: 3, background: '#222' } })
    .composite([...tiles, { input: Buffer.from(svg), left: 0, top: 0 }])
    .removeAlpha()
    .png()
    .toBuffer();
}

/** One line about a sample. */
export function describeSample({ frames, rotationDegrees, motionPixels }: Sample, index: number): string {
  const rotation = rotationDegrees === undefined ? [] : [`${rotationDegrees.toFixed(1)} degrees`];
  const longest = motionPixels?.reduce(
    (most, dx, i) => (i % 2 === 0 ? Math.max(most, Math.hypot(dx, motionPixels[i + 1]!)) : most),
    0,
  );
  const motion = longest === undefined ? [] : [`up to ${(2 * longest).toFixed(1)} pixels`];
  return [`sample ${index}: ${frames.length} frames`, ...rotation, ...motion].join(', ');
}

/** Lines from where points were in the first frame to where they are in the last, with a dot at the end. */
function arrowsOf(motionPixels: Float32Array, width: number, height: number): string {
  const spacing = width / arrowsAcross;
  const arrows: string[] = [];
  for (let y = spacing / 2; y < height; y += spacing) {
    for (let x = spacing / 2; x < width; x += spacing) {
      const place = 2 * (Math.floor(y) * width + Math.floor(x));
      const [dx, dy] = [motionPixels[place]!, motionPixels[place + 1]!];
      const ends = [x - dx, y - dy, x + dx, y + dy].map((value) => value.toFixed(1));
      arrows.push(
        `<line x1="${ends[0]}" y1="${ends[1]}" x2="${ends[2]}" y2="${ends[3]}"/><circle cx="${ends[2]}" cy="${ends[3]}" r="1.8" stroke="none" fill="#f33"/>`,
      );
    }
  }
  return arrows.join('');
}

function pngSource({ width, height, data }: RgbImage): {
  input: Buffer;
  raw: { width: number; height: number; channels: 3 };
} {
  return {
    input: Buffer.from(displayBytes([data])),
    raw: { width, height, channels: 3 },
  };
}
