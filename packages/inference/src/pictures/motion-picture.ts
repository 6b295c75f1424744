import { UnblurError } from '@unblur/files';
import { describeType } from '@unblur/files/parsed-value';
import { exposureMotion, flowColor, motionAt, rimLengthPixels, type MotionField } from '@unblur/restoration';
import { drawText, measureText } from './lettering.js';
import { expectPicture, scaleToPixels, type Picture, type PixelImage } from './pixel-image.js';
import { encodeSheet, sheetColors, type PlacedPicture } from './sheet.js';

const panelLongestSidePixels = 720;
const marginPixels = 28;
const arrowSpacingPixels = 40;
const wheelRadiusPixels = 64;
const textHeightPixels = 13;

/**
 * The recovered motion during the whole exposure, from the first to the last frame, as PNG: arrows over the
 * paled middle frame, the field in the colours of Baker et al. 2007, and a legend that gives the wheel's rim
 * in pixels of the photograph. The rim stands for the 99th percentile of the lengths.
 *
 * @param photo the size whose pixels the motion is in, where the frame is a smaller copy.
 * @throws UnblurError when the frame is no picture or there is no motion.
 */
export async function encodeMotionPicture(
  middleFrame: Picture,
  motionsPixels: readonly MotionField[],
  photo: { width: number; height: number } = middleFrame,
): Promise<Buffer> {
  expectPicture(middleFrame, 'the middle frame');
  if (!Array.isArray(motionsPixels) || motionsPixels.length === 0) {
    throw new UnblurError(
      `Expected a list of motions, one of each frame, such as motionsPixels of restore, but received ${Array.isArray(motionsPixels) ? 'none' : describeType(motionsPixels)}`,
    );
  }
  const wrong = motionsPixels.findIndex((motion) => !isMotion(motion));
  if (wrong >= 0) {
    throw new UnblurError(
      `Expected motion ${wrong} as { width, height, stridePixels, data } with width x height x 2 values, such as restore gives, but received ${describeType(motionsPixels[wrong])}`,
    );
  }
  const motion = exposureMotion(motionsPixels);
  const rimPixels = rimLengthPixels(motion);
  const scale = panelLongestSidePixels / Math.max(photo.width, photo.height);
  const width = Math.max(1, Math.round(photo.width * scale));
  const height = Math.max(1, Math.round(photo.height * scale));
  const sample = (x: number, y: number) => motionAt(motion, (x + 0.5) / scale - 0.5, (y + 0.5) / scale - 0.5);

  const arrows = planArrows(width, height, scale, rimPixels);
  const captions = [
    'motion from the first to the last frame',
    `rim: ${formatPixels(rimPixels)} pixels of the photograph`,
    arrows.caption,
  ];
  const legendWidth =
    2 * wheelRadiusPixels +
    marginPixels +
    Math.max(...captions.map((caption) => measureText(caption, textHeightPixels)));
  const legendTop = marginPixels + height + marginPixels;
  const sheetWidth = Math.ceil(Math.max(2 * width + 3 * marginPixels, legendWidth + 2 * marginPixels));
  const sheetHeight = legendTop + 2 * wheelRadiusPixels + marginPixels;

  const pictures: PlacedPicture[] = [
    { picture: await palePhotograph(middleFrame, width, height), left: marginPixels, top: marginPixels },
    {
      picture: colorField(width, height, sample, rimPixels),
      left: width + 2 * marginPixels,
      top: marginPixels,
    },
    { picture: colorDisc(), left: marginPixels, top: legendTop },
  ];
  const textLeft = marginPixels + 2 * wheelRadiusPixels + marginPixels;
  const text = captions.map((caption, line) =>
    drawText(caption, textLeft, legendTop + wheelRadiusPixels + (line - 0.5) * 26, {
      heightPixels: textHeightPixels,
      color: line === 0 ? sheetColors.ink : sheetColors.quietInk,
    }),
  );
  const outline = `<rect x="${width + 2 * marginPixels - 0.5}" y="${marginPixels - 0.5}" width="${width + 1}" height="${height + 1}" fill="none" stroke="${sheetColors.outline}"/>`;
  const rim = `<circle cx="${marginPixels + wheelRadiusPixels}" cy="${legendTop + wheelRadiusPixels}" r="${wheelRadiusPixels}" fill="none" stroke="${sheetColors.ink}" stroke-width="1"/>`;
  const drawing = `<g transform="translate(${marginPixels} ${marginPixels})">${arrows.draw(sample)}</g>${outline}${rim}${text.join('')}`;
  return encodeSheet(sheetWidth, sheetHeight, pictures, drawing);
}

function isMotion(motion: MotionField): boolean {
  const { width, height, stridePixels, data } = motion ?? {};
  return (
    width > 0 &&
    height > 0 &&
    stridePixels > 0 &&
    data instanceof Float32Array &&
    data.length === width * height * 2
  );
}

type SampleMotion = (xPanel: number, yPanel: number) => { dx: number; dy: number };

/** Arrows on an even grid, enlarged by a round factor so that the longest about fill their cells. */
function planArrows(
  width: number,
  height: number,
  scale: number,
  rimPixels: number,
): { caption: string; draw: (sample: SampleMotion) => string } {
  const factors = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];
  const enlargement =
    factors.filter((factor) => rimPixels * scale * factor <= arrowSpacingPixels).at(-1) ?? factors[0]!;
  const columns = Math.max(1, Math.floor(width / arrowSpacingPixels));
  const rows = Math.max(1, Math.floor(height / arrowSpacingPixels));
  return {
    caption: enlargement === 1 ? 'arrows in true length' : `arrows drawn at ${enlargement} × their length`,
    draw: (sample) => {
      const paths: string[] = [];
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const x = ((column + 0.5) * width) / columns;
          const y = ((row + 0.5) * height) / rows;
          const { dx, dy } = sample(x, y);
          paths.push(arrowPath(x, y, dx * scale * enlargement, dy * scale * enlargement));
        }
      }
      const path = paths.join('');
      const stroke = (color: string, strokeWidth: number) =>
        `<path d="${path}" fill="none" stroke="${color}" stroke-width="${strokeWidth}" stroke-linecap="round" stroke-linejoin="round"/>`;
      return stroke('#ffffff', 4.5) + stroke('#16324f', 1.8);
    },
  };
}

/**
 * An arrow centred at (x, y), since the frame below it is the middle of the motion; a dot where there is next
 * to none.
 */
function arrowPath(x: number, y: number, dx: number, dy: number): string {
  const length = Math.hypot(dx, dy);
  if (length < 2) return `M${x.toFixed(1)} ${y.toFixed(1)}h0.01`;
  const head = Math.min(7, 0.4 * length);
  const tip = [x + dx / 2, y + dy / 2] as const;
  const barb = (side: 1 | -1) => {
    const angle = Math.atan2(dy, dx) + side * 0.82 * Math.PI;
    return `${(tip[0] + head * Math.cos(angle)).toFixed(1)} ${(tip[1] + head * Math.sin(angle)).toFixed(1)}`;
  };
  const end = `${tip[0].toFixed(1)} ${tip[1].toFixed(1)}`;
  return `M${(x - dx / 2).toFixed(1)} ${(y - dy / 2).toFixed(1)}L${end}M${barb(1)}L${end}L${barb(-1)}`;
}

/** The photograph in light grey, so that arrows stand out. */
async function palePhotograph(image: Picture, width: number, height: number): Promise<PixelImage> {
  const picture = await scaleToPixels(image, width, height, width > image.width ? 'cubic' : 'lanczos3');
  for (let i = 0; i < picture.data.length; i += 3) {
    const luma = 0.2126 * picture.data[i]! + 0.7152 * picture.data[i + 1]! + 0.0722 * picture.data[i + 2]!;
    picture.data.fill(Math.round(95 + luma * 0.6), i, i + 3);
  }
  return picture;
}

function colorField(width: number, height: number, sample: SampleMotion, rimPixels: number): PixelImage {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const { dx, dy } = sample(x, y);
      data.set(flowColor(dx / rimPixels, dy / rimPixels).map(Math.round), (y * width + x) * 3);
    }
  }
  return { width, height, data };
}

/** The colour wheel, white outside. */
function colorDisc(): PixelImage {
  const size = 2 * wheelRadiusPixels;
  const data = Buffer.alloc(size * size * 3, 255);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const dx = (x + 0.5) / wheelRadiusPixels - 1;
      const dy = (y + 0.5) / wheelRadiusPixels - 1;
      if (Math.hypot(dx, dy) <= 1) data.set(flowColor(dx, dy).map(Math.round), (y * size + x) * 3);
    }
  }
  return { width: size, height: size, data };
}

function formatPixels(pixels: number): string {
  return pixels < 10 ? pixels.toFixed(1) : String(Math.round(pixels));
}
