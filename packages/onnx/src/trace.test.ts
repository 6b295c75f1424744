import { beforeEach, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { fromPlain, registerLowering } from './index.js';
import { createSession } from './node.js';
import { makeTensor, runTraced } from './test-tensors.test-tool.js';
import { trace } from './trace.js';

beforeEach(async () => {
  await tf.setBackend('cpu');
});

const signature = { x: { shape: [2, 3] } };

test('a tensor that is captured in two shapes is two constants', async () => {
  const flat = tf.tensor1d([1, 2, 3, 4]);
  const square = flat.reshape([2, 2]);
  const graph = trace(({ x }) => ({ y: tf.add(tf.sum(tf.mul(x!, flat)), square) }), { x: { shape: [4] } });
  const session = await createSession(graph, { threads: 1 });
  expect([...(await session.run({ x: Float32Array.of(1, 0, 0, 1) }))['y']!]).toEqual([6, 7, 8, 9]);
  await session.release();
});

test('parts of which none has an element make an empty tensor', async () => {
  const none = (x: tf.Tensor) => tf.slice(x, [0, 0], [0, 3]);
  const { outputs } = trace(({ x }) => ({ y: tf.concat([none(x!), none(x!)]) }), signature);
  expect(outputs['y']!.shape).toEqual([0, 3]);
});

test('tensors that the function captures become constants, and stay usable on their own backend', async () => {
  const captured = tf.tensor2d([[1, 2, 3]]);
  const graph = trace(({ x }) => ({ y: tf.add(x!, captured) }), signature);
  expect([...captured.dataSync()]).toEqual([1, 2, 3]);
  captured.dispose();
  const session = await createSession(graph, { threads: 1 });
  expect([...(await session.run({ x: Float32Array.of(0, 0, 0, 1, 1, 1) }))['y']!]).toEqual([
    1, 2, 3, 2, 3, 4,
  ]);
  await session.release();
});

test('the signature tells the shapes and types of the outputs', () => {
  const { inputs, outputs } = trace(
    ({ x }) => ({ largest: tf.argMax(x!, 1), isPositive: tf.greater(x!, 0) }),
    signature,
  );
  expect(inputs).toEqual(signature);
  expect(outputs).toEqual({
    largest: { shape: [2], dtype: 'int32' },
    isPositive: { shape: [2, 3], dtype: 'bool' },
  });
});

test('an input, twice, and a constant can be outputs, and an input need not be used', async () => {
  const outputs = await runTraced(({ x }) => ({ same: x!, again: x!, constant: tf.tensor1d([5, 6]) }), {
    x: tf.tensor1d([1, 2]),
    unused: tf.tensor1d([0]),
  });
  expect(Object.entries(outputs).map(([name, values]) => [name, [...values]])).toEqual([
    ['same', [1, 2]],
    ['again', [1, 2]],
    ['constant', [5, 6]],
  ]);
});

test('tracing leaves no tensor and no variable behind and the same backend active, time after time', () => {
  const traced = () =>
    trace(({ x }) => {
      const weight = tf.variable(tf.ones([3]));
      return { y: tf.keep(tf.mul(x!, weight)) };
    }, signature);
  const { bytes } = traced();
  const [tensors, variables] = [tf.memory().numTensors, Object.keys(tf.engine().registeredVariables).length];
  for (let time = 0; time < 3; time++) expect(traced().bytes).toEqual(bytes);
  expect(tf.memory().numTensors).toBe(tensors);
  expect(Object.keys(tf.engine().registeredVariables)).toHaveLength(variables);
  expect(tf.getBackend()).toBe('cpu');
});

test('after an error in the function the backend is the one before, and tensors and gradients work', () => {
  const failing = () =>
    tf.grad((x) => {
      tf.square(x);
      throw new Error('as intended');
    })(tf.ones([2]));
  expect(() => trace(() => ({ y: failing() }), signature)).toThrow('as intended');
  expect(tf.getBackend()).toBe('cpu');
  const gradient = tf.tidy(() => [
    ...tf
      .grad((x) => tf.square(x))(tf.tensor1d([3]))
      .dataSync(),
  ]);
  expect(gradient).toEqual([6]);
});

test('a kernel without a lowering is named with the place that called it', () => {
  const callErosion = (x: tf.Tensor) =>
    tf.dilation2d(tf.reshape(x, [1, 2, 3, 1]) as tf.Tensor4D, tf.ones([1, 1, 1]) as tf.Tensor3D, 1, 'same');
  expect(() => trace(({ x }) => ({ y: callErosion(x!) }), signature)).toThrow(
    /Expected kernels that have an ONNX lowering but received 'Dilation2D', called at .*trace\.test\.ts:\d+:\d+/,
  );
});

test('a lowering that cannot do what is asked says so, with its kernel and place', () => {
  const gatherRows = (x: tf.Tensor) => tf.gather(x, tf.tensor2d([[0], [1]], [2, 1], 'int32'), 1, 1);
  expect(() => trace(({ x }) => ({ y: gatherRows(x!) }), signature)).toThrow(
    /batchDims 0 but received 1 \(in the lowering of kernel 'GatherV2', called at .*trace\.test\.ts:\d+:\d+/,
  );
});

test('reading the values of a traced tensor is refused', () => {
  expect(() => trace(({ x }) => ({ y: tf.scalar(tf.exp(x!).dataSync()[0]!) }), signature)).toThrow(
    'have shapes but no values',
  );
});

test('an output with the name of an input is refused', () => {
  expect(() => trace(({ x }) => ({ x: tf.neg(x!) }), signature)).toThrow(
    "received 'x', which is also an input",
  );
});

test('tracing inside a traced function is refused', () => {
  expect(() =>
    trace(
      () => ({ y: tf.scalar(trace(({ x }) => ({ x2: tf.neg(x!) }), signature).bytes.length) }),
      signature,
    ),
  ).toThrow('called inside a traced function');
});

test("a lowering can be registered for a kernel of one's own", async () => {
  const kernelName = 'TripleOfTest';
  registerLowering(kernelName, ({ inputs, graph }) => {
    const x = inputs['x']!.plain();
    return fromPlain(graph.emit('Mul', [x, graph.scalar(3)], {}, { shape: x.shape, type: x.type }));
  });
  const { y } = await runTraced(
    ({ x }) => ({ y: tf.engine().runKernel(kernelName, { x: x! }) as tf.Tensor }),
    { x: tf.tensor1d([1, 2]) },
  );
  expect([...y!]).toEqual([3, 6]);
});

test('images that go through convolutions only are transposed once on the way in and once on the way out', () => {
  const [filter, coarseFilter] = [
    makeTensor({ shape: [3, 3, 4, 4] }, 1),
    makeTensor({ shape: [3, 3, 8, 4] }, 2),
  ] as [tf.Tensor4D, tf.Tensor4D];
  const { bytes } = trace(
    ({ image }) => {
      const fine = tf.leakyRelu(
        tf.add(tf.conv2d(image as tf.Tensor4D, filter, 1, 'same'), tf.ones([4])),
        0.1,
      );
      const coarse = tf.conv2d(tf.concat([fine, image!], 3) as tf.Tensor4D, coarseFilter, 2, 'same');
      return { y: tf.tanh(tf.mul(coarse, tf.sigmoid(coarse))) };
    },
    { image: { shape: [1, 8, 8, 4] } },
  );
  expect(new TextDecoder('latin1').decode(bytes).match(/Transpose:\d+\x22?\tTranspose/g)).toHaveLength(2);
});
