import { expect, test } from '@jest/globals';
import {
  clipFamily,
  frameExtractionFamily,
  frameExtractionPresets,
  paperFamily,
  paperPreset,
  photoFamily,
  videoDeblurFamily,
  type NetworkFamily,
} from '@unblur/core-model';
import { createRestorer } from './photo/restorer.js';
import { narrowedClip } from '../../core-model/src/clip/narrowed-clip.test-tool.js';
import {
  diverged,
  filledWeights,
  photograph,
  tinyConfig,
} from '../../restoration/src/photo/tiny-network.test-tool.js';
import { tinyVideoConfig } from '../../restoration/src/video/tiny-video-network.test-tool.js';
import { createVideoDeblurrer } from './video/video-deblurrer.js';

const divergedValue =
  'Expected finite values from the network but received infinite ones or NaN: its weights are damaged or their training diverged';

const narrowPaper = {
  ...paperPreset,
  frames: 3,
  encoderChannels: [2, 2, 2, 2, 2],
  middleDecoder: narrowDecoder(),
  frameDecoder: narrowDecoder(),
  refiner: [],
};
function narrowDecoder() {
  return { upscaledChannels: [2, 2, 2, 2, 2], denseChannels: [[2], [2], [2], [2], [2]] };
}
const { small } = frameExtractionPresets;

test.each([
  [
    'photo',
    () => photoFamily.writeWeights(diverged(filledWeights(tinyConfig)), tinyConfig, { dtype: 'float32' }),
  ],
  [
    'paper',
    () =>
      paperFamily.writeWeights(diverged(paperFamily.initialWeights(narrowPaper, 1)), narrowPaper, {
        dtype: 'float32',
      }),
  ],
  [
    'frame-extraction',
    () =>
      frameExtractionFamily.writeWeights(diverged(frameExtractionFamily.initialWeights(small, 1)), small, {
        dtype: 'float32',
      }),
  ],
])('a %s network whose result is not finite is an error, not a black frame', async (_, weights) => {
  const restorer = await createRestorer({ weights: weights(), threads: 1 });
  await expect(restorer.restore(photograph(64, 64))).rejects.toThrow(divergedValue);
  await restorer.release();
});

test.each([
  ['video-deblur', fileOf(videoDeblurFamily, tinyVideoConfig)],
  ['clip', fileOf(clipFamily, narrowedClip())],
  ['photo', fileOf(photoFamily, tinyConfig)],
])('nor are the frames of a video black: %s', async (_, weights) => {
  const deblurrer = createVideoDeblurrer({ weights, threads: 1 });
  const deblurred = async () => {
    for await (const _frame of deblurrer.deblur([1, 2, 3].map(() => photograph(64, 64)))) return;
  };
  await expect(deblurred()).rejects.toThrow(divergedValue);
});

function fileOf<Config>(family: NetworkFamily<Config>, config: Config): Uint8Array {
  return family.writeWeights(diverged(family.initialWeights(config, 1)), config, { dtype: 'float32' });
}
