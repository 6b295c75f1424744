import type { Graph, Value } from '../graph/graph.js';
import * as onnx from '../graph/operators.js';
import { fromChannelsFirst, fromPlain } from '../traced-tensor.js';
import type { TracedTensor } from '../traced-tensor.js';
import { lowering } from './lowering.js';
import type { Lowering } from './lowering.js';

type SamplePadding = 'border' | 'zeros';

/**
 * One of the four pixels around every sampling place. All values are `[P, 1]` for the P places of the batch.
 * The bilinear weight of the pixel is `alongX * alongY`.
 */
interface Corner {
  /** Row of the pixel in the image as `[B H W, C]`, int64. Outside, with zero padding, some pixel inside. */
  pixel: Value;
  alongX: Value;
  alongY: Value;
  /** Derivative of `alongX` by x (of `alongY` by y): 1 for the pixel on the right (below), -1 for the other. */
  signX: 1 | -1;
  signY: 1 | -1;
  /** 1 where the pixel is inside the image, 0 elsewhere; absent where padding repeats the edge. */
  inside?: Value;
}

/** What sampling needs along one axis: two neighbouring positions and how close the place is to each. */
interface Neighbours {
  /** Whole positions inside the image, float. */
  positions: [Value, Value];
  weights: [Value, Value];
  /** Whether each position was inside before it was moved inside; only with zero padding. */
  inside?: [Value, Value];
  /** 1 where the coordinate is inside the image, 0 where it is clamped; only with border padding. */
  free?: Value;
}

const scalar = (graph: Graph, value: number): Value => graph.scalar(value);

function findNeighbours(coordinate: Value, size: number, padding: SamplePadding): Neighbours {
  const { graph } = coordinate;
  const last = size - 1;
  const place = padding === 'border' ? onnx.clip(coordinate, 0, last) : coordinate;
  const low = onnx.elementwise('Floor', [place]);
  const high = onnx.add(low, scalar(graph, 1));
  const highWeight = onnx.subtract(place, low);
  const weights: [Value, Value] = [onnx.subtract(scalar(graph, 1), highWeight), highWeight];
  const positions: [Value, Value] = [onnx.clip(low, 0, last), onnx.clip(high, 0, last)];
  const isSame = (a: Value, b: Value) => onnx.cast(onnx.elementwise('Equal', [a, b], {}, 'bool'), 'float32');
  if (padding === 'border') return { positions, weights, free: isSame(place, coordinate) };
  return { positions, weights, inside: [isSame(positions[0], low), isSame(positions[1], high)] };
}

/** The pixels around every place, from coordinates `[B, h, w, 2]`. */
function findCorners(coordinates: Value, [batch, height, width]: readonly number[], padding: SamplePadding): { corners: Corner[]; along: { x: Neighbours; y: Neighbours } } {
  const { graph } = coordinates;
  const places = coordinates.shape[0]! * coordinates.shape[1]! * coordinates.shape[2]!;
  const flat = onnx.reshape(coordinates, [places, 2]);
  const x = findNeighbours(onnx.slice(flat, [1], [0], [1]), width!, padding);
  const y = findNeighbours(onnx.slice(flat, [1], [1], [1]), height!, padding);
  const placesPerSample = places / batch!;
  const firstPixels = graph.constant(BigInt64Array.from({ length: places }, (_, place) => BigInt(Math.floor(place / placesPerSample) * height! * width!)), [places, 1], 'int64');
  const corners = [0, 1].flatMap((below) =>
    [0, 1].map((right): Corner => {
      const column = onnx.cast(x.positions[right]!, 'int64');
      const row = onnx.cast(y.positions[below]!, 'int64');
      const pixelOfSample = onnx.elementwise('Add', [onnx.elementwise('Mul', [row, graph.constant(BigInt64Array.of(BigInt(width!)), [], 'int64')]), column]);
      return {
        pixel: batch === 1 ? pixelOfSample : onnx.elementwise('Add', [pixelOfSample, firstPixels]),
        alongX: x.weights[right]!,
        alongY: y.weights[below]!,
        signX: right ? 1 : -1,
        signY: below ? 1 : -1,
        ...(x.inside && y.inside ? { inside: onnx.multiply(x.inside[right]!, y.inside[below]!) } : {}),
      };
    }),
  );
  return { corners, along: { x, y } };
}

const asRows = (tensor: TracedTensor): Value => onnx.reshape(tensor.plain(), [tensor.shape[0]! * tensor.shape[1]! * tensor.shape[2]!, tensor.shape[3]!]);

const sumSigned = (terms: readonly { value: Value; sign: 1 | -1 }[]): Value =>
  [...terms].sort((a, b) => b.sign - a.sign).reduce<Value | undefined>((sum, { value, sign }) => (!sum ? value : sign > 0 ? onnx.add(sum, value) : onnx.subtract(sum, value)), undefined)!;

/** Bilinear samples of the image; ONNX measures places from -1 to 1 between the centres of the outermost pixels. */
function sample(image: TracedTensor, coordinates: TracedTensor, padding: SamplePadding): TracedTensor {
  const { graph } = image;
  const [batch, height, width, channels] = image.shape as [number, number, number, number];
  // A side of one pixel spans no distance to measure in; one more row or column makes it measurable.
  const extra = [height, width].map((size) => (size === 1 ? 1 : 0)) as [number, number];
  const source = onnx.pad(image.channelsFirst(), [0, 0, 0, 0], [0, 0, ...extra], padding === 'border' ? 'edge' : 'constant');
  const scale = graph.constant(Float32Array.of(2 / (width + extra[1] - 1), 2 / (height + extra[0] - 1)), [2], 'float32');
  const grid = onnx.subtract(onnx.multiply(coordinates.plain(), scale), scalar(graph, 1));
  const [, outHeight, outWidth] = coordinates.shape as [number, number, number, number];
  const attributes = { align_corners: 1, mode: 'linear', padding_mode: padding };
  return fromChannelsFirst(graph.emit('GridSample', [source, grid], attributes, { shape: [batch, channels, outHeight, outWidth], type: 'float32' }));
}

/** Every place's gradient, shared out over the pixels around it. */
function imageGradient(dy: TracedTensor, coordinates: TracedTensor, imageShape: readonly number[], padding: SamplePadding): TracedTensor {
  const [batch, height, width, channels] = imageShape as [number, number, number, number];
  const { corners } = findCorners(coordinates.plain(), imageShape, padding);
  const rows = asRows(dy);
  const empty = onnx.filled(dy.graph, [batch * height * width, channels], 0);
  const gradient = corners.reduce((sum, { pixel, alongX, alongY, inside }) => {
    const weight = onnx.multiply(alongX, alongY);
    return onnx.scatterAdd(sum, pixel, onnx.multiply(rows, inside ? onnx.multiply(weight, inside) : weight));
  }, empty);
  return fromPlain(onnx.reshape(gradient, imageShape));
}

/** How the samples change with the place: differences of neighbouring pixels, weighted along the other axis. */
function coordinatesGradient(dy: TracedTensor, image: TracedTensor, coordinates: TracedTensor, padding: SamplePadding): TracedTensor {
  const { corners, along } = findCorners(coordinates.plain(), image.shape, padding);
  const [rows, pixels] = [asRows(dy), asRows(image)];
  const places = rows.shape[0]!;
  const terms = corners.map(({ pixel, inside, alongX, alongY, signX, signY }) => {
    const products = onnx.multiply(onnx.gather(pixels, onnx.reshape(pixel, [places]), 0), rows);
    const total = onnx.reduce('ReduceSum', products, [1], true);
    const seen = inside ? onnx.multiply(total, inside) : total;
    return { byX: { value: onnx.multiply(seen, alongY), sign: signX }, byY: { value: onnx.multiply(seen, alongX), sign: signY } };
  });
  const whereFree = (gradient: Value, { free }: Neighbours) => (free ? onnx.multiply(gradient, free) : gradient);
  const byX = whereFree(sumSigned(terms.map((term) => term.byX)), along.x);
  const byY = whereFree(sumSigned(terms.map((term) => term.byY)), along.y);
  return fromPlain(onnx.reshape(onnx.concat([byX, byY], 1), coordinates.shape));
}

/**
 * Kernels that TensorFlow.js does not have: bilinear sampling of `image` `[B, H, W, C]` at `coordinates` `[B, h, w, 2]`,
 * (x, y) in pixels, centres at integers, and its two gradients. Padding `border` repeats the edge, and the gradient by a
 * coordinate outside is 0; `zeros` sees 0 outside.
 */
export const samplingLowerings: Record<string, Lowering> = {
  GridSample: lowering<'image' | 'coordinates', { padding: SamplePadding }>(({ inputs: { image, coordinates }, attrs: { padding } }) => sample(image, coordinates, padding)),
  GridSampleImageGrad: lowering<'dy' | 'coordinates', { imageShape: number[]; padding: SamplePadding }>(({ inputs: { dy, coordinates }, attrs: { imageShape, padding } }) =>
    imageGradient(dy, coordinates, imageShape, padding),
  ),
  GridSampleCoordinatesGrad: lowering<'dy' | 'image' | 'coordinates', { padding: SamplePadding }>(({ inputs: { dy, image, coordinates }, attrs: { padding } }) =>
    coordinatesGradient(dy, image, coordinates, padding),
  ),
};
