import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { blurToVideo, blurToVideoPresets, declareVideoDeblur, initialVideoDeblurWeights, initialWeights, videoDeblurPresets, writeVideoDeblurWeights, writeWeights } from '@unblur/core-model';
import type { BlurToVideoConfig, VideoDeblurConfig, WeightValues } from '@unblur/core-model';
import { videoStartingWeights } from './video-starting-weights.js';

const folder = mkdtempSync(join(tmpdir(), 'unblur-starting-weights-'));
const [photoFile, videoFile] = [join(folder, 'photo.safetensors'), join(folder, 'video.safetensors')];

const shared = {
  encoderChannels: [3, 3, 4, 4, 4],
  middleDecoder: { upscaledChannels: [0, 2, 2, 2, 2], denseChannels: [[], [3, 3], [3], [3], [3]] },
  refiner: [{ channels: 3, dilation: 2 }],
};
const photoConfig: BlurToVideoConfig = { ...blurToVideoPresets.small, ...shared, frames: 3, motionDecoder: null, reblurRefiner: null, frameConfidence: null, scaleFusion: null, frameDecoder: shared.middleDecoder };
const videoConfig: VideoDeblurConfig = {
  ...videoDeblurPresets.small,
  scaleFusion: null,
  flow: { ...videoDeblurPresets.small.flow, pyramidChannels: [3, 3, 3], pyramidConvolutions: 1, searchRadiusPixels: 1, denseChannels: [3], refiner: [] },
  reconstruction: { ...shared, exposureRefiner: null },
  stages: 1,
};

/** Starting weights without zeros. */
const restless = (weights: WeightValues): WeightValues =>
  Object.fromEntries(Object.entries(weights).map(([name, { values, shape }], seed) => [name, { shape, values: tf.add(tf.tensor(values, shape), tf.randomNormal(shape, 0, 0.1, 'float32', seed + 1)).dataSync<'float32'>().slice() }]));
const tensors = (weights: WeightValues) => Object.fromEntries(Object.entries(weights).map(([name, { values, shape }]) => [name, tf.tensor(values, shape)]));

const [photo, video] = [restless(initialWeights(photoConfig, 1)), restless(initialVideoDeblurWeights(videoConfig, 2))];
const start = (changes: Partial<Parameters<typeof videoStartingWeights>[0]>) => videoStartingWeights({ network: videoConfig, seed: 3, initialWeights: null, initialFlow: null, initialReconstruction: null, ...changes });

beforeAll(() => {
  writeFileSync(photoFile, writeWeights(photo, photoConfig, { dtype: 'float32' }));
  writeFileSync(videoFile, writeVideoDeblurWeights(video, videoConfig, { dtype: 'float32' }));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('videoStartingWeights', () => {
  it('begins the reconstruction as the middle frame of the centre picture', () => {
    const frames = [1, 2, 3].map((seed) => tf.randomUniform<tf.Rank.R4>([1, 32, 64, 3], 0, 1, 'float32', seed));
    const { image } = declareVideoDeblur(videoConfig).deblur(frames, tensors(start({ initialFlow: videoFile, initialReconstruction: photoFile })));
    const fusing = initialVideoDeblurWeights({ ...videoConfig, scaleFusion: { scales: 2, channels: [3] } }, 3);
    expect(start({ initialReconstruction: photoFile, network: { ...videoConfig, scaleFusion: { scales: 2, channels: [3] } } })).toMatchObject({ 'fusion.conv0.kernel': fusing['fusion.conv0.kernel'] });
    const middle = blurToVideo(frames[1]!, tensors(photo), photoConfig).frames[1]![0]!;
    expect(tf.max(tf.abs(tf.sub(image, middle))).dataSync()[0]).toBeLessThan(1e-5);
  });

  it('takes the flow network of one file, or all of it', () => {
    const { 'flow.level3.flow.kernel': flow, 'middle.level1.image.kernel': image } = start({ initialFlow: videoFile });
    expect(flow!.values).toEqual(video['flow.level3.flow.kernel']!.values);
    expect(image!.values).not.toEqual(video['middle.level1.image.kernel']!.values);
    expect(start({ initialWeights: { file: videoFile, parts: null }, network: { ...videoConfig, stages: 2 } })).toEqual(video);
    const aligned = { ...videoConfig, flow: { ...videoConfig.flow, alignment: [{ level: 1, iterations: 1 }] } };
    expect(start({ initialWeights: { file: videoFile, parts: null }, network: aligned })).toEqual(video);
  });

  it('takes a file from before the network had a field that the run leaves empty, its fields in another order', () => {
    const { scaleFusion: _new, stages, ...older } = videoConfig;
    const olderFile = join(folder, 'older.safetensors');
    writeFileSync(olderFile, writeVideoDeblurWeights(video, { stages, ...older }, { dtype: 'float32' }));
    expect(start({ initialWeights: { file: olderFile, parts: null } })).toEqual(video);
    expect(() => start({ initialWeights: { file: olderFile, parts: null }, network: { ...videoConfig, sharpnessPrior: 'none' } })).toThrow('another config');
  });

  it('takes parts of a file, so that a new one can be added to a trained network', () => {
    const network: VideoDeblurConfig = { ...videoConfig, reconstruction: { ...shared, exposureRefiner: { iterations: 1, times: 2, channels: [3] } } };
    const weights = start({ network, initialWeights: { file: videoFile, parts: ['flow.', 'encoder.', 'middle.', 'mixing.'] } });
    expect(weights).toEqual({ ...initialVideoDeblurWeights(network, 3), ...video });
    expect(() => start({ network, initialWeights: { file: videoFile, parts: ['exposure.'] } })).toThrow(/Expected 'exposure\.\S+' \[.*\] in '.*video\.safetensors' but it is missing there/);
  });

  it('refuses files of another network', () => {
    const other: VideoDeblurConfig = { ...videoConfig, reconstruction: { ...shared, exposureRefiner: null, encoderChannels: [5, 3, 4, 4, 4] } };
    expect(() => start({ network: other, initialWeights: { file: videoFile, parts: null } })).toThrow('of the run\'s network');
    expect(() => start({ network: other, initialReconstruction: photoFile })).toThrow(/Expected 'encoder\.level1\.\w+\.\w+' \[.*5.*\] in '.*photo\.safetensors' but it is \[/);
    const published: VideoDeblurConfig = { ...videoConfig, reconstruction: { kernelSize: 3, channels: [2, 2, 2], residualBlocks: [1, 1, 1], finestLevel: 1, residualImage: true } };
    expect(() => start({ network: published, initialReconstruction: photoFile })).toThrow("made of a blur-to-video network's parts");
  });
});
