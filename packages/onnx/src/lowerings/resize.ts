import type { Value } from '../graph/graph.js';
import * as onnx from '../graph/operators.js';
import { bilinearMatrix, bilinearNeighbours, nearestMatrix, nearestPixels } from '../resized-axis.js';
import type { ResizeAttributes } from '../resized-axis.js';
import { fromChannelsFirst } from '../traced-tensor.js';
import type { TracedTensor } from '../traced-tensor.js';
import { lowering } from './lowering.js';
import type { Lowering } from './lowering.js';

/**
 * Whether single precision holds where each resized pixel looks. ONNX Runtime computes it so, from the
 * quotient of the sizes.
 */
function isExact(from: number, to: number): boolean {
  return Number.isInteger(Math.log2(to / from));
}

/** `[B, C, h, w]` with one of its last two axes resized. */
function blendAlong(axis: 2 | 3, x: Value, to: number, attrs: ResizeAttributes): Value {
  if (x.shape[axis] === to) return x;
  const neighbours = bilinearNeighbours(x.shape[axis]!, to, attrs);
  const pick = (side: 'low' | 'high') =>
    onnx.gather(x, x.graph.integers(neighbours.map((places) => places[side])), axis);
  const [low, high] = [pick('low'), pick('high')];
  const fraction = x.graph.constant(
    Float32Array.from(neighbours, ({ highShare }) => highShare),
    axis === 2 ? [to, 1] : [to],
    'float32',
  );
  return onnx.add(low, onnx.multiply(onnx.subtract(high, low), fraction));
}

function resizeBilinear(
  images: TracedTensor,
  [height, width]: readonly [number, number],
  attrs: ResizeAttributes,
): TracedTensor {
  const input = images.channelsFirst();
  const [batch, channels, fromHeight, fromWidth] = input.shape as [number, number, number, number];
  if (!isExact(fromHeight, height) || !isExact(fromWidth, width)) {
    return fromChannelsFirst(blendAlong(3, blendAlong(2, input, height, attrs), width, attrs));
  }
  const shape = [batch, channels, height, width];
  const mode = attrs.alignCorners ? 'align_corners' : attrs.halfPixelCenters ? 'half_pixel' : 'asymmetric';
  const attributes = { mode: 'linear', coordinate_transformation_mode: mode };
  return fromChannelsFirst(
    input.graph.emit('Resize', [input, undefined, undefined, input.graph.integers(shape)], attributes, {
      shape,
      type: input.type,
    }),
  );
}

/** Resizing is linear in rows and in columns; its gradient is the product with both matrices, transposed. */
function resizeGradient(
  dy: TracedTensor,
  images: TracedTensor,
  matrixOf: (from: number, to: number) => Float32Array,
): TracedTensor {
  const [, height, width] = images.shape;
  const gradient = dy.channelsFirst();
  const [outHeight, outWidth] = gradient.shape.slice(2) as [number, number];
  const { graph } = dy;
  const columns: Value = graph.constant(matrixOf(width!, outWidth), [outWidth, width!], 'float32');
  const rows: Value = graph.constant(matrixOf(height!, outHeight), [outHeight, height!], 'float32');
  return fromChannelsFirst(onnx.matMul(onnx.transposeMatrix(rows), onnx.matMul(gradient, columns)));
}

export const resizeLowerings: Record<string, Lowering> = {
  ResizeBilinear: lowering<'images', ResizeAttributes & { size: [number, number] }>(
    ({ inputs: { images }, attrs }) => resizeBilinear(images, attrs.size, attrs),
  ),
  ResizeBilinearGrad: lowering<'images' | 'dy', ResizeAttributes>(({ inputs: { images, dy }, attrs }) =>
    resizeGradient(dy, images, (from, to) => bilinearMatrix(from, to, attrs)),
  ),
  ResizeNearestNeighbor: lowering<'images', ResizeAttributes & { size: [number, number] }>(
    ({ graph, inputs: { images }, attrs }) => {
      const input = images.channelsFirst();
      const pick = (from: number, to: number) => graph.integers(nearestPixels(from, to, attrs));
      const rows = onnx.gather(input, pick(input.shape[2]!, attrs.size[0]), 2);
      return fromChannelsFirst(onnx.gather(rows, pick(input.shape[3]!, attrs.size[1]), 3));
    },
  ),
  ResizeNearestNeighborGrad: lowering<'images' | 'dy', ResizeAttributes>(
    ({ inputs: { images, dy }, attrs }) =>
      resizeGradient(dy, images, (from, to) => nearestMatrix(from, to, attrs)),
  ),
};
