import { readdirSync, readFileSync, rmSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { expectOneLine, openWorkplace } from '../unblur-command.test-tool.js';

const { folder, write, unblur } = openWorkplace();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A picture of grey blocks of unrelated brightness, seen from `shift` pixels further to the right. */
async function writePicture(path: string, width: number, height: number, shift = 0): Promise<void> {
  const brightnessAt = (x: number, y: number): number =>
    (Math.imul(Math.floor(x / 4) * 73 + Math.floor(y / 4) * 9973 + 1, 2654435761) >>> 24) & 255;
  const bytes = Uint8Array.from({ length: width * height * 3 }, (_, i) =>
    brightnessAt((Math.floor(i / 3) % width) + shift, Math.floor(i / 3 / width)),
  );
  await sharp(bytes, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(join(folder, path));
}

beforeAll(async () => {
  for (const name of ['panoramas', 'strips', 'stills', 'clip']) mkdirSync(join(folder, name));
  await writePicture('panoramas/a.png', 256, 128);
  await writePicture('panoramas/b.png', 256, 128);
  await writePicture('strips/strip.png', 400, 150);
  await writePicture('stills/still.png', 90, 70);
  for (let index = 0; index < 6; index++) await writePicture(`clip/${index}.png`, 60, 50, index);
});

const small = ['--size', '32', '--frames', '3', '--workers', '1'];
const filesIn = (name: string): string[] => readdirSync(join(folder, name)).sort();

describe('unblur synth', () => {
  test('writes sample folders, and completes a set that was stopped', () => {
    const command = [
      'synth',
      'panorama',
      '--from',
      'panoramas',
      '--out',
      'samples',
      '--count',
      '2',
      ...small,
    ];
    const { code, stdout, stderr } = unblur(command);
    expect(stderr).toBe('');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '2 samples of 3 frames -> samples\n' });
    expect(filesIn('samples')).toEqual(['sample-0000', 'sample-0001', 'set.json']);
    expect(filesIn('samples/sample-0001')).toEqual([
      'blur.png',
      'frame-0.png',
      'frame-1.png',
      'frame-2.png',
      'sample.json',
    ]);
    const blurred = readFileSync(join(folder, 'samples/sample-0001/blur.png'));
    rmSync(join(folder, 'samples/sample-0001'), { recursive: true });
    expect(unblur(command).stdout).toBe('2 samples of 3 frames -> samples (1 already existed)\n');
    expect(readFileSync(join(folder, 'samples/sample-0001/blur.png'))).toEqual(blurred);
    expectOneLine(
      unblur([...command, '--seed', '5']),
      /samples to be new or to hold samples made with the same options, but .*set\.json has seed 0 instead of 5; choose/,
    );
  });

  test.each(['panorama --from panoramas', 'layers --from stills'])('writes the true flow: %s', (kind) => {
    const out = `flow-of-${kind.split(' ')[0]}`;
    const command = `synth ${kind} --out ${out} --count 1 --flow`.split(' ').concat(small);
    expect(unblur(command)).toMatchObject({ code: 0, stderr: '' });
    expect(filesIn(`${out}/sample-0000`)).toEqual([
      'blur.png',
      ...['flow-0.flo', 'flow-1.flo', 'flow-2.flo'],
      ...['frame-0.png', 'frame-1.png', 'frame-2.png'],
      'sample.json',
    ]);
    const flow = readFileSync(join(folder, out, 'sample-0000/flow-2.flo'));
    expect(flow.readFloatLE(0)).toBe(202021.25);
    expect([flow.readInt32LE(4), flow.readInt32LE(8), flow.length]).toEqual([32, 32, 12 + 32 * 32 * 8]);
    expectOneLine(
      unblur(command.filter((option) => option !== '--flow')),
      /new or to hold samples made with the same options/,
    );
  });

  test('writes shards, whose parts make the whole', () => {
    const command = (out: string): string[] => [
      'synth',
      'panorama',
      '--from',
      'panoramas',
      '--out',
      out,
      '--count',
      '5',
      '--shard-size',
      '2',
      '--augment',
      ...small,
    ];
    expect(unblur([...command('whole'), '--format', 'shards'])).toMatchObject({
      code: 0,
      stdout: '5 samples of 3 frames -> whole\n',
    });
    for (const part of ['0/2', '1/2']) {
      expect(unblur([...command('parts'), '--shard', part])).toMatchObject({
        code: 0,
        stdout: `part ${part[0]} of 2 of 5 samples of 3 frames -> parts\n`,
      });
    }
    expect(filesIn('parts')).toEqual([
      'manifest.json',
      'shard-00000.safetensors',
      'shard-00001.safetensors',
      'shard-00002.safetensors',
    ]);
    for (const name of filesIn('whole')) {
      expect(readFileSync(join(folder, 'parts', name))).toEqual(readFileSync(join(folder, 'whole', name)));
    }
    expect(JSON.parse(readFileSync(join(folder, 'whole/manifest.json'), 'utf8'))).toMatchObject({
      count: 5,
      samplesPerShard: 2,
      sizePixels: 32,
      frames: 3,
    });
  });

  test('blurs whole videos to be scored on', () => {
    const { code, stdout, stderr } = unblur([
      'synth',
      'paired-video',
      '--from',
      'clip',
      '--out',
      'paired',
      '--frames',
      '3',
      '--shrink',
      '2',
    ]);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '2 frames, 1 video -> paired\n',
      stderr: '',
    });
    expect(filesIn('paired')).toEqual(['blur', 'gt', 'set.json']);
    expect(filesIn('paired/gt/clip')).toEqual(['0000.png', '0001.png']);
    expectOneLine(
      unblur(['synth', 'paired-video', '--from', 'clip', '--out', 'long', '--frames', '7']),
      /Expected at least 7 frames in every video, for one exposure, but clip has 6/,
    );
  });

  test('makes samples of stills, of video frames and of partial panoramas', () => {
    const kinds: string[][] = [
      ['layers', '--from', 'stills', '--max-objects', '1', '--camera-pixels', '3', '--object-pixels', '6'],
      ['video', '--from', 'clip', '--window', '5', '--averaging', 'linear-srgb', '--max-step', '3'],
      ['panorama', '--from', 'strips', '--crop', '200', '--max-degrees', '3'],
    ];
    for (const [kind, ...options] of kinds) {
      const { code, stderr } = unblur([
        'synth',
        kind!,
        ...options,
        '--out',
        `of-${options[1]!}`,
        '--count',
        '1',
        ...small,
      ]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(filesIn(`of-${options[1]!}`)).toEqual(['sample-0000', 'set.json']);
    }
  });

  test('keeps stills as they are where nothing may move, turn or grow', () => {
    const still = [
      '--max-objects',
      '0',
      '--camera-pixels',
      '0',
      '--turn-degrees',
      '0',
      '--zoom-percent',
      '0',
    ];
    const command = [
      'synth',
      'layers',
      '--from',
      'stills',
      '--out',
      'still',
      '--count',
      '1',
      ...still,
      ...small,
    ];
    expect(unblur(command).code).toBe(0);
    const sample = (name: string) => readFileSync(join(folder, 'still', 'sample-0000', name));
    expect(sample('frame-0.png')).toEqual(sample('frame-2.png'));
  });

  test('draws a sheet to look at, and nothing else', async () => {
    const { code, stdout } = unblur([
      'synth',
      'panorama',
      '--from',
      'panoramas',
      '--out',
      'look',
      '--count',
      '2',
      '--preview',
      ...small,
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^sample 0: 3 frames, \d+\.\d degrees, up to \d+\.\d pixels\nsample 1: .*\npreview -> .*preview\.png\n$/,
    );
    expect(filesIn('look')).toEqual(['preview.png']);
    expect(await sharp(join(folder, 'look/preview.png')).metadata()).toMatchObject({ width: 5 * 36 + 4 });
  });

  test('draws the samples of its part of the shards', () => {
    const preview = (shard: string) =>
      unblur(
        `synth panorama --from panoramas --out part --count 4 --shard-size 1 --shard ${shard} --preview`
          .split(' ')
          .concat(small),
      );
    expect(preview('1/2').stdout).toMatch(/^sample 1: .*\nsample 3: .*\npreview -> /);
    expectOneLine(preview('4/5'), /--shard with samples in it, .*--count 4 fills no more than 4 shards/);
  });

  test('says what it was given, and leaves nothing behind', () => {
    const panorama = (...options: string[]): string[] => [
      'synth',
      'panorama',
      '--from',
      'panoramas',
      '--out',
      'none',
      ...small,
      ...options,
    ];
    expectOneLine(
      unblur(['synth', 'panorama', '--from', 'strips', '--out', 'none', ...small]),
      /strip\.png: Expected a full-sphere .* twice as wide as high, but received 400x150; .*--crop/,
    );
    expectOneLine(unblur(panorama('--from', 'nowhere')), /Expected a folder of panoramas at nowhere/);
    expectOneLine(
      unblur(panorama('--min-degrees', '12')),
      /--min-degrees to be at most --max-degrees \(10\) but received 12/,
    );
    expectOneLine(unblur(panorama('--shard', '2/2')), /Expected i\/n with i from 0 to n - 1/, 2);
    expectOneLine(unblur(panorama('--shard', '0/2', '--format', 'folders')), /--format shards with --shard/);
    expectOneLine(
      unblur(['synth', 'video', '--from', 'stills', '--out', 'none', ...small]),
      /a video of at least 3 frames in stills but the longest has 1/,
    );
    expectOneLine(
      unblur(['synth', 'layers', '--from', 'clip/0.png', '--out', 'none', ...small]),
      /folder of still photographs at clip\/0\.png/,
    );
    expectOneLine(
      unblur(['synth', 'video', '--from', 'clip', '--out', 'none', '--flow', ...small]),
      /no --flow for video, whose true motion is not known/,
    );
    expectOneLine(
      unblur(panorama('--flow', '--shard', '0/2')),
      /no --flow with shards, which hold the motion/,
    );
    write('clip-broken.mp4', 'no video');
    expectOneLine(
      unblur(['synth', 'video', '--from', 'clip-broken.mp4', '--out', 'none', ...small]),
      /clip-broken\.mp4|ffmpeg/,
    );
    expectOneLine(
      unblur(['synth', 'layers', '--from', 'stills', '--out', 'clip', ...small]),
      /new or empty folder for --out, or one with a set of folders to complete, but clip holds other files/,
    );
    expect(
      readdirSync(folder)
        .filter((name) => name.startsWith('none'))
        .flatMap((name) => filesIn(name).filter((file) => file !== 'set.json')),
    ).toEqual([]);
  });
});
