import { expect, test } from '@jest/globals';
import {
  clipFrames,
  frameExtractionFamily,
  frameExtractionPresets,
  paperFamily,
  paperPreset,
  photoFamily,
  readSafetensors,
  windowFrames,
  writeSafetensors,
  type ClipConfig,
  type FrameExtractionConfig,
  type NetworkFamily,
  type PaperConfig,
  type VideoDeblurConfig,
} from '@unblur/core-model';
import { createSession } from '@unblur/onnx/node';
import { type RgbImage } from '@unblur/restoration';
import { createRestorer } from './restorer.js';
import { traceRestoration, type RestorationGraph } from './restoration-graph.js';
import { narrowedClip } from '../../../core-model/src/clip/narrowed-clip.test-tool.js';
import {
  filledWeights,
  photograph,
  tinyConfig,
  tinyWeights,
} from '../../../restoration/src/photo/tiny-network.test-tool.js';
import {
  livelyWeights,
  movingWaves,
  tinyClipFile,
  tinyFusionConfig,
  tinyVideoConfig,
  tinyVideoFile,
} from '../../../restoration/src/video/tiny-video-network.test-tool.js';
import { createVideoDeblurrer } from '../video/video-deblurrer.js';

const extractor = {
  factor: 2,
  channels: 3,
  groups: [[[1, 2]]] as [number, number][][],
  refinementChannels: 3,
};
const extractionConfig: FrameExtractionConfig = {
  ...frameExtractionPresets.small,
  frames: 5,
  middle: { ...extractor, factor: 4 },
  innerPair: extractor,
  outerPair: extractor,
};
const narrowed = ({
  upscaledChannels,
  denseChannels,
}: PaperConfig['middleDecoder']): PaperConfig['middleDecoder'] => ({
  upscaledChannels: upscaledChannels.map(() => 2),
  denseChannels: denseChannels.map(() => [2, 2]),
});
const paperConfig: PaperConfig = {
  ...paperPreset,
  frames: 5,
  encoderChannels: paperPreset.encoderChannels.map(() => 2),
  middleDecoder: narrowed(paperPreset.middleDecoder),
  refiner: [{ channels: 2, dilation: 1 }],
  frameDecoder: narrowed(paperPreset.frameDecoder),
};
/** Every layer has a part in what comes out. */
const livelyFile = <Config>(family: NetworkFamily<Config>, config: Config): Uint8Array =>
  family.writeWeights(livelyWeights(family, config), config, { dtype: 'float32' });

/**
 * Runs the file on ONNX Runtime, which refuses it where it is not of the names and shapes that are stated
 * beside it.
 */
async function run(graph: RestorationGraph, values: Float32Array): Promise<Record<string, Float32Array>> {
  const session = await createSession(graph, { threads: 1 });
  const outputs = await session.run({ [Object.keys(graph.inputs)[0]!]: values });
  await session.release();
  return outputs as Record<string, Float32Array>;
}

function expectClose(
  actual: Float32Array,
  expected: readonly { data: Float32Array }[],
  tolerance: number,
): void {
  const wanted = expected.flatMap(({ data }) => [...data]);
  expect(actual.length).toBe(wanted.length);
  expect(
    wanted.reduce((largest, value, i) => Math.max(largest, Math.abs(value - actual[i]!)), 0),
  ).toBeLessThan(tolerance);
}

test.each([
  ['photo', tinyWeights(), 4, [35, 46]],
  ['photo', tinyWeights(), undefined, [32, 48]],
  ['paper', livelyFile(paperFamily, paperConfig), 3, [70, 65]],
  ['frame-extraction', livelyFile(frameExtractionFamily, extractionConfig), undefined, [21, 30]],
] as const)(
  '%s: the file restores what the restorer restores (%#)',
  async (network, weights, frames, [heightPixels, widthPixels]) => {
    const graph = traceRestoration(weights, { heightPixels, widthPixels, frames });
    const photo = photograph(widthPixels, heightPixels);
    const restorer = await createRestorer({ weights, frames, threads: 1, scale: 1 });
    const expected = await restorer.restore(photo);
    await restorer.release();
    const { frames: restored, motions } = await run(graph, photo.data);
    expect(graph.network).toBe(network);
    expect(graph.times).toEqual(restorer.times);
    expect(graph.outputs['frames']!.shape).toEqual([restorer.times.length, heightPixels, widthPixels, 3]);
    expectClose(restored!, expected.frames, 1e-4);
    expect(restored!.some((value, i) => Math.abs(value - photo.data[i % photo.data.length]!) > 1e-3)).toBe(
      true,
    );
    if (network === 'frame-extraction') return expect(motions).toBeUndefined();
    expect(graph.outputs['motions']!.shape).toEqual([
      restorer.times.length,
      expected.motionsPixels[0]!.height,
      expected.motionsPixels[0]!.width,
      2,
    ]);
    expectClose(motions!, expected.motionsPixels, 1e-3);
  },
);

const videoFile = (changes: Partial<VideoDeblurConfig>) => {
  const config = { ...tinyVideoConfig, ...changes };
  return [tinyVideoFile(config), windowFrames(config)] as const;
};
const clipFile = (changes: Partial<ClipConfig>) => {
  const config = narrowedClip(changes);
  return [tinyClipFile(config), clipFrames(config)] as const;
};

test.each([
  ['one stage', ...videoFile({ stages: 1 })],
  ['two stages', ...videoFile({ stages: 2 })],
  ['two scales', ...videoFile({ ...tinyFusionConfig, stages: 1 })],
  ['clip network', ...clipFile({})],
  ['clip network, two passes', ...clipFile({ passes: 2 })],
])('video, %s: the file makes the middle frame sharp as the deblurrer does', async (_, weights, count) => {
  const [heightPixels, widthPixels] = [70, 85];
  const frames = movingWaves(widthPixels, heightPixels, count);
  const sharp: RgbImage[] = [];
  const deblurrer = createVideoDeblurrer({ weights, threads: 1, windowsOnly: true });
  for await (const frame of deblurrer.deblur(frames)) sharp.push(frame);
  const graph = traceRestoration(weights, { heightPixels, widthPixels });
  expect(graph.inputs).toMatchObject({ frames: { shape: [count, heightPixels, widthPixels, 3] } });
  const { sharp: actual } = await run(graph, Float32Array.from(frames.flatMap(({ data }) => [...data])));
  expectClose(actual!, [sharp[(count - 1) / 2]!], 1e-4);
  expect(actual!.some((value, i) => Math.abs(value - frames[(count - 1) / 2]!.data[i]!) > 1e-3)).toBe(true);
});

test('the file says what it takes and gives, and what the weights say of themselves', () => {
  const weights = photoFamily.writeWeights(filledWeights(tinyConfig), tinyConfig, {
    dtype: 'float32',
    metadata: { licence: 'for tests' },
  });
  const text = new TextDecoder().decode(
    traceRestoration(weights, { heightPixels: 16, widthPixels: 16, frames: 3 }).bytes,
  );
  for (const entry of [
    'unblur.network',
    'unblur.times',
    '[-1,0,1]',
    'unblur.blurred',
    'unblur.frames',
    'unblur.motions',
    'RGB from 0 to 1',
    'licence',
    'for tests',
  ]) {
    expect(text).toContain(entry);
  }
});

test('weights that are stored as float16 stay so', () => {
  const config = { ...tinyConfig, channels: [32, 32, 32, 32] as [number, number, number, number] };
  const [halves, floats] = (['float16', 'float32'] as const).map(
    (dtype) =>
      traceRestoration(photoFamily.writeWeights(filledWeights(config), config, { dtype }), {
        heightPixels: 16,
        widthPixels: 16,
        frames: 2,
      }).bytes.length,
  );
  expect(halves).toBeLessThan(0.62 * floats!);
});

test.each([
  [tinyWeights(), { heightPixels: 4, widthPixels: 40 }, 'Expected a height and width of at least'],
  [
    tinyWeights(),
    { heightPixels: 40, widthPixels: 40, frames: 0 },
    'Expected a whole number of frames from 1 to 1001 but received 0',
  ],
  [
    livelyFile(paperFamily, paperConfig),
    { heightPixels: 64, widthPixels: 64, frames: 4 },
    'Expected 1 frame, the middle one, or 3 or 5 frames, which can be chosen evenly',
  ],
  [
    tinyVideoFile(),
    { heightPixels: 64, widthPixels: 64, frames: 4 },
    'Expected no number of frames for a video network',
  ],
  [new Uint8Array(100), { heightPixels: 64, widthPixels: 64 }, 'Expected'],
  [
    tinyWeights(),
    { heightPixels: NaN, widthPixels: 64 },
    'whole pixels for this photo network but received NaNx64',
  ],
  [tinyWeights(), { heightPixels: 64.5, widthPixels: 64 }, 'but received 64.5x64'],
  [tinyWeights(), { heightPixels: 64 } as never, 'but received 64xundefined'],
])('refuses what cannot be had (%#)', (weights, size, message) => {
  expect(() => traceRestoration(weights, size)).toThrow(message);
});

test('weights of no network that restores are refused with the names of all that do', () => {
  const { tensors } = readSafetensors(tinyWeights());
  const older = writeSafetensors({ tensors, metadata: { 'unblur.deblur': '{}' } });
  expect(() => traceRestoration(older, { heightPixels: 16, widthPixels: 16 })).toThrow(
    "Expected weights of a network for photographs (photo, paper, frame-extraction) or for video (video-deblur, clip) but received those of another ('unblur.deblur')",
  );
});

test('says what it wants where no size is given', () => {
  expect(() => (traceRestoration as (weights: Uint8Array) => unknown)(new Uint8Array(3))).toThrow(
    'Expected options, such as traceRestoration(weights, { heightPixels: 480, widthPixels: 640 }), but received nothing',
  );
});
