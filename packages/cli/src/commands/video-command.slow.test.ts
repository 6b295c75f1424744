import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { paperFamily, writeSafetensors } from '@unblur/core-model';
import sharp from 'sharp';
import {
  bin,
  expectOneLine,
  openWorkplace,
  untrainedClipWeights,
  untrainedVideoWeights,
  untrainedWeights,
  withoutProgress,
} from '../unblur-command.test-tool.js';

const { folder, write, unblur } = openWorkplace();

const hasFfmpeg = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;
if (!hasFfmpeg) console.log('ffmpeg is not installed: clips are not tried by the command, only folders.');

beforeAll(async () => {
  write('video.safetensors', untrainedVideoWeights());
  for (const name of ['blur/clip', 'gt/clip']) mkdirSync(join(folder, name), { recursive: true });
  const noise = () =>
    sharp({
      create: {
        width: 24,
        height: 20,
        channels: 3,
        background: 'grey',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    }).png();
  for (let frame = 0; frame < 3; frame++) {
    const picture = await noise().toBuffer();
    for (const part of ['blur', 'gt']) {
      write(
        `${part}/clip/${frame}.png`,
        part === 'gt' ? await sharp(picture).blur(1).png().toBuffer() : picture,
      );
    }
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('unblur video', () => {
  test('makes a folder of frames sharp, and does nothing the second time', () => {
    const commandLine = ['video', 'blur/clip', '--out', 'sharp', '--weights', 'video.safetensors'];
    expect(unblur([...commandLine, '--json'])).toMatchObject({ code: 0 });
    expect(readdirSync(join(folder, 'sharp')).sort()).toEqual([
      '.unblur-video.json',
      '0.png',
      '1.png',
      '2.png',
    ]);
    expect(unblur(commandLine).stdout).toContain('all 3 frames already existed');
    expectOneLine(
      unblur([...commandLine, '--mirrored']),
      /sharp holds frames of another clip, or made with other weights or another choice of --mirrored/,
    );
    expect(
      unblur([
        'video',
        'blur/clip',
        '--out',
        'averaged',
        '--weights',
        'video.safetensors',
        '--mirrored',
        '--json',
      ]),
    ).toMatchObject({ code: 0 });
  });

  test('writes beside what it is given, unless it is told where', () => {
    cpSync(join(folder, 'blur', 'clip'), join(folder, 'frames'), { recursive: true });
    const { stdout } = unblur(['video', 'frames', '--weights', 'video.safetensors']);
    expect(stdout).toMatch(/^frames -> frames-deblurred \(24x20\): 3 frames, /);
    expect(readdirSync(join(folder, 'frames-deblurred'))).toContain('2.png');
    expectOneLine(unblur(['video', '-', '--weights', 'video.safetensors']), /--out sharp\.mp4, or --out -/);
  });

  (hasFfmpeg ? test : test.skip)('writes a clip, and its preview, beside the clip', () => {
    spawnSync('ffmpeg', [
      ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=32x32:r=10:d=0.3'],
      ...['-c:v', 'mpeg4', join(folder, 'walk.avi')],
    ]);
    const commandLine = ['video', 'walk.avi', '--weights', 'video.safetensors'];
    expect(unblur(commandLine).stdout).toMatch(/^walk\.avi -> walk-deblurred\.mp4 \(32x32\): 3 frames, /);
    expectOneLine(unblur(commandLine), /walk-deblurred\.mp4 exists; .* --overwrite$/m);
    expect(unblur([...commandLine, '--preview', '1s']).stdout).toMatch(
      /^walk\.avi -> walk-deblurred-preview\.mp4 \(66x32\): 3 frames, /,
    );
  });

  test('says what is wrong in one line', () => {
    expectOneLine(
      unblur(['video', 'nowhere.mp4', '--out', 'a.mp4', '--weights', 'video.safetensors']),
      /Could not read nowhere\.mp4: there is no such file/,
    );
    write(
      'paper.safetensors',
      writeSafetensors({ tensors: {}, metadata: { [paperFamily.configKey]: '{}' } }),
    );
    expectOneLine(
      unblur(['video', 'blur/clip', '--out', 'b', '--weights', 'paper.safetensors']),
      /Expected weights of a network for video \(video-deblur, clip\) or for photographs \(photo\) but received those of another \('unblur\.paper'\)/,
    );
    expectOneLine(
      unblur(['eval-video', '.', '--weights', 'video-large']),
      /Expected a \.safetensors file or the name of bundled weights \(photo, video-small\), but video-large is neither/,
    );
    expect(existsSync(join(folder, 'b'))).toBe(false);
  });

  (hasFfmpeg ? test : test.skip)(
    'takes a clip from standard input to standard output, and one whose name begins with a dash',
    () => {
      const run = (input: Buffer | undefined, ...commandLine: string[]) =>
        spawnSync(process.execPath, [bin, 'video', ...commandLine, '--weights', 'video.safetensors'], {
          cwd: folder,
          input,
        });
      spawnSync(
        'ffmpeg',
        [
          '-v',
          'error',
          '-f',
          'lavfi',
          '-i',
          'testsrc2=s=32x32:r=10:d=0.3',
          '-c:v',
          'libx264',
          '-pix_fmt',
          'yuv420p',
          './-y.mp4',
        ],
        { cwd: folder },
      );
      const piped = run(readFileSync(join(folder, '-y.mp4')), '-', '--out', '-');
      writeFileSync(join(folder, 'piped.mkv'), piped.stdout);
      expect(withoutProgress(run(undefined, '-y.mp4', '--out', '-z.mkv').stderr.toString())).toBe('');
      const kept = readFileSync(join(folder, '-z.mkv'));
      const again = run(undefined, '-y.mp4', '--out', '-z.mkv');
      expect([again.status, again.stderr.toString()]).toEqual([
        1,
        'unblur: ./-z.mkv exists; choose another name, or replace it with --overwrite\n',
      ]);
      expect(readFileSync(join(folder, '-z.mkv'))).toEqual(kept);
      writeFileSync(join(folder, '-z.mkv'), 'something else');
      expect(run(undefined, '-y.mp4', '--out', '-z.mkv', '--overwrite').status).toBe(0);
      for (const name of ['piped.mkv', '-z.mkv']) {
        const { stdout } = spawnSync(
          'ffprobe',
          [
            '-v',
            'error',
            '-count_frames',
            '-show_entries',
            'stream=codec_name,nb_read_frames',
            '-of',
            'csv=p=0',
            `file:${name}`,
          ],
          { cwd: folder, encoding: 'utf8' },
        );
        expect(stdout.trim()).toBe('h264,3');
      }
      const refused = run(Buffer.from('nothing'), '-', '--out', '-');
      expect([refused.status, refused.stdout.length]).toEqual([1, 0]);
      expect(refused.stderr.toString()).toMatch(
        /^unblur: standard input is not a video that ffmpeg reads, or is damaged \([^)]*\); get the whole file\n$/,
      );
    },
  );

  (hasFfmpeg ? test : test.skip)('ends, with nothing left, on a clip that breaks in the middle', () => {
    const made = join(folder, 'breaking.ts');
    spawnSync('ffmpeg', [
      ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=1', '-c:v', 'libx264'],
      ...['-crf', '10', '-g', '10', '-pix_fmt', 'yuv420p', made],
    ]);
    const bytes = readFileSync(made);
    // Within packets of the transport stream, so that it shows when frames are decoded and not before.
    const middle = Math.floor(bytes.length / 188 / 2);
    for (let packet = middle; packet < middle + 12; packet++) {
      for (let i = 40; i < 180; i++) bytes[packet * 188 + i]! ^= 0x5a;
    }
    writeFileSync(made, bytes);
    const before = readdirSync(folder);
    const { status, signal, stderr } = spawnSync(
      process.execPath,
      [bin, 'video', 'breaking.ts', '--out', 'whole.mp4', '--weights', 'video.safetensors'],
      { cwd: folder, encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' },
    );
    expect({ status, signal }).toEqual({ status: 1, signal: null });
    expect(withoutProgress(stderr)).toMatch(/^unblur: breaking\.ts is damaged or cut short \(.*\n$/);
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe('unblur eval-video', () => {
  test('prints the shape that unblur eval prints, with the protocol', () => {
    const { code, stdout } = unblur(['eval-video', '.', '--weights', 'video.safetensors', '--json']);
    expect(code).toBe(0);
    const metric = {
      first: expect.any(Number),
      middle: expect.any(Number),
      last: expect.any(Number),
      mean: expect.any(Number),
      perFrame: [expect.any(Number)],
    };
    const report = JSON.parse(stdout) as { psnr: { mean: number }; baseline: { psnr: { mean: number } } };
    expect(report).toMatchObject({
      scored: {
        version: expect.any(String),
        weights: [{ name: 'video.safetensors', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
        mirrored: false,
      },
      samples: 3,
      psnr: metric,
      ssim: metric,
      baseline: { psnr: metric, ssim: metric },
      protocol: { name: 'published', borderPixels: 4 },
    });
    expect(report.psnr.mean).toBeCloseTo(report.baseline.psnr.mean, 3);
  });

  test('--restored scores frames of another program', () => {
    const { stdout } = unblur(['eval-video', '.', '--restored', 'gt', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      scored: { version: expect.any(String), restored: 'gt' },
      samples: 3,
      psnr: { mean: 100 },
    });
  });

  test("reads GoPro's layout, and of its two blurred sides the one that --blurred names", () => {
    for (const [side, from] of [
      ['sharp', 'gt'],
      ['blur', 'gt'],
      ['blur_gamma', 'blur'],
    ]) {
      cpSync(join(folder, from!, 'clip'), join(folder, 'gopro', 'GOPR0384', side!), { recursive: true });
    }
    cpSync(join(folder, 'gt', 'clip'), join(folder, 'others', 'GOPR0384'), { recursive: true });
    const commandLine = ['eval-video', 'gopro', '--restored', 'others', '--json'];
    const usual = JSON.parse(unblur(commandLine).stdout) as Record<string, unknown>;
    expect(usual).toMatchObject({ samples: 3, baseline: { psnr: { mean: 100 } } });
    const { stdout } = unblur([...commandLine, '--blurred', 'blur_gamma']);
    const gamma = JSON.parse(stdout) as { baseline: { psnr: { mean: number } } };
    expect(gamma).toMatchObject({ samples: 3, scored: { blurred: 'blur_gamma' } });
    expect(gamma.baseline.psnr.mean).toBeLessThan(40);
  });
});

test.each([
  ['the clip network', 'clip.safetensors', untrainedClipWeights()],
  ['a network for photographs, every frame by itself', 'photo.safetensors', untrainedWeights()],
])('unblur video takes %s', (_, file, weights) => {
  write(file, weights);
  const out = `${file}-frames`;
  expect(unblur(['video', 'blur/clip', '--out', out, '--weights', file])).toMatchObject({ code: 0 });
  expect(readdirSync(join(folder, out)).filter((name) => name.endsWith('.png'))).toHaveLength(3);
});

describe('unblur import cdvd-tsp', () => {
  test('refuses what is no checkpoint of tensors, in one line, and writes nothing', () => {
    write('evil.pt', Buffer.from('\x80\x02cos\nsystem\n.', 'latin1'));
    expectOneLine(
      unblur(['import', 'cdvd-tsp', 'evil.pt']),
      /Expected a PyTorch checkpoint of tensors, but evil\.pt is none: it wants to use 'os\.system'.*Nothing in it was executed/,
    );
    expect(existsSync(join(folder, 'evil.safetensors'))).toBe(false);
  });
});
