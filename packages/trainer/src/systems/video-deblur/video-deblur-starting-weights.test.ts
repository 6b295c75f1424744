import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { videoDeblurFamily, videoDeblurPresets } from '@unblur/core-model';
import type { VideoDeblurConfig } from '@unblur/core-model';
import { nonzeroWeights } from '../nonzero-weights.test-tool.js';
import { videoStartingWeights } from './video-deblur-starting-weights.js';
import { newFolder } from '../../new-folder.test-tool.js';

const folder = newFolder();
const videoFile = join(folder, 'video.safetensors');

const shared = {
  encoderChannels: [3, 3, 4, 4, 4],
  middleDecoder: { upscaledChannels: [0, 2, 2, 2, 2], denseChannels: [[], [3, 3], [3], [3], [3]] },
  refiner: [{ channels: 3, dilation: 2 }],
};
const videoConfig: VideoDeblurConfig = {
  ...videoDeblurPresets.small,
  scaleFusion: null,
  flow: {
    ...videoDeblurPresets.small.flow,
    pyramidChannels: [3, 3, 3],
    pyramidConvolutions: 1,
    searchRadiusPixels: 1,
    denseChannels: [3],
    refiner: [],
  },
  reconstruction: { ...shared, exposureRefiner: null },
  stages: 1,
};

const video = nonzeroWeights(videoDeblurFamily.initialWeights(videoConfig, 2));
const start = (changes: Partial<Parameters<typeof videoStartingWeights>[0]>) =>
  videoStartingWeights({
    network: videoConfig,
    seed: 3,
    initialWeights: null,
    initialFlow: null,
    ...changes,
  });

beforeAll(() => {
  writeFileSync(videoFile, videoDeblurFamily.writeWeights(video, videoConfig, { dtype: 'float32' }));
});

describe('videoStartingWeights', () => {
  test('takes the flow network of one file, or all of it', () => {
    const { 'flow.level3.flow.kernel': flow, 'middle.level1.image.kernel': image } = start({
      initialFlow: videoFile,
    });
    expect(flow!.values).toEqual(video['flow.level3.flow.kernel']!.values);
    expect(image!.values).not.toEqual(video['middle.level1.image.kernel']!.values);
    expect(
      start({ initialWeights: { file: videoFile, parts: null }, network: { ...videoConfig, stages: 2 } }),
    ).toEqual(video);
    const aligned = {
      ...videoConfig,
      flow: { ...videoConfig.flow, alignment: [{ level: 1, iterations: 1 }] },
    };
    expect(start({ initialWeights: { file: videoFile, parts: null }, network: aligned })).toEqual(video);
  });

  test('takes a file from before the network had a field that the run leaves empty, its fields in another order', () => {
    const { scaleFusion: _new, stages, ...older } = videoConfig;
    const olderFile = join(folder, 'older.safetensors');
    writeFileSync(
      olderFile,
      videoDeblurFamily.writeWeights(video, { stages, ...older }, { dtype: 'float32' }),
    );
    expect(start({ initialWeights: { file: olderFile, parts: null } })).toEqual(video);
    expect(() =>
      start({
        initialWeights: { file: olderFile, parts: null },
        network: { ...videoConfig, sharpnessPrior: 'none' },
      }),
    ).toThrow('another config');
  });

  test('takes parts of a file, so that a new one can be added to a trained network', () => {
    const network: VideoDeblurConfig = {
      ...videoConfig,
      reconstruction: { ...shared, exposureRefiner: { iterations: 1, times: 2, channels: [3] } },
    };
    const weights = start({
      network,
      initialWeights: { file: videoFile, parts: ['flow.', 'encoder.', 'middle.', 'mixing.'] },
    });
    expect(weights).toEqual({ ...videoDeblurFamily.initialWeights(network, 3), ...video });
    expect(() => start({ network, initialWeights: { file: videoFile, parts: ['exposure.'] } })).toThrow(
      /Expected 'exposure\.\S+' \[.*\] in '.*video\.safetensors' but it is missing there/,
    );
  });

  test('refuses files of another network', () => {
    const other: VideoDeblurConfig = {
      ...videoConfig,
      reconstruction: { ...shared, exposureRefiner: null, encoderChannels: [5, 3, 4, 4, 4] },
    };
    expect(() => start({ network: other, initialWeights: { file: videoFile, parts: null } })).toThrow(
      "of the run's network",
    );
  });
});
