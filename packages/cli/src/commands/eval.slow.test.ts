import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { expectOneLine, openWorkplace, untrainedWeights, type Run } from '../unblur-command.test-tool.js';

/** `synth` and `eval` meet in the folder layout: what the one writes, the other reads. */
const { folder, write, unblur } = openWorkplace();
const weights = write('tiny.safetensors', untrainedWeights());
const panoramas = join(folder, 'panoramas');

const synthesis = [
  'synth',
  'panorama',
  '--from',
  panoramas,
  '--count',
  '2',
  '--size',
  '64',
  '--frames',
  '3',
  '--max-degrees',
  '4',
];

beforeAll(async () => {
  mkdirSync(panoramas);
  await sharp({
    create: {
      width: 256,
      height: 128,
      channels: 3,
      background: 'grey',
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  })
    .blur(2)
    .png()
    .toFile(join(panoramas, 'noise.png'));
  expect(unblur([...synthesis, '--seed', '5', '--out', 'samples'])).toMatchObject({ code: 0, stderr: '' });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface SampleScores {
  psnr: { middle: number; mean: number };
  baseline: { psnr: { middle: number } };
}

describe('unblur synth panorama', () => {
  test('writes a folder per sample, and how they were made', () => {
    expect(readdirSync(join(folder, 'samples'))).toEqual(['sample-0000', 'sample-0001', 'set.json']);
    expect(readdirSync(join(folder, 'samples', 'sample-0000'))).toEqual(
      expect.arrayContaining(['blur.png', 'frame-0.png', 'frame-1.png', 'frame-2.png']),
    );
  });

  test('writes the same bytes for the same seed, and others for another', () => {
    unblur([...synthesis, '--seed', '5', '--out', 'again']);
    unblur([...synthesis, '--seed', '6', '--out', 'other']);
    const blur = (set: string) =>
      readFileSync(join(folder, set, 'sample-0001', 'blur.png')).toString('base64');
    expect(blur('again')).toBe(blur('samples'));
    expect(blur('other')).not.toBe(blur('samples'));
  });

  test('does not mix samples of other options into a folder', () => {
    expectOneLine(
      unblur([...synthesis, '--seed', '6', '--out', 'samples']),
      /Expected samples to be new or to hold samples made with the same options/,
    );
  });

  test('says where it looked for panoramas', () => {
    expectOneLine(
      unblur(['synth', 'panorama', '--from', 'nowhere', '--out', 'none']),
      /Expected a folder of panoramas at nowhere/,
    );
  });
});

describe('unblur eval', () => {
  let forPrograms: Run;
  let forPeople: Run;
  beforeAll(() => {
    forPrograms = unblur(['eval', 'samples', '--weights', weights, '--json']);
    forPeople = unblur(['eval', 'samples', '--weights', weights]);
  });

  test('prints scores and baseline as JSON on standard output', () => {
    expect(forPrograms.code).toBe(0);
    const report = JSON.parse(forPrograms.stdout) as Record<string, unknown>;
    const metric = {
      first: expect.any(Number),
      middle: expect.any(Number),
      last: expect.any(Number),
      mean: expect.any(Number),
      perFrame: [expect.any(Number), expect.any(Number), expect.any(Number)],
    };
    expect(report).toMatchObject({
      scored: {
        version: expect.stringMatching(/^\d+\./),
        weights: { name: weights, sha256: createHash('sha256').update(untrainedWeights()).digest('hex') },
        engine: 'onnxruntime',
        precision: 'float32',
        scale: 'auto',
        mirrored: false,
      },
      protocol: { borderPixels: 0, roundsTo8Bit: false, colour: 'RGB', ssimWindow: 'gaussian' },
      rule: 'sequence',
      samples: 2,
      psnr: metric,
      ssim: metric,
      baseline: { psnr: metric, ssim: metric },
    });
  });

  test('scores the motion where the samples have their true flow', () => {
    expect(unblur([...synthesis, '--seed', '5', '--flow', '--out', 'moving'])).toMatchObject({ code: 0 });
    const { stdout } = unblur(['eval', 'moving', '--weights', weights, '--json']);
    const errors = { perFrame: expect.any(Array), first: expect.any(Number), mean: expect.any(Number) };
    expect(JSON.parse(stdout)).toMatchObject({ motion: { found: errors, still: errors } });
    const { stdout: lines } = unblur(['eval', 'moving', '--weights', weights]);
    expect(lines).toMatch(/^EPE \[px\] +\d+\.\d\d +\d+\.\d\d +\d+\.\d\d\n {2}still +\d/m);
    expect(JSON.parse(forPrograms.stdout)).toMatchObject({ motion: null });
    expect(forPeople.stdout).not.toContain('EPE');
  });

  test('lists every sample by name in JSON, of which the whole is the mean, and names the worst to people', () => {
    const report = JSON.parse(forPrograms.stdout) as SampleScores & {
      perSample: (SampleScores & { name: string })[];
    };
    expect(report.perSample.map(({ name }) => name)).toEqual(['sample-0000', 'sample-0001']);
    const mean = (scoreOf: (sample: SampleScores) => number) =>
      (scoreOf(report.perSample[0]!) + scoreOf(report.perSample[1]!)) / 2;
    expect(mean(({ psnr }) => psnr.mean)).toBeCloseTo(report.psnr.mean, 9);
    expect(mean(({ baseline }) => baseline.psnr.middle)).toBeCloseTo(report.baseline.psnr.middle, 9);
    const gains = report.perSample.map(({ psnr, baseline }) => psnr.middle - baseline.psnr.middle);
    const worst = gains[0]! <= gains[1]! ? 0 : 1;
    expect(forPeople.stdout).toContain(
      `smallest gain of a middle frame: sample-000${worst}, ${gains[worst]!.toFixed(2)} dB`,
    );
  });

  test('says what it has computed in: 8-bit integers with calibrated weights only', () => {
    const precision = (...options: string[]) =>
      (
        JSON.parse(unblur(['eval', 'samples', '--json', ...options]).stdout) as {
          scored: { precision: string };
        }
      ).scored.precision;
    expect(precision()).toBe('int8');
    expect(precision('--precision', 'float32')).toBe('float32');
    expect(precision('--weights', weights, '--precision', 'int8')).toBe('float32');
  });

  test('restores the mirror image too with --mirrored, with the bundled weights', () => {
    const mean = (...options: string[]) =>
      (JSON.parse(unblur(['eval', 'samples', '--json', ...options]).stdout) as SampleScores).psnr.mean;
    expect(mean()).not.toBe(mean('--mirrored'));
  });

  test('scores the blurred photographs themselves as baseline: perfect where the frames are copies of the blur', () => {
    const sample = join(folder, 'still', 'one');
    mkdirSync(sample, { recursive: true });
    const blur = readFileSync(join(folder, 'samples', 'sample-0000', 'blur.png'));
    for (const name of ['blur', 'frame-0', 'frame-1', 'frame-2']) {
      write(join('still', 'one', `${name}.png`), blur);
    }
    const { baseline } = JSON.parse(unblur(['eval', 'still', '--weights', weights, '--json']).stdout) as {
      baseline: { ssim: { perFrame: number[] } };
    };
    for (const ssim of baseline.ssim.perFrame) expect(ssim).toBeCloseTo(1, 9);
  });

  test('prints a table for people, with the order rule that the figures depend on', () => {
    expect(forPeople.stdout).toContain('2 samples');
    expect(forPeople.stdout).toContain('better order');
    expect(forPeople.stdout).toMatch(/PSNR \[dB\] +-?\d+\.\d{2}/);
  });

  test('--restored scores frames of another program, by either rule', () => {
    // The middle frame is right, the first stands for both ends better than the last, which is another sample's.
    for (const [sample, another] of [
      ['sample-0000', 'sample-0001'],
      ['sample-0001', 'sample-0000'],
    ] as const) {
      mkdirSync(join(folder, 'other', sample), { recursive: true });
      for (const [from, to] of [
        [join(sample, 'frame-1.png'), 'frame-0.png'],
        [join(sample, 'frame-1.png'), 'frame-1.png'],
        [join(another, 'frame-1.png'), 'frame-2.png'],
      ] as const) {
        copyFileSync(join(folder, 'samples', from), join(folder, 'other', sample, to));
      }
    }
    const score = (...rule: string[]) =>
      JSON.parse(
        unblur(['eval', 'samples', '--restored', 'other', ...rule, '--json']).stdout,
      ) as SampleScores;
    const [sequence, perFrame] = [score(), score('--rule', 'per-frame')];
    expect(sequence).toMatchObject({
      scored: { version: expect.any(String), restored: 'other' },
      rule: 'sequence',
      psnr: { middle: 100 },
    });
    expect(perFrame).toMatchObject({ rule: 'per-frame', psnr: { middle: 100 } });
    expect(perFrame.psnr.mean).toBeGreaterThan(sequence.psnr.mean);
    expectOneLine(
      unblur(['eval', 'samples', '--restored', 'other', '--scale', '1']),
      /'--restored <folder>' cannot be used with option '--scale <fraction>'/,
      2,
    );
    for (const sample of ['sample-0000', 'sample-0001']) {
      for (const frame of [0, 2]) rmSync(join(folder, 'other', sample, `frame-${frame}.png`));
    }
    const { stdout } = unblur(['eval', 'samples', '--restored', 'other', '--rule', 'per-frame']);
    expect(stdout).toContain('2 samples, frames of other; the middle frame alone\n');
    expect(stdout).toContain('PSNR [dB]   100.00\n');
    rmSync(join(folder, 'other', 'sample-0001'), { recursive: true });
    expectOneLine(unblur(['eval', 'samples', '--restored', 'other']), /received none of sample-0001/);
  });

  test('names the sample that is incomplete', () => {
    mkdirSync(join(folder, 'gap', 'one'), { recursive: true });
    write('gap/one/frame-0.png', readFileSync(join(folder, 'samples', 'sample-0000', 'frame-0.png')));
    expectOneLine(unblur(['eval', 'gap', '--weights', weights]), /Sample gap.one: expected blur/);
  });
});
