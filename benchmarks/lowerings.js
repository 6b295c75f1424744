/**
 * Times ways to write an operation in ONNX side by side on ONNX Runtime, and checks that they agree. The
 * table in the README comes from it.
 *
 *   npm run build
 *   node benchmarks/lowerings.js [threads] [part of a title]
 */
import { Graph } from '../packages/onnx/dist/graph/graph.js';
import { serializeModel } from '../packages/onnx/dist/graph/model.js';
import * as onnx from '../packages/onnx/dist/graph/operators.js';
import { filterGradient } from '../packages/onnx/dist/lowerings/filter-gradient.js';
import { outputsFirst } from '../packages/onnx/dist/lowerings/filter-layout.js';
import { inputGradient } from '../packages/onnx/dist/lowerings/input-gradient.js';
import { createSession } from '../packages/onnx/dist/node.js';

const [threads, wanted] = [Number(process.argv[2] ?? 2), process.argv[3] ?? ''];
const runCount = 15;

/** Milliseconds of the fastest run of each way; runs take turns so that a busy machine is busy for all. */
async function compare(title, shapes, ways) {
  if (!title.includes(wanted)) return;
  const feeds = Object.fromEntries(
    Object.entries(shapes).map(([name, shape], seed) => [
      name,
      Float32Array.from({ length: count(shape) }, (_, index) => Math.sin(1.3 * index + seed)),
    ]),
  );
  const sessions = [];
  for (const [way, write] of Object.entries(ways)) {
    const graph = new Graph();
    const output = write(
      ...Object.entries(shapes).map(([name, shape]) => graph.input(name, shape, 'float32')),
    );
    const signature = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }]));
    const traced = {
      bytes: serializeModel(graph, { output }),
      inputs: signature,
      outputs: { output: { shape: [...output.shape] } },
    };
    sessions.push({
      way,
      session: await createSession(traced, { threads, outputSets: 1 }),
      milliseconds: Infinity,
    });
  }
  let expected;
  for (let run = 0; run < runCount; run++) {
    for (const entry of sessions) {
      const start = performance.now();
      const { output } = await entry.session.run(feeds);
      entry.milliseconds = Math.min(entry.milliseconds, performance.now() - start);
      if (run > 0) continue;
      expected ??= output.slice();
      const [error, scale] = output.reduce(
        ([error, scale], value, index) => [
          Math.max(error, Math.abs(value - expected[index])),
          Math.max(scale, Math.abs(value)),
        ],
        [0, 0],
      );
      if (error > 1e-4 * scale) {
        throw new Error(`Expected all ways of '${title}' to agree but '${entry.way}' differs by ${error}.`);
      }
    }
  }
  console.log(
    `| ${title} | ${sessions.map(({ way, milliseconds }) => `${way} **${milliseconds.toFixed(2)}**`).join(', ')} |`,
  );
  for (const { session } of sessions) await session.release();
}

const count = (shape) => shape.reduce((product, size) => product * size, 1);

const geometryOf = (batch, from, to, size, kernel, stride) => {
  const output = size / stride;
  const padding = Math.max(0, (output - 1) * stride + kernel - size);
  const before = Math.floor(padding / 2);
  return {
    batch,
    inputChannels: from,
    outputChannels: to,
    inputSize: [size, size],
    outputSize: [output, output],
    filterSize: [kernel, kernel],
    strides: [stride, stride],
    dilations: [1, 1],
    padBefore: [before, before],
    padAfter: [padding - before, padding - before],
  };
};

/** The input as every place of the filter sees it, as large as the output. */
function shiftedInputs(x, { outputSize, filterSize, padBefore, padAfter }) {
  const padded = onnx.pad(x, [0, 0, ...padBefore], [0, 0, ...padAfter]);
  const places = Array.from({ length: filterSize[0] * filterSize[1] }, (_, index) => [
    Math.floor(index / filterSize[1]),
    index % filterSize[1],
  ]);
  return places.map((place) => onnx.slice(padded, [2, 3], place, outputSize));
}

/** One product for every place of the filter, each with a shifted copy of the input. */
function shiftedCopies(x, dy, shapes) {
  const { batch, inputChannels, outputChannels, outputSize } = shapes;
  const pixels = outputSize[0] * outputSize[1];
  const gradient = onnx.transposeMatrix(onnx.reshape(dy, [batch, outputChannels, pixels]));
  const products = shiftedInputs(x, shapes).map((copy) =>
    onnx.matMul(onnx.reshape(copy, [batch, inputChannels, pixels]), gradient),
  );
  return filterOf(onnx.concat(products, 1), shapes);
}

/** One product of all shifted copies of the input together (im2col). */
function imageToColumns(x, dy, shapes) {
  const { batch, inputChannels, outputChannels, outputSize } = shapes;
  const pixels = outputSize[0] * outputSize[1];
  const copies = shiftedInputs(x, shapes);
  const columns = onnx.reshape(onnx.concat(copies, 1), [batch, copies.length * inputChannels, pixels]);
  const gradient = onnx.transposeMatrix(onnx.reshape(dy, [batch, outputChannels, pixels]));
  return filterOf(onnx.matMul(columns, gradient), shapes);
}

/** Products of all samples, summed into the gradient of the filter. */
function filterOf(products, { filterSize, inputChannels, outputChannels }) {
  return onnx.reshape(onnx.reduce('ReduceSum', products, [0]), [
    ...filterSize,
    inputChannels,
    outputChannels,
  ]);
}

function transposedConvolution(
  dy,
  filter,
  { batch, inputChannels, inputSize, filterSize, strides, padBefore, padAfter },
) {
  const attributes = { kernel_shape: filterSize, strides, pads: [...padBefore, ...padAfter] };
  return dy.graph.emit('ConvTranspose', [dy, outputsFirst(filter)], attributes, {
    shape: [batch, inputChannels, ...inputSize],
    type: dy.type,
  });
}

/** Stride 2, 4x4: a 3x3 convolution gives all four pixels of every 2x2, which are then put side by side. */
function subPixelConvolution(dy, filter, { batch, inputChannels, outputChannels, outputSize, inputSize }) {
  // Output row 2 i + phase sums filter rows r over input rows i + shift with 2 (i + shift) + r - 1 = 2 i +
  // phase.
  const ways = [0, 1].map((phase) => [-1, 0, 1].map((shift) => phase + 1 - 2 * shift));
  const zero = onnx.filled(dy.graph, [1, inputChannels, outputChannels], 0);
  const tap = (row, column) =>
    row >= 0 && row < 4 && column >= 0 && column < 4
      ? onnx.slice(onnx.reshape(filter, [16, inputChannels, outputChannels]), [0], [4 * row + column], [1])
      : zero;
  const phases = [0, 1].flatMap((y) =>
    [0, 1].map((x) =>
      onnx.reshape(
        onnx.concat(
          ways[y].flatMap((row) => ways[x].map((column) => tap(row, column))),
          0,
        ),
        [3, 3, inputChannels, outputChannels],
      ),
    ),
  );
  const filters = onnx.concat(
    phases.map((phase) => onnx.transpose(phase, [2, 3, 0, 1])),
    0,
  );
  const convolved = dy.graph.emit(
    'Conv',
    [dy, filters],
    { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
    { shape: [batch, 4 * inputChannels, ...outputSize], type: dy.type },
  );
  return dy.graph.emit(
    'DepthToSpace',
    [convolved],
    { blocksize: 2, mode: 'DCR' },
    { shape: [batch, inputChannels, ...inputSize], type: dy.type },
  );
}

console.log(`ONNX Runtime, ${threads} threads, milliseconds, batch 2\n\n| operation | ways |\n|---|---|`);

for (const [from, to, size] of [
  [16, 16, 128],
  [32, 32, 64],
  [64, 64, 64],
  [99, 32, 64],
  [128, 128, 32],
]) {
  const geometry = geometryOf(2, from, to, size, 3, 1);
  await compare(
    `filter gradient, 3x3, ${from} to ${to} channels, ${size}x${size}`,
    { x: [2, from, size, size], dy: [2, to, size, size] },
    {
      'rows and columns apart': (x, dy) => filterGradient(x, dy, geometry),
      'shifted copies': (x, dy) => shiftedCopies(x, dy, geometry),
      'image to columns': (x, dy) => imageToColumns(x, dy, geometry),
    },
  );
}
for (const [from, to, size] of [
  [32, 32, 64],
  [64, 64, 64],
  [128, 128, 32],
]) {
  const geometry = geometryOf(2, from, to, size, 3, 1);
  await compare(
    `input gradient, 3x3, ${from} from ${to} channels, ${size}x${size}`,
    { dy: [2, to, size, size], filter: [3, 3, from, to] },
    {
      'mirrored convolution': (dy, filter) => inputGradient(dy, filter, geometry),
      'transposed convolution': (dy, filter) => transposedConvolution(dy, filter, geometry),
    },
  );
}
for (const [from, to, size] of [
  [16, 48, 64],
  [32, 64, 64],
  [64, 128, 64],
]) {
  const geometry = geometryOf(2, from, to, size, 4, 2);
  await compare(
    `transposed convolution, 4x4 stride 2, ${to} to ${from} channels, to ${size}x${size}`,
    { dy: [2, to, size / 2, size / 2], filter: [4, 4, from, to] },
    {
      'transposed convolution': (dy, filter) => transposedConvolution(dy, filter, geometry),
      'sub-pixel convolution': (dy, filter) => subPixelConvolution(dy, filter, geometry),
    },
  );
}
for (const [from, to] of [
  [32, 32],
  [128, 96],
]) {
  await compare(
    `3x3 filter of ${from} to ${to} channels to [out, in, 3, 3]`,
    { filter: [3, 3, from, to] },
    {
      'product with the identity, then blocks': (filter) => outputsFirst(filter),
      transpose: (filter) => onnx.transpose(filter, [3, 2, 0, 1]),
    },
  );
}
await compare(
  'gradient of a leaky ReLU, 64 channels, 64x64',
  { x: [2, 64, 64, 64], dy: [2, 64, 64, 64] },
  {
    'product with a clipped slope': (x, dy) =>
      onnx.multiply(dy, onnx.clip(onnx.multiply(x, x.graph.scalar(1e38)), 0.1, 1)),
    where: (x, dy) =>
      onnx.where(
        onnx.elementwise('Greater', [x, x.graph.scalar(0)], {}, 'bool'),
        dy,
        onnx.multiply(dy, x.graph.scalar(0.1)),
      ),
  },
);
await compare(
  'sum over pixels, [2, 64, 64, 12]',
  { x: [2, 64, 64, 12] },
  {
    'product with ones': (x) =>
      onnx.reshape(
        onnx.matMul(onnx.filled(x.graph, [1, 2 * 64 * 64], 1), onnx.reshape(x, [2 * 64 * 64, 12])),
        [12],
      ),
    reduction: (x) => onnx.reduce('ReduceSum', x, [0, 1, 2]),
  },
);
