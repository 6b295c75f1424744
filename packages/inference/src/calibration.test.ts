import '@tensorflow/tfjs';
import { clipFamily, clipPreset, photoFamily, readSafetensors, type ClipConfig } from '@unblur/core-model';
import { psnr } from '@unblur/metrics';
import { expect, test } from '@jest/globals';
import { filledWeights, photograph, tinyConfig } from '../../restoration/src/photo/tiny-network.test-tool.js';
import { calibrateOnClips, calibrateOnPhotos, createRestorer, UnblurError, type Precision } from './index.js';

const config = { ...tinyConfig, channels: [32, 32, 32, 32] as [number, number, number, number] };
/** Filled as for few channels, sums of so many would leave the range of display. */
const values = Object.fromEntries(
  Object.entries(filledWeights(config)).map(([name, { shape, values }]) => [
    name,
    { shape, values: values.map((value) => value / 3) },
  ]),
);
const weights = photoFamily.writeWeights(values, config, {
  dtype: 'float32',
  metadata: { trained: 'never' },
});
const photo = photograph(64, 48);

async function restore(file: Uint8Array, precision?: Precision) {
  const restorer = await createRestorer({
    weights: file,
    scale: 1,
    threads: 1,
    ...(precision && { precision }),
  });
  const { frames } = await restorer.restore(photo);
  await restorer.release();
  return frames;
}

test('calibrated weights restore in integers, near what they restore in floating point', async () => {
  const calibrated = await calibrateOnPhotos({ weights, threads: 1 }, [photo, photograph(32, 32)]);
  expect(readSafetensors(calibrated).metadata).toMatchObject({ trained: 'never' });
  const [exact, inFloat, inIntegers] = [
    await restore(weights),
    await restore(calibrated, 'float32'),
    await restore(calibrated),
  ];
  expect(inFloat).toEqual(exact);
  exact.forEach((frame, index) => {
    const likeness = psnr(frame, inIntegers[index]!);
    expect(likeness).toBeGreaterThan(60);
    expect(likeness).toBeLessThan(120);
  });
});

test('layers that are named stay in floating point', async () => {
  const calibrated = await calibrateOnPhotos({ weights, threads: 1, except: ['encoder', 'bottleneck'] }, [
    photo,
  ]);
  const layers = Object.keys(photoFamily.readWeights(calibrated).ranges!);
  expect(layers).toContain('decoder0.block0.first');
  expect(layers.filter((layer) => /^(encoder|bottleneck)/.test(layer))).toEqual([]);
});

test('layers that are named and are none: those that there are', async () => {
  await expect(calibrateOnPhotos({ weights, except: 'encoder0' as never }, [photo])).rejects.toThrow(
    "Expected a list for except, such as ['encoder0'], but received a value of type string",
  );
  await expect(calibrateOnPhotos({ weights, except: ['encoder0', 'decode9'] }, [photo])).rejects.toThrow(
    /such as .*encoder0, .*decoder0.* but received 'decode9'/,
  );
});

test('without a photograph, and with other names for numbers: what was wanted', async () => {
  await expect(calibrateOnPhotos({ weights }, [])).rejects.toThrow(UnblurError);
  await expect(calibrateOnPhotos({ weights }, [])).rejects.toThrow('Expected pictures to calibrate on');
  await expect(createRestorer({ weights, precision: 'int4' as Precision })).rejects.toThrow(
    'Expected int8 or float32 for precision but received int4',
  );
});

test('what is no options or no photographs is told', async () => {
  for (const [calibrate, message] of [
    [
      () => calibrateOnPhotos(undefined as never, []),
      'Expected options, such as calibrateOnPhotos({ weights }, photos)',
    ],
    [() => calibrateOnPhotos({ weights }, photo as never), 'but received one image by itself'],
    [
      () => calibrateOnClips({ weights }, undefined as never),
      'Expected clips, as a list or a stream of lists',
    ],
  ] as const) {
    await expect(calibrate()).rejects.toThrow(UnblurError);
    await expect(calibrate()).rejects.toThrow(message);
  }
});

test('networks for video are calibrated on clips', async () => {
  const narrow: ClipConfig = { ...clipPreset, channels: [32, 8, 8, 8], windowFrames: 3 };
  const clip = clipFamily.writeWeights(clipFamily.initialWeights(narrow, 1), narrow, { dtype: 'float16' });
  const frames = Array.from({ length: 3 }, () => photograph(64, 48));
  const { ranges } = clipFamily.readWeights(await calibrateOnClips({ weights: clip, threads: 1 }, [frames]));
  expect(Object.keys(ranges!)).toContain('encoder0.block0.first');
});
