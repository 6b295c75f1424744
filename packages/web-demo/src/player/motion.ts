import { flowColor, motionAt, type MotionField } from '@unblur/restoration';

/** Paints the motion in the colours of Baker et al. 2007, one pixel per cell. */
export function drawMotionColours(
  canvas: HTMLCanvasElement,
  { width, height, data }: MotionField,
  rimPixels: number,
): void {
  Object.assign(canvas, { width, height });
  const pixels = new ImageData(width, height);
  for (let cell = 0; cell < width * height; cell++) {
    // Bytes one by one: setting lists of them took most of the page's longest task.
    const [red, green, blue] = flowColor(data[2 * cell]! / rimPixels, data[2 * cell + 1]! / rimPixels);
    pixels.data[4 * cell] = red;
    pixels.data[4 * cell + 1] = green;
    pixels.data[4 * cell + 2] = blue;
    pixels.data[4 * cell + 3] = 255;
  }
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
}

/** The colour wheel that explains them. */
export function drawColourWheel(canvas: HTMLCanvasElement): void {
  const size = canvas.width;
  const pixels = new ImageData(size, size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [dx, dy] = [(2 * x + 1) / size - 1, (2 * y + 1) / size - 1];
      const alpha = Math.min(1, Math.max(0, ((1 - Math.hypot(dx, dy)) * size) / 2));
      pixels.data.set([...flowColor(dx, dy), 255 * alpha], 4 * (y * size + x));
    }
  }
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
}

const arrowSpacing = 44;
const enlargements = [0.25, 0.5, 1, 2, 5, 10, 20];

/** How much longer than true arrows are drawn, so that the longest about fill their cells. */
export function arrowEnlargement(rimPixels: number, zoom: number): number {
  return (
    enlargements.filter((factor) => rimPixels * zoom * factor <= arrowSpacing).at(-1) ?? enlargements[0]!
  );
}

/**
 * Draws arrows over the part of a photograph that a box shows.
 *
 * @param view where the photograph lies in the box, in CSS pixels, and its size there
 */
export function drawArrows(
  canvas: HTMLCanvasElement,
  motion: MotionField,
  photoWidth: number,
  view: { left: number; top: number; width: number; height: number },
  enlargement: number,
): void {
  const ratio = devicePixelRatio;
  Object.assign(canvas, {
    width: Math.round(canvas.clientWidth * ratio),
    height: Math.round(canvas.clientHeight * ratio),
  });
  const context = canvas.getContext('2d')!;
  context.scale(ratio, ratio);
  const zoom = view.width / photoWidth;
  const [columns, rows] = [view.width, view.height].map((length) =>
    Math.max(1, Math.floor(length / arrowSpacing)),
  ) as [number, number];
  const path = new Path2D();
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [x, y] = [((column + 0.5) * view.width) / columns, ((row + 0.5) * view.height) / rows];
      const { dx, dy } = motionAt(motion, x / zoom, y / zoom);
      addArrow(path, view.left + x, view.top + y, dx * zoom * enlargement, dy * zoom * enlargement);
    }
  }
  context.lineCap = context.lineJoin = 'round';
  for (const [colour, width] of [
    ['rgb(0 0 0 / 0.75)', 4],
    ['white', 1.75],
  ] as const) {
    Object.assign(context, { strokeStyle: colour, lineWidth: width });
    context.stroke(path);
  }
}

/**
 * Centred on its place, since the motion runs from before the middle frame to after it; a dot where there is
 * next to none.
 */
function addArrow(path: Path2D, x: number, y: number, dx: number, dy: number): void {
  const length = Math.hypot(dx, dy);
  const [tipX, tipY] = [x + dx / 2, y + dy / 2];
  path.moveTo(x - dx / 2, y - dy / 2);
  path.lineTo(tipX + (length < 1 ? 0.1 : 0), tipY);
  if (length < 3) return;
  const head = Math.min(7, 0.4 * length);
  for (const side of [-1, 1]) {
    const angle = Math.atan2(dy, dx) + side * 0.82 * Math.PI;
    path.moveTo(tipX, tipY);
    path.lineTo(tipX + head * Math.cos(angle), tipY + head * Math.sin(angle));
  }
}

export function formatPixels(pixels: number): string {
  return `${pixels < 10 ? pixels.toFixed(1) : Math.round(pixels)} px`;
}
