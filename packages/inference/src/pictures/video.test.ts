import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hasFfmpeg } from '@unblur/clips';
import { UnblurError } from '@unblur/files';
import { writeVideo } from './video.js';

const ffmpegHere = await hasFfmpeg();
if (!ffmpegHere) console.log('ffmpeg is not installed: the video tests are skipped.');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unblur-video-'));
});
afterAll(() => rm(folder, { recursive: true }));

function flat(width: number, height: number, [red, green, blue]: number[]) {
  return {
    width,
    height,
    data: Float32Array.from({ length: width * height * 3 }, (_, i) => [red!, green!, blue!][i % 3]!),
  };
}

const colors = [
  [0.8, 0.2, 0.2],
  [0.2, 0.8, 0.2],
  [0.2, 0.2, 0.8],
];

(ffmpegHere ? describe : describe.skip)('with ffmpeg', () => {
  test('odd sides become even, colours survive, four rounds to and fro', async () => {
    const path = join(folder, 'odd.mp4');
    await writeVideo(
      path,
      colors.map((color) => flat(33, 21, color)),
    );
    const probe = JSON.parse(
      execFileSync('ffprobe', ['-v', 'error', '-count_frames', '-show_streams', '-of', 'json', path], {
        encoding: 'utf8',
      }),
    ) as { streams: Array<Record<string, unknown>> };
    expect(probe.streams[0]).toMatchObject({
      codec_name: 'h264',
      width: 34,
      height: 22,
      nb_read_frames: '16',
      avg_frame_rate: '10/1',
      pix_fmt: 'yuv420p',
      color_space: 'bt709',
    });
    const pixels = execFileSync(
      'ffmpeg',
      [
        '-loglevel',
        'error',
        '-i',
        path,
        '-vf',
        'scale=in_color_matrix=bt709',
        '-f',
        'rawvideo',
        '-pix_fmt',
        'rgb24',
        '-',
      ],
      { maxBuffer: 1e8 },
    );
    [0, 1, 2, 1].forEach((color, frame) => {
      for (let channel = 0; channel < 3; channel++) {
        expect(
          Math.abs(
            pixels[frame * 34 * 22 * 3 + (10 * 34 + 16) * 3 + channel]! / 255 - colors[color]![channel]!,
          ),
        ).toBeLessThan(0.03);
      }
    });
  });

  test('one pixel; the same frames give the same bytes', async () => {
    const frames = colors.map((color) => flat(1, 1, color));
    await writeVideo(join(folder, 'a.mp4'), frames);
    await writeVideo(join(folder, 'b.mp4'), frames);
    expect(await readFile(join(folder, 'a.mp4'))).toEqual(await readFile(join(folder, 'b.mp4')));
  });

  test('rounds follow each other without a gap, one alone too', async () => {
    const frames = colors.map((color) => flat(16, 16, color));
    for (const rounds of [1, 2, 5]) {
      const path = join(folder, `${rounds}.mp4`);
      await writeVideo(path, frames, { rounds, frameMilliseconds: 40 });
      const times = execFileSync(
        'ffprobe',
        ['-v', 'error', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', path],
        { encoding: 'utf8' },
      )
        .split('\n')
        .flatMap((line) => (line ? [Math.round(Number(line.split(',')[0]) * 1000)] : []))
        .sort((a, b) => a - b);
      expect(times).toEqual(Array.from({ length: 4 * rounds }, (_, frame) => 40 * frame));
    }
  });

  test('a folder that is not there: one line', async () => {
    await expect(writeVideo(join(folder, 'none', 'a.mp4'), [flat(2, 2, colors[0]!)])).rejects.toThrow(
      /^Could not write .*a\.mp4: /,
    );
  });

  test.each([5, 400])('an abort after %d ms ends ffmpeg and leaves nothing', async (milliseconds) => {
    const empty = await mkdtemp(join(folder, 'aborted-'));
    const frames = Array.from({ length: 30 }, () => flat(640, 480, colors[0]!));
    await expect(
      writeVideo(join(empty, 'c.mp4'), frames, {
        rounds: 200_000,
        signal: AbortSignal.timeout(milliseconds),
      }),
    ).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await readdir(empty)).toEqual([]);
  });
});

test.each([0, -1, 2.5, NaN, null])('%p rounds are refused', async (rounds) => {
  await expect(
    writeVideo(join(folder, 'e.mp4'), [flat(2, 2, colors[0]!)], { rounds: rounds as number }),
  ).rejects.toThrow(`Expected a whole number of at least 1 for rounds but received ${rounds}`);
});

test('without ffmpeg: says what to install', async () => {
  expect(await hasFfmpeg(join(folder, 'no-such-program'))).toBe(false);
  await expect(
    writeVideo(join(folder, 'd.mp4'), [flat(2, 2, colors[0]!)], {
      ffmpegPath: join(folder, 'no-such-program'),
    }),
  ).rejects.toThrow(/Could not run .*no-such-program \(it is not installed\); install ffmpeg/);
});

test.each([undefined, [], [{}]])('frames %j: what was wanted', async (frames) => {
  await expect(writeVideo('video.mp4', frames as never)).rejects.toThrow(UnblurError);
});

test('an option that is none: what there is', async () => {
  const writing = writeVideo(join(folder, 'f.mp4'), [flat(2, 2, colors[0]!)], { loops: 2 } as never);
  await expect(writing).rejects.toThrow(UnblurError);
  await expect(writing).rejects.toThrow(/^Expected options among .*rounds.* but received 'loops'$/);
});
