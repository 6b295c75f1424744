import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { listPairedVideos } from '../video/recorded-pairs.node.js';
import { synthesizePairedVideos } from './paired-video-set.node.js';

const folder = mkdtempSync(join(tmpdir(), 'unblur-paired-'));
const [clips, out] = [join(folder, 'clips'), join(folder, 'set')];
const [WIDTH, HEIGHT, FRAMES] = [6, 4, 8];

/** Grey frames, each brighter by 16 than the one before. */
const brightness = (frame: number): number => 16 * frame;

beforeAll(async () => {
  for (const name of ['walk', 'run']) {
    mkdirSync(join(clips, name), { recursive: true });
    for (let frame = 0; frame < FRAMES; frame++) {
      await sharp({
        create: {
          width: WIDTH,
          height: HEIGHT,
          channels: 3,
          background: { r: brightness(frame), g: brightness(frame), b: brightness(frame) },
        },
      })
        .png()
        .toFile(join(clips, name, `${frame}.png`));
    }
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const greyOf = async (path: string): Promise<number> => (await sharp(path).raw().toBuffer())[0]!;

describe('synthesizePairedVideos', () => {
  test('averages frames, with the middle one as ground truth, and completes what was stopped', async () => {
    const options = { folder: clips, out, frames: 3, stride: 2, shrink: 2 };
    expect(await synthesizePairedVideos(options)).toEqual({ frames: 6, videos: 2, kept: 0 });
    const [run, walk] = listPairedVideos(out);
    expect([run!.name, walk!.name, walk!.blurred.length]).toEqual(['run', 'walk', 3]);
    for (const [index, path] of walk!.blurred.entries()) {
      expect(await greyOf(path)).toBe(brightness(2 * index + 1));
      expect(await greyOf(walk!.sharp[index]!)).toBe(brightness(2 * index + 1));
    }
    expect(await sharp(walk!.blurred[0]!).metadata()).toMatchObject({ width: WIDTH / 2, height: HEIGHT / 2 });

    const lost = walk!.sharp[1]!;
    const before = readFileSync(lost);
    rmSync(lost);
    const done: number[] = [];
    expect(
      await synthesizePairedVideos({ ...options, onProgress: (index) => done.push(index) }),
    ).toMatchObject({
      kept: 5,
    });
    expect(readFileSync(lost)).toEqual(before);
    expect(done).toEqual([1, 2, 3, 4, 5, 6]);
    await expect(synthesizePairedVideos({ ...options, stride: 3 })).rejects.toThrow(
      'to be new or to hold samples made with the same options',
    );
  });

  test('averages light where it is told to', async () => {
    const light = join(folder, 'light');
    await synthesizePairedVideos({
      folder: join(clips, 'walk'),
      out: light,
      frames: 7,
      averaging: 'linear-gamma-2.2',
    });
    const mean =
      255 *
      (Array.from({ length: 7 }, (_, frame) => (brightness(frame) / 255) ** 2.2).reduce(
        (sum, value) => sum + value,
        0,
      ) /
        7) **
        (1 / 2.2);
    expect(await greyOf(join(light, 'blur', 'walk', '0000.png'))).toBe(Math.round(mean));
    expect(existsSync(join(light, 'blur', 'walk', '0001.png'))).toBe(false);
  });

  test('refuses two videos that would have one name', async () => {
    const alike = join(folder, 'alike');
    for (const video of ['walk/left', 'walk-left']) {
      cpSync(join(clips, 'walk'), join(alike, video), { recursive: true });
    }
    await expect(
      synthesizePairedVideos({ folder: alike, out: join(folder, 'one'), frames: 3 }),
    ).rejects.toThrow('walk/left and walk-left would both become walk-left');
    expect(existsSync(join(folder, 'one'))).toBe(false);
  });

  test('names the video that is too short, and refuses options that mean nothing', async () => {
    const none = join(folder, 'none');
    await expect(synthesizePairedVideos({ folder: clips, out: none, frames: 9 })).rejects.toThrow(
      'Expected at least 9 frames in every video, for one exposure, but run has 8.',
    );
    await expect(synthesizePairedVideos({ folder: clips, out: none, frames: 3, stride: 0 })).rejects.toThrow(
      'Expected stride to be a positive integer but received 0.',
    );
    await expect(synthesizePairedVideos({ folder: clips, out: none, frames: 4 })).rejects.toThrow(
      'Expected frames to be an odd number of at least 3 but received 4.',
    );
    expect(existsSync(none)).toBe(false);
  });
});
