import {
  add,
  concat,
  conv2d,
  div,
  matMul,
  mean,
  mul,
  ones,
  pad,
  reshape,
  slice,
  softmax,
  sqrt,
  square,
  sub,
  sum,
  tensor4d,
} from '@tensorflow/tfjs-core';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';

/** Columns that are compared with all their candidates in one matrix product. */
const blockColumns = 16;

/**
 * The cost volume of PWC-Net (Sun et al. 2018, Eq. 3): how well each pixel fits every pixel of the other
 * image within a radius r, as the mean over channels of the products of their features; 0 where the other
 * pixel lies outside.
 *
 * Channel `(2r + 1) (dy + r) + (dx + r)` belongs to the displacement (dx, dy).
 *
 * A displacement at a time would read both images (2r + 1)^2 times. Here, for each of the 2r + 1 rows around,
 * a block of a row's columns is multiplied at once with all the columns that any of them may be displaced to;
 * of that product, the band where both agree is cut out.
 *
 * @param first, second `[B, h, w, C]`.
 * @returns `[B, h, w, (2r + 1)^2]`.
 */
export function costVolume(first: Tensor4D, second: Tensor4D, radiusPixels: number): Tensor4D {
  const [batch, height, width, channels] = first.shape;
  const side = 2 * radiusPixels + 1;
  const columns = Math.min(blockColumns, width);
  const blocks = Math.ceil(width / columns);
  const missingColumns = blocks * columns - width;
  const candidates = columns + 2 * radiusPixels;
  const rows = batch * height * blocks;

  const left = reshape(
    pad(first, [
      [0, 0],
      [0, 0],
      [0, missingColumns],
      [0, 0],
    ]),
    [rows, columns, channels],
  ) as Tensor3D;

  // Lines of columns with their channels: what is sliced out of one is one piece of memory.
  const padded = pad(reshape(second, [batch, height, width * channels]), [
    [0, 0],
    [radiusPixels, radiusPixels],
    [radiusPixels * channels, (radiusPixels + missingColumns) * channels],
  ]);
  const blockwise = concat(
    Array.from({ length: blocks }, (_, block) =>
      slice(
        padded,
        [0, 0, block * columns * channels],
        [batch, height + 2 * radiusPixels, candidates * channels],
      ),
    ),
    2,
  );
  const bands = Array.from({ length: side }, (_, row) => {
    const line = slice(blockwise, [0, row, 0], [batch, height, blocks * candidates * channels]);
    const right = reshape(line, [rows, candidates, channels]) as Tensor3D;
    return cutBand(matMul(left, right, false, true));
  });
  const whole = reshape(concat(bands, 2), [batch, height, blocks * columns, side * side]);
  return mul(slice(whole, [0, 0, 0, 0], [batch, height, width, side * side]), 1 / channels);
}

/**
 * The elements (i, i + d), d from 0 to m - n, of n x m matrices: `[K, n, m]` to `[K, n, m - n + 1]`. Read as
 * rows one longer than they are, the matrices lie skewed, with those elements below each other.
 */
function cutBand(matrices: Tensor3D): Tensor3D {
  const [count, rows, columns] = matrices.shape;
  const flat = pad(reshape(matrices, [count, rows * columns]), [
    [0, 0],
    [0, rows],
  ]);
  return slice(
    reshape(flat, [count, rows, columns + 1]) as Tensor3D,
    [0, 0, 0],
    [count, rows, columns - rows + 1],
  );
}

/** How much of a correlation decides between candidates: of two that differ by 0.1, one has 0.2 % of the weight. */
const correlationWeight = 60;

/** What a candidate a pixel away has to fit better by than none, as a part of `correlationWeight`. */
const nearnessWeight = 1;

/** What a cost volume says of where each pixel has gone. */
export interface ExpectedDisplacement {
  /** `[B, h, w, 2]`: (dx, dy) in pixels of the features, at most r. */
  displacement: Tensor4D;
  /** `[B, h, w, 1]`: 1 where one candidate fits alone, near 0 where many fit alike. */
  certainty: Tensor4D;
}

/**
 * The displacement that fits on average (Kendall et al. 2017, "End-to-End Learning of Geometry and Context",
 * section 3.4, for stereo): that of every candidate, weighted by the softmax of 60 times its correlation less
 * its squared length, so that where much fits alike, the nearest counts; and how far the weights agree, the sum
 * of their squares.
 *
 * @param correlations of normalized features, `[B, h, w, (2r + 1)^2]`, as `costVolume` gives them.
 */
export function expectedDisplacement(correlations: Tensor4D, radiusPixels: number): ExpectedDisplacement {
  const side = 2 * radiusPixels + 1;
  const candidates = Array.from({ length: side * side }, (_, index) => [
    (index % side) - radiusPixels,
    Math.floor(index / side) - radiusPixels,
  ]);
  const farness = candidates.map(([dx, dy]) => nearnessWeight * (dx! ** 2 + dy! ** 2));
  const fit = sub<Tensor4D>(
    mul<Tensor4D>(correlations, correlationWeight),
    tensor4d(farness, [1, 1, 1, side * side]),
  );
  const weights = softmax(fit, 3);
  return {
    displacement: conv2d(weights, tensor4d(candidates.flat(), [1, 1, side * side, 2]), 1, 'valid'),
    certainty: sum(square(weights), 3, true),
  };
}

/**
 * What surrounds every pixel of `[B, h, w, 1]`, as channels with mean 0 and variance 1: the product of two is
 * their normalized cross-correlation. What lies outside counts as the pixel itself.
 *
 * @param sidePixels odd: of the square around every pixel.
 * @returns `[B, h, w, sidePixels^2]`.
 */
export function surroundings(x: Tensor4D, sidePixels: number): Tensor4D {
  const channels = sidePixels ** 2;
  const margin: [number, number] = [(sidePixels - 1) / 2, (sidePixels - 1) / 2];
  const oneHot = new Float32Array(channels * channels);
  for (let place = 0; place < channels; place++) oneHot[place * channels + place] = 1;
  const kernel = tensor4d(oneHot, [sidePixels, sidePixels, 1, channels]);
  const around = (image: Tensor4D) =>
    conv2d(pad(image, [[0, 0], margin, margin, [0, 0]]), kernel, 1, 'valid');
  const [, height, width] = x.shape;
  const inside = around(ones([1, height, width, 1]));
  return normalizeChannels(mul<Tensor4D>(sub(around(x), x), inside));
}

/** Added to the variance: what is flat stays near zero. */
const varianceFloor = 1e-3;

/**
 * Features `[B, h, w, C]` with mean 0 and variance 1 over the channels of every pixel, so that a cost volume
 * holds correlations from -1 to 1. Products of plain features differ little from one displacement to the next
 * before they are trained, and a flow network begins to learn much later (Jonschkowski et al. 2020, "What
 * Matters in Unsupervised Optical Flow", section 3.2; they normalize over the whole image, which tiles could
 * not).
 */
export function normalizeChannels(features: Tensor4D): Tensor4D {
  const centred = sub(features, mean(features, 3, true));
  return div(centred, sqrt(add(mean(square(centred), 3, true), varianceFloor)));
}
