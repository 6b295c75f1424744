/**
 * How a point of light was smeared (point spread function): what it left in each pixel of a square around its
 * centre. Not negative, the sum is 1.
 */
export interface BlurKernel {
  /** Of one side of the square; odd. */
  sizePixels: number;
  /** Row by row. */
  data: Float64Array;
}

/** Of what a kernel holds, parts apart from the rest that are smaller than this are errors. */
const smallestPart = 0.1;

/** @throws if all values are zero or below. */
export function normalized(sizePixels: number, data: Float64Array): BlurKernel {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i] = Math.max(0, data[i]!);
  if (!(sum > 0)) throw new Error('Expected a blur kernel with values above zero but received none.');
  return { sizePixels, data: data.map((value) => value / sum) };
}

/** What leaves every point where it is. */
export function withoutBlur(sizePixels: number): BlurKernel {
  const data = new Float64Array(sizePixels ** 2);
  data[(data.length - 1) / 2] = 1;
  return { sizePixels, data };
}

/** Without what is less than a share of its largest value. */
export function withoutFaint({ sizePixels, data }: BlurKernel, share: number): BlurKernel {
  const least = share * data.reduce((largest, value) => Math.max(largest, value), 0);
  return normalized(
    sizePixels,
    data.map((value) => (value < least ? 0 : value)),
  );
}

/** Without small parts that do not touch the rest, not even at a corner: a camera moves along one path. */
export function withoutFragments(kernel: BlurKernel): BlurKernel {
  const { sizePixels, data } = kernel;
  const kept = data.slice();
  const seen = new Uint8Array(data.length);
  for (let start = 0; start < data.length; start++) {
    if (seen[start] || data[start]! <= 0) continue;
    const part = [start];
    seen[start] = 1;
    let sum = 0;
    for (let next = 0; next < part.length; next++) {
      const place = part[next]!;
      sum += data[place]!;
      const [x, y] = [place % sizePixels, Math.floor(place / sizePixels)];
      for (let row = Math.max(0, y - 1); row <= Math.min(sizePixels - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(sizePixels - 1, x + 1); column++) {
          const neighbour = row * sizePixels + column;
          if (seen[neighbour] || data[neighbour]! <= 0) continue;
          seen[neighbour] = 1;
          part.push(neighbour);
        }
      }
    }
    if (sum < smallestPart) for (const place of part) kept[place] = 0;
  }
  return kept.some((value) => value > 0) ? normalized(sizePixels, kept) : kernel;
}

/** Moved by whole pixels so that its centre of mass is in the middle. */
export function centred({ sizePixels, data }: BlurKernel): BlurKernel {
  const { x, y } = centreOf({ sizePixels, data });
  const middle = (sizePixels - 1) / 2;
  const [right, down] = [Math.round(middle - x), Math.round(middle - y)];
  const moved = new Float64Array(data.length);
  for (let row = 0; row < sizePixels; row++) {
    const toRow = row + down;
    if (toRow < 0 || toRow >= sizePixels) continue;
    for (let column = 0; column < sizePixels; column++) {
      const toColumn = column + right;
      if (toColumn < 0 || toColumn >= sizePixels) continue;
      moved[toRow * sizePixels + toColumn] = data[row * sizePixels + column]!;
    }
  }
  return normalized(sizePixels, moved);
}

/** Of another size, for a photograph that is larger or smaller by the same factor. @param sizePixels odd. */
export function resized(kernel: BlurKernel, sizePixels: number): BlurKernel {
  const ratio = kernel.sizePixels / sizePixels;
  const data = new Float64Array(sizePixels ** 2);
  const middle = [(kernel.sizePixels - 1) / 2, (sizePixels - 1) / 2] as const;
  // Enlarged between values; made smaller by the mean of what falls into a pixel.
  const samples = Math.max(1, Math.ceil(ratio));
  const offsets = Array.from({ length: samples }, (_, i) => (i + 0.5) / samples - 0.5);
  for (let row = 0; row < sizePixels; row++) {
    for (let column = 0; column < sizePixels; column++) {
      for (const dy of offsets) {
        for (const dx of offsets) {
          data[row * sizePixels + column]! += between(
            kernel,
            middle[0] + (column + dx - middle[1]) * ratio,
            middle[0] + (row + dy - middle[1]) * ratio,
          );
        }
      }
    }
  }
  return normalized(sizePixels, data);
}

/** Bilinear, zero outside. */
function between({ sizePixels, data }: BlurKernel, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const at = (column: number, row: number) =>
    column < 0 || row < 0 || column >= sizePixels || row >= sizePixels ? 0 : data[row * sizePixels + column]!;
  const [fx, fy] = [x - left, y - top];
  return (
    (1 - fy) * ((1 - fx) * at(left, top) + fx * at(left + 1, top)) +
    fy * ((1 - fx) * at(left, top + 1) + fx * at(left + 1, top + 1))
  );
}

function centreOf({ sizePixels, data }: BlurKernel): { x: number; y: number } {
  let [x, y] = [0, 0];
  data.forEach((value, place) => {
    x += value * (place % sizePixels);
    y += value * Math.floor(place / sizePixels);
  });
  return { x, y };
}
