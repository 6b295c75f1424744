import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { LayerDeclarations } from '../parts/layers.js';
import { tensorsOf } from '../tensors.test-tool.js';
import { drawWeights, weightDrawing } from '../weights/initial-weights.js';
import { validateVideoDeblurConfig } from './video-deblur-config-checks.js';
import { averageAlong, declareExposureRefiner } from './exposure-refiner.js';
import { narrowedVideo } from './narrowed-video-deblur.test-tool.js';

const size = 32;
const channelCount = 3;
const layers = new LayerDeclarations();
const refine = declareExposureRefiner(
  layers,
  { iterations: 2, times: 4, channels: [4] },
  { refined: channelCount, exposure: channelCount },
);
const fresh = tensorsOf(drawWeights(weightDrawing(layers.weights, 1)));
const features = [1, 2, 4, 8].map((shrink) =>
  tf.randomUniform<tf.Rank.R4>([1, size / shrink, size / shrink, channelCount], 0, 1, 'float32', shrink),
);

const flow = ([dx, dy]: [number, number]) =>
  tf.tile(tf.tensor4d([dx, dy], [1, 1, 1, 2]), [1, size, size, 1]) as tf.Tensor4D;
/** The flows of a scene that moves by so many pixels from frame to frame. */
const moving = ([dx, dy]: [number, number]) => ({ toPrevious: flow([-dx, -dy]), toNext: flow([dx, dy]) });
/**
 * What a shutter sees of it that is open for all of the time from one frame to the next, so for half an
 * interval on either side of the middle.
 */
const exposed = (sharp: tf.Tensor4D, [dx, dy]: [number, number]) =>
  averageAlong(
    sharp,
    tf.concat(
      [-1, -0.5, 0.5, 1].map((time) => flow([(-dx / 2) * time, (-dy / 2) * time])),
      0,
    ),
  );

const spots = tf.image.resizeBilinear(tf.randomUniform<tf.Rank.R4>([1, 8, 8, 1], 0, 1, 'float32', 9), [
  size,
  size,
]);
const grey = tf.tile(spots, [1, 1, 1, 3]) as tf.Tensor4D;
const blurred = exposed(grey, [4, 2]);
const warped = [blurred, grey];
/** Away from the edges, beyond which nothing is known. */
const error = (a: tf.Tensor4D, b: tf.Tensor4D) =>
  tf.mean(tf.abs(tf.sub(a, b).slice([0, 6, 6, 0], [1, size - 12, size - 12, 3]))).dataSync()[0]!;

describe('averageAlong', () => {
  /** Displacements of a scene that moves by `[dx, dy]` pixels per unit of time. */
  const steadily = ([dx, dy]: [number, number], batch = 1) =>
    tf.concat(
      [-1, -0.5, 0.5, 1].map((time) => tf.tile(flow([dx * time, dy * time]), [batch, 1, 1, 1])),
      0,
    ) as tf.Tensor4D;
  const inTheMiddle = (batch: number, seed: number) =>
    tf.pad(tf.randomUniform([batch, 16, 16, 3], -1, 1, 'float32', seed), [
      [0, 0],
      [8, 8],
      [8, 8],
      [0, 0],
    ]) as tf.Tensor4D;

  test('draws a point out to the line it moved along', () => {
    const point = tf.scatterND(tf.tensor2d([[0, 8, 8, 0]], [1, 4], 'int32'), tf.tensor1d([1]), [
      1,
      size,
      size,
      3,
    ]) as tf.Tensor4D;
    const line = averageAlong(point, steadily([2, 0])).slice([0, 8, 0, 0], [1, 1, 16, 1]);
    expect([...line.dataSync()].map((value) => Number(value.toFixed(6)))).toEqual([
      0, 0, 0, 0, 0, 0, 0.2, 0.2, 0.2, 0.2, 0.2, 0, 0, 0, 0, 0,
    ]);
  });

  test('along the motion turned round is its transpose, for every image of a batch, so that it carries errors back', () => {
    const displacements = steadily([1.5, -0.7], 2);
    const [image, lacking] = [inTheMiddle(2, 1), inTheMiddle(2, 2)];
    const inner = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b), [1, 2, 3]).dataSync();
    const [forward, backward] = [
      inner(averageAlong(image, displacements), lacking),
      inner(image, averageAlong(lacking, tf.neg(displacements))),
    ];
    for (const sample of [0, 1]) expect(forward[sample]).toBeCloseTo(backward[sample]!, 4);
  });
});

describe('the exposure refiner', () => {
  test('starts as Landweber iteration along the flow: nearer to the sharp frame, and still where it is reached', () => {
    const once = refine(
      { image: blurred, centre: blurred, flowsPixels: moving([4, 2]), warped, features },
      fresh,
    );
    expect(error(once, grey)).toBeLessThan(0.9 * error(blurred, grey));
    const arrived = refine(
      { image: grey, centre: blurred, flowsPixels: moving([4, 2]), warped, features },
      fresh,
    );
    expect(error(arrived, grey)).toBeLessThan(1e-6);
    const mistaken = refine(
      { image: blurred, centre: blurred, flowsPixels: moving([-2, 4]), warped, features },
      fresh,
    );
    expect(error(mistaken, grey)).toBeGreaterThan(error(once, grey));
  });

  test('changes nothing where nothing moves', () => {
    expect(
      error(
        refine({ image: grey, centre: grey, flowsPixels: moving([0, 0]), warped, features }, fresh),
        grey,
      ),
    ).toBeLessThan(1e-6);
  });

  test('reads for which fraction of the interval the shutter was open, and how far to go', () => {
    const reading = (fraction: number, step: number) => ({
      ...fresh,
      'exposure.share-and-step.bias': tf.tensor1d([fraction, step]),
    });
    const half = reading(Math.log(0.5), 0);
    const [same, known] = [
      refine({ image: blurred, centre: blurred, flowsPixels: moving([8, 4]), warped, features }, half),
      refine({ image: blurred, centre: blurred, flowsPixels: moving([4, 2]), warped, features }, fresh),
    ];
    expect(error(same, known)).toBeLessThan(1e-6);
    for (const still of [reading(-50, 0), reading(0, -50)]) {
      const barelyChanged = refine(
        { image: blurred, centre: blurred, flowsPixels: moving([4, 2]), warped, features },
        still,
      );
      expect(error(barelyChanged, blurred)).toBeLessThan(0.05 * error(same, blurred));
    }
  });

  test('needs an even number of times', () => {
    const config = narrowedVideo('small');
    expect(() =>
      validateVideoDeblurConfig({
        ...config,
        reconstruction: {
          ...config.reconstruction,
          exposureRefiner: { iterations: 1, times: 3, channels: [3] },
        } as typeof config.reconstruction,
      }),
    ).toThrow('network.reconstruction.exposureRefiner');
  });
});
