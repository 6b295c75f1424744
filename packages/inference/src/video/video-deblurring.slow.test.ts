import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, jest } from '@jest/globals';
import sharp from 'sharp';
import { UnblurError } from '@unblur/files';
import type { RgbImage } from '@unblur/restoration';
import { loadPhoto } from '../pictures/photo.js';
import { movingWaves, tinyVideoFile } from '../../../restoration/src/video/tiny-video-network.test-tool.js';
import { readFrames } from './video-frame-folder.js';
import { deblurVideo, type DeblurVideoOptions } from './video-deblurring.js';
import { toSharp } from '../pictures/pixel-image.js';

const hasFfmpeg = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;
if (!hasFfmpeg) console.log('ffmpeg is not installed: clips are not tested, only folders.');

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'unblur-video-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Stands for a network that turns colours round. */
const negative = {
  seen: 0,
  async *deblur(frames: AsyncIterable<RgbImage> | Iterable<RgbImage>, { from = 0 } = {}) {
    let index = 0;
    for await (const frame of frames) {
      if (index++ < from) continue;
      this.seen += 1;
      yield { ...frame, data: frame.data.map((value) => 1 - value) };
    }
  },
};
/** Stands for a network that leaves frames as they are. */
const unchanged = {
  async *deblur(frames: AsyncIterable<RgbImage> | Iterable<RgbImage>) {
    yield* frames;
  },
};
const options: DeblurVideoOptions = { weights: new Uint8Array([1, 2, 3]) };
const place = (name: string) => join(folder, name);

async function writeFrames(name: string, frames: RgbImage[]): Promise<string> {
  mkdirSync(place(name));
  for (const [index, frame] of frames.entries()) {
    await toSharp(frame)
      .png()
      .toFile(join(place(name), `f${index + 8}.png`));
  }
  return place(name);
}

const ffmpeg = (...commandLine: string[]) =>
  expect(spawnSync('ffmpeg', ['-v', 'error', '-y', ...commandLine], { encoding: 'utf8' })).toMatchObject({
    status: 0,
  });

/** Half a second of moving pictures, with or without sound. */
function writeClip(
  name: string,
  { size = '64x48', seconds = 0.5, sound = true, more = [] as string[] } = {},
): string {
  const audio = sound ? ['-f', 'lavfi', '-i', `sine=duration=${seconds}`, '-c:a', 'aac'] : [];
  ffmpeg(
    '-f',
    'lavfi',
    '-i',
    `testsrc2=size=${size}:rate=20:duration=${seconds}`,
    ...audio,
    '-c:v',
    'libx264',
    '-pix_fmt',
    'yuv420p',
    ...more,
    place(name),
  );
  return place(name);
}

const streamsOf = (path: string) =>
  (
    JSON.parse(
      spawnSync(
        'ffprobe',
        [
          '-v',
          'error',
          '-count_frames',
          '-show_entries',
          'stream=codec_name,width,height,nb_read_frames,r_frame_rate',
          '-of',
          'json',
          path,
        ],
        { encoding: 'utf8' },
      ).stdout,
    ) as { streams: Record<string, unknown>[] }
  ).streams;

describe('a folder of frames', () => {
  test('becomes a folder of PNGs of the same names, in the order of the numbers in them', async () => {
    const frames = movingWaves(16, 12, 4);
    const input = await writeFrames('in', frames);
    const progress: string[] = [];
    const result = await deblurVideo(input, place('out'), negative, {
      ...options,
      onFrame: (done, total) => progress.push(`${done}/${total}`),
    });
    expect(result).toEqual({ width: 16, height: 12, frames: 4, skipped: 0 });
    expect(progress).toEqual(['1/4', '2/4', '3/4', '4/4']);
    expect(readdirSync(place('out')).sort()).toEqual([
      '.unblur-video.json',
      'f10.png',
      'f11.png',
      'f8.png',
      'f9.png',
    ]);
    expect((await loadPhoto(join(place('out'), 'f10.png'))).data[5]).toBeCloseTo(1 - frames[2]!.data[5]!, 2);
  });

  test('gets only the frames that are missing', async () => {
    const input = await writeFrames('in', movingWaves(16, 12, 12));
    await deblurVideo(input, place('out'), negative, options);
    const before = readFileSync(join(place('out'), 'f15.png'));
    unlinkSync(join(place('out'), 'f15.png'));
    negative.seen = 0;
    expect(await deblurVideo(input, place('out'), negative, options)).toMatchObject({
      frames: 1,
      skipped: 11,
    });
    expect(negative.seen).toBe(1);
    expect(readFileSync(join(place('out'), 'f15.png'))).toEqual(before);
    expect(await deblurVideo(input, place('out'), negative, options)).toMatchObject({
      frames: 0,
      skipped: 12,
    });
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    expect(await deblurVideo(input, place('out'), negative, { ...options, weights: buffer })).toMatchObject({
      frames: 0,
    });
    await expect(
      deblurVideo(input, place('elsewhere'), negative, { weights: undefined as unknown as Uint8Array }),
    ).rejects.toThrow(
      /^These weights cannot be used\. Expected the bytes of a \.safetensors file, .* but received nothing/,
    );
    expect(existsSync(place('elsewhere'))).toBe(false);
    await expect(
      deblurVideo(input, place('out'), negative, { weights: new Uint8Array([4]) }),
    ).rejects.toThrow('of another clip, or made with other weights');
    for (const other of [{ mirrored: true }, { precision: 'float32' as const }]) {
      await expect(deblurVideo(input, place('out'), { ...negative, ...other }, options)).rejects.toThrow(
        'another choice of mirrored, precision,',
      );
    }
  });

  test('goes on with the same pictures wherever they lie, and with no others', async () => {
    const input = await writeFrames('in', movingWaves(16, 12, 4));
    await deblurVideo(input, place('out'), negative, options);
    renameSync(input, place('moved'));
    expect(await deblurVideo(place('moved'), place('out'), negative, options)).toMatchObject({ skipped: 4 });
    await writeFrames('in', movingWaves(18, 12, 4));
    await expect(deblurVideo(input, place('out'), negative, options)).rejects.toThrow(
      'frames of another clip',
    );
  });

  test('leaves its place free where nothing came of it', async () => {
    const other = await writeFrames('other', movingWaves(16, 12, 2));
    const stop = new AbortController();
    const stopped = {
      async *deblur(frames: AsyncIterable<RgbImage> | Iterable<RgbImage>) {
        stop.abort(new Error('enough'));
        yield* negative.deblur(frames);
      },
    };
    await expect(
      deblurVideo(other, place('out'), stopped, { ...options, signal: stop.signal }),
    ).rejects.toThrow('enough');
    expect(existsSync(place('out'))).toBe(false);
    const input = await writeFrames('in', movingWaves(16, 12, 4));
    expect(await deblurVideo(input, place('out'), negative, options)).toMatchObject({ frames: 4 });
  });

  test('keeps the depth of its pictures, of 16 bits too', async () => {
    mkdirSync(place('deep'));
    for (const [index, frame] of movingWaves(16, 12, 2).entries()) {
      const values = Uint16Array.from(frame.data, (value) => value * 65535);
      await sharp(values, { raw: { width: 16, height: 12, channels: 3 } })
        .toColourspace('rgb16')
        .png()
        .toFile(join(place('deep'), `${index}.png`));
    }
    await deblurVideo(place('deep'), place('out'), negative, options);
    expect((await loadPhoto(join(place('out'), '1.png'))).bitDepth).toBe(16);
    await deblurVideo(place('deep'), place('flat'), negative, { ...options, bitDepth: 8 });
    expect((await loadPhoto(join(place('flat'), '1.png'))).bitDepth).toBe(8);
  });

  test('leaves whole frames behind when it is stopped', async () => {
    const input = await writeFrames('in', movingWaves(16, 12, 6));
    const stop = new AbortController();
    const reason = new Error('the client is gone');
    await expect(
      deblurVideo(input, place('out'), negative, {
        ...options,
        signal: stop.signal,
        onFrame: (done) => void (done === 2 && stop.abort(reason)),
      }),
    ).rejects.toBe(reason);
    expect(readdirSync(place('out')).sort()).toEqual(['.unblur-video.json', 'f8.png', 'f9.png']);
  });

  test('is refused with one frame, none, frames of several sizes or a damaged one', async () => {
    await expect(
      deblurVideo(await writeFrames('one', movingWaves(16, 12, 1)), place('out'), negative, options),
    ).rejects.toThrow('holds one frame, which has no neighbours to learn from');
    mkdirSync(place('none'));
    await expect(deblurVideo(place('none'), place('out'), negative, options)).rejects.toThrow(
      /Expected frames \(.*\) in .*none, in the order of their names, but received none$/,
    );
    writeFileSync(place('none/a.MOV'), '');
    const mixed = await writeFrames('mixed', [...movingWaves(16, 12, 2), ...movingWaves(12, 12, 1)]);
    await expect(deblurVideo(mixed, place('out'), negative, options)).rejects.toThrow(
      /Expected frames of one size, 16x12 like f8\.png, but .*f10\.png is 12x12/,
    );
    const damaged = await writeFrames('damaged', movingWaves(16, 12, 3));
    writeFileSync(join(damaged, 'f9.png'), readFileSync(join(damaged, 'f9.png')).subarray(0, 90));
    await expect(deblurVideo(damaged, place('out2'), negative, options)).rejects.toThrow(
      /f9\.png is damaged or cut short/,
    );
    await expect(deblurVideo(place('nowhere'), place('out'), negative, options)).rejects.toThrow(
      'there is no such file',
    );
  });
});

test.each(['bash', 'zsh'])(
  'a folder of clips: what is told takes the same clips each time in %s',
  async (shell) => {
    const clips = place("Ann's clips");
    mkdirSync(clips);
    for (const name of ['a.MOV', 'b c.MOV']) writeFileSync(join(clips, name), '');
    const { message } = (await deblurVideo(clips, place('out'), negative, options).catch(
      (cause: unknown) => cause,
    )) as UnblurError;
    // Photographs of one name among them do not make them frames.
    const mixed = place('mixed');
    mkdirSync(mixed);
    for (const name of ['a.jpg', 'a.png', 'b.mp4']) writeFileSync(join(mixed, name), '');
    await expect(deblurVideo(mixed, place('out'), negative, options)).rejects.toThrow(
      `${mixed} holds clips, not the frames of one;`,
    );
    const [told, loop] = message.split(' with: ');
    expect(told).toBe(`${clips} holds clips, not the frames of one; deblur them one after the other`);
    if (spawnSync(shell, ['-c', 'true']).status !== 0) {
      return console.log(`${shell} is not installed: the loop is not run in it.`);
    }
    const unblur = 'unblur() { echo "$2"; touch "$4"; }';
    for (const _ of ['first', 'again']) {
      const { stdout, stderr } = spawnSync(shell, ['-c', `${unblur}; ${loop}`], {
        cwd: clips,
        encoding: 'utf8',
      });
      expect({ stdout, stderr }).toEqual({ stdout: `${clips}/a.MOV\n${clips}/b c.MOV\n`, stderr: '' });
    }
    expect(readdirSync(join(clips, 'sharp'))).toEqual(['a.mp4', 'b c.mp4']);
  },
);

test('arguments that cannot be meant: one line', async () => {
  const input = await writeFrames('in', movingWaves(16, 12, 3));
  writeFileSync(place('a.mp4'), 'never read');
  const wrong = [
    [
      () => deblurVideo(undefined as never, place('out'), negative, options),
      "Expected deblurVideo('clip.mp4', ",
    ],
    [() => deblurVideo(input, '', negative, options), "Expected deblurVideo('clip.mp4', 'sharp"],
    [
      () => deblurVideo(input, undefined as never, negative, options),
      "Expected deblurVideo('clip.mp4', 'sharp",
    ],
    [
      () => deblurVideo(input, place('out'), undefined as never, options),
      "Expected deblurVideo('clip.mp4', 's",
    ],
    [
      () =>
        deblurVideo(input, place('out.mp4'), negative, { ...options, preview: { from: 1, to: 2 } as never }),
      'Expected a preview such as { fromSeconds: 1, toSeconds: 3 } but received one from nothing to nothing',
    ],
    [
      () => deblurVideo(place('a.mp4'), place('out'), negative, { ...options, hdr: 'tone-map' as never }),
      'Expected keep or tonemap for hdr but received tone-map',
    ],
    [
      () => readFrames('in' as never).next(),
      'Expected a list of paths of frames, such as listFrames(folder) gives',
    ],
  ] as const;
  for (const [call, message] of wrong) {
    await expect(call()).rejects.toThrow(UnblurError);
    await expect(call()).rejects.toThrow(message);
  }
});

describe('a place for the result that cannot be meant', () => {
  test('is the clip or the folder itself, by whatever path', async () => {
    const input = await writeFrames('in', movingWaves(16, 12, 3));
    const before = readdirSync(input);
    await expect(deblurVideo(input, join(folder, '.', 'in', '..', 'in'), negative, options)).rejects.toThrow(
      'is the input itself and would be lost',
    );
    writeFileSync(place('clip.mp4'), 'a clip');
    symlinkSync(place('clip.mp4'), place('link.mp4'));
    await expect(deblurVideo(place('clip.mp4'), place('link.mp4'), negative, options)).rejects.toThrow(
      'would be lost',
    );
    expect(readdirSync(input)).toEqual(before);
    expect(readFileSync(place('clip.mp4'), 'utf8')).toBe('a clip');
  });

  test.each(['out.avi', 'out.wmv', 'OUT.GIF'])('ends like a file that is not made here: %s', async (name) => {
    const input = await writeFrames('in', movingWaves(16, 12, 3));
    await expect(deblurVideo(input, place(name), negative, options)).rejects.toThrow(
      'Expected a clip that ends in .mp4, .m4v, .mov, .mkv, .webm, .ts, or a folder',
    );
    mkdirSync(place(name));
    expect(await deblurVideo(input, place(name), negative, options)).toMatchObject({ frames: 3 });
  });
});

test('says that the folder of the output is missing before it reads a frame', async () => {
  const input = await writeFrames('in', movingWaves(16, 12, 3));
  const seenBefore = negative.seen;
  await expect(deblurVideo(input, place('nowhere/out.mp4'), negative, options)).rejects.toThrow(
    `Could not write ${place('nowhere/out.mp4')}: its folder does not exist; make it first`,
  );
  expect(negative.seen).toBe(seenBefore);
});

(hasFfmpeg ? describe : describe.skip)('a clip', () => {
  test('keeps its frames, rate and sound', async () => {
    const clip = writeClip('clip.mp4');
    expect(await deblurVideo(clip, place('out.mp4'), negative, options)).toEqual({
      width: 64,
      height: 48,
      frames: 10,
      skipped: 0,
    });
    expect(streamsOf(place('out.mp4'))).toMatchObject([
      { codec_name: 'h264', width: 64, height: 48, nb_read_frames: '10', r_frame_rate: '20/1' },
      { codec_name: 'aac' },
    ]);
    ffmpeg('-i', clip, '-map', '0:a', '-c', 'copy', place('before.adts'));
    ffmpeg('-i', place('out.mp4'), '-map', '0:a', '-c', 'copy', place('after.adts'));
    expect(readFileSync(place('after.adts'))).toEqual(readFileSync(place('before.adts')));
  });

  test('shows what the network made, in the colours it made', async () => {
    await deblurVideo(writeClip('clip.mp4', { more: ['-crf', '1'] }), place('out'), unchanged, options);
    await deblurVideo(place('clip.mp4'), place('out.mkv'), unchanged, options);
    await deblurVideo(place('out.mkv'), place('again'), unchanged, options);
    const [first, again] = [
      await loadPhoto(join(place('out'), 'frame-000004.png')),
      await loadPhoto(join(place('again'), 'frame-000004.png')),
    ];
    const meanDifference =
      first.data.reduce((sum, value, i) => sum + Math.abs(value - again.data[i]!), 0) / first.data.length;
    expect(meanDifference).toBeLessThan(0.03);
  });

  test.each(['clip.mp4', 'clip.ts'])(
    'is previewed in a part, the original beside the sharp: %s',
    async (name) => {
      // Every frame is lighter than the one before it by 8 levels.
      ffmpeg(
        ...['-f', 'lavfi', '-i', 'nullsrc=size=64x48:rate=20:duration=1,format=gray,geq=lum=40+8*N'],
        ...['-f', 'lavfi', '-i', 'sine=duration=1', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-g', '4'],
        place(name),
      );
      const preview = { fromSeconds: 0.25, toSeconds: 0.5 };
      const whole = await deblurVideo(place(name), place('out.mp4'), negative, options);
      const part = await deblurVideo(place(name), place('part.mp4'), negative, { ...options, preview });
      expect(part).toEqual({ width: 130, height: 48, frames: 5, skipped: 0 });
      expect(streamsOf(place('part.mp4'))).toEqual([expect.objectContaining({ nb_read_frames: '5' })]);
      expect(whole.frames).toBe(20);
      const colourAt = async (file: string, x: number) => {
        const { width, data } = await loadPhoto(file);
        return 255 * data[(24 * width + x) * 3]!;
      };
      ffmpeg('-i', place('part.mp4'), place('part-%d.png'));
      ffmpeg('-i', place(name), place('clip-%d.png'));
      for (const [index, frame] of [6, 7, 8, 9, 10].entries()) {
        const original = await colourAt(place(`clip-${frame}.png`), 32);
        expect(Math.abs((await colourAt(place(`part-${index + 1}.png`), 32)) - original)).toBeLessThan(3);
        expect(
          Math.abs((await colourAt(place(`part-${index + 1}.png`), 98)) - (255 - original)),
        ).toBeLessThan(3);
      }
      expect(await colourAt(place('part-1.png'), 64)).toBeGreaterThan(200);
      await expect(
        deblurVideo(place(name), place('late.mp4'), negative, {
          ...options,
          preview: { fromSeconds: 9, toSeconds: 10 },
        }),
      ).rejects.toThrow('which lasts 1 s, but received one that begins at 9 s');
      await expect(
        deblurVideo(place(name), place('folder'), negative, { ...options, preview }),
      ).rejects.toThrow('Expected a clip for the preview');
    },
  );

  test('leaves nothing when it is stopped, before or while it is written, and throws the reason', async () => {
    const clip = writeClip('clip.mp4');
    for (const reason of [new Error('the client is gone'), null]) {
      for (const out of ['out.mp4', 'out']) {
        await expect(
          deblurVideo(clip, place(out), negative, { ...options, signal: AbortSignal.abort(reason) }),
        ).rejects.toBe(reason);
      }
      const stop = new AbortController();
      await expect(
        deblurVideo(clip, place('out.mp4'), negative, {
          ...options,
          signal: stop.signal,
          onFrame: (done) => void (done === 3 && stop.abort(reason)),
        }),
      ).rejects.toBe(reason);
    }
    expect(readdirSync(folder)).toEqual(['clip.mp4']);
  });

  test.each(['gap.mkv', 'gap.ts'])(
    'with a gap is previewed no further than the part that was asked for: %s',
    async (name) => {
      // Shown from 1 s on: at 0 to 0.2 s after the beginning, then from 0.7 s on.
      ffmpeg(
        ...['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=20:duration=1', '-c:v', 'libx264', '-g', '4'],
        ...['-vf', "settb=1/90000,setpts='(N/20+1+0.45*gt(N,4))/TB'", '-pix_fmt', 'yuv420p'],
        ...['-fps_mode', 'passthrough', '-enc_time_base', '1:90000', place(name)],
      );
      const preview = async (fromSeconds: number, toSeconds: number) =>
        deblurVideo(place(name), place('part.mp4'), negative, {
          ...options,
          preview: { fromSeconds, toSeconds },
        });
      expect((await preview(0.1, 0.4)).frames).toBe(3);
      expect((await preview(0.35, 0.8)).frames).toBe(2);
      await expect(preview(0.3, 0.5)).rejects.toThrow(
        'in which a frame begins, but none does from 0.3 s to 0.5 s; choose a longer part',
      );
    },
  );

  test('of odd sides gets a mirrored row and column, and one without sound stays without', async () => {
    const frames = await writeFrames('in', movingWaves(15, 13, 3));
    await deblurVideo(frames, place('out.mp4'), negative, { ...options, framesPerSecond: 12 });
    expect(streamsOf(place('out.mp4'))).toMatchObject([
      { width: 16, height: 14, nb_read_frames: '3', r_frame_rate: '12/1' },
    ]);
  });

  test('keeps the time of every frame, through a network that gives them later', async () => {
    ffmpeg(
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=64x48:rate=20:duration=0.5',
      '-f',
      'lavfi',
      '-i',
      'sine=duration=0.8',
      '-vf',
      "settb=1/90000,setpts='(N/20+0.3+0.2*gt(N,4))/TB'",
      '-fps_mode',
      'passthrough',
      '-enc_time_base',
      '1:90000',
      '-c:v',
      'libx264',
      place('gap.mp4'),
    );
    const late = {
      async *deblur(frames: AsyncIterable<RgbImage> | Iterable<RgbImage>) {
        const waiting: RgbImage[] = [];
        for await (const frame of frames) {
          waiting.push({ ...frame, data: frame.data.slice() });
          if (waiting.length > 2) yield waiting.shift()!;
        }
        yield* waiting;
      },
    };
    await deblurVideo(place('gap.mp4'), place('out.mkv'), late, options);
    const timesOf = (path: string) =>
      spawnSync(
        'ffprobe',
        ['-v', 'error', '-select_streams', 'v', '-show_entries', 'frame=pts_time', '-of', 'csv=p=0', path],
        { encoding: 'utf8' },
      )
        .stdout.split('\n')
        .filter((line) => line.trim())
        .map(parseFloat);
    const [before, after] = [timesOf(place('gap.mp4')), timesOf(place('out.mkv'))];
    expect(before).toHaveLength(10);
    expect(before[0]).toBeCloseTo(0.3, 2);
    expect(after).toHaveLength(10);
    before.forEach((time, index) => expect(Math.abs(after[index]! - time)).toBeLessThan(0.001));
  });

  test('says what becomes of high dynamic range, interlaced frames and transparency', async () => {
    const notesOf = async (name: string, more: Partial<DeblurVideoOptions>, output = 'out.mp4') => {
      const notes: string[] = [];
      await deblurVideo(place(name), place(output), negative, {
        ...options,
        ...more,
        onNote: (line) => notes.push(line.replace(place(name), 'clip')),
      });
      return notes;
    };
    writeClip('hlg.mkv', {
      sound: false,
      more: [
        '-pix_fmt',
        'yuv420p10le',
        '-c:v',
        'ffv1',
        '-color_trc',
        'arib-std-b67',
        '-color_primaries',
        'bt2020',
        '-colorspace',
        'bt2020nc',
        '-color_range',
        'tv',
      ],
    });
    expect(await notesOf('hlg.mkv', {})).toEqual([
      "clip has high dynamic range (HLG): kept, at 10 bits; hdr: 'tonemap' makes it an ordinary clip",
    ]);
    expect(streamsOf(place('out.mp4'))).toMatchObject([{ codec_name: 'hevc' }]);
    expect(await notesOf('hlg.mkv', {}, 'frames')).toEqual([
      'clip has high dynamic range (HLG): tone-mapped to ordinary pictures (BT.709)',
    ]);
    await expect(notesOf('hlg.mkv', { hdr: 'keep' }, 'frames')).rejects.toThrow(
      'Expected a clip as output, to keep high dynamic range, but received a folder',
    );
    writeClip('fields.mp4', {
      sound: false,
      more: ['-vf', 'tinterlace=interleave_top', '-flags', '+ildct+ilme'],
    });
    expect(await notesOf('fields.mp4', {})).toEqual([
      'clip is interlaced: each of its frames is made progressive',
    ]);
    expect(await notesOf('fields.mp4', { deinterlace: false })).toEqual([]);
    writeClip('alpha.mkv', {
      sound: false,
      more: ['-vf', 'format=yuva444p', '-pix_fmt', 'yuva444p', '-c:v', 'ffv1'],
    });
    expect(await notesOf('alpha.mkv', {}, 'out.mkv')).toEqual(['clip has an alpha channel: laid over white']);
  });

  test('of frames beyond the memory budget is refused before one is decoded', async () => {
    // The size stands in the header of the file: it is the decoder that would need the memory.
    writeClip('vast.mkv', { size: '4000x3000', seconds: 0.1, sound: false, more: ['-preset', 'ultrafast'] });
    const { createVideoDeblurrer } = await import('./video-deblurrer.js');
    const deblurrer = createVideoDeblurrer({ weights: tinyVideoFile(), memoryBudgetBytes: 2 ** 29 });
    const decoded = jest.spyOn(deblurrer, 'deblur');
    await expect(deblurVideo(place('vast.mkv'), place('out.mp4'), deblurrer, options)).rejects.toThrow(
      /^Frames of 4000x3000 take [\d.]+ GiB of memory, more than the budget of 0\.5 GiB; scale the clip down first, or allow more with a memoryBudgetBytes of \d+ GiB$/,
    );
    expect(decoded).not.toHaveBeenCalled();
    expect(() => deblurrer.expectFrameSize(640, 360)).not.toThrow();
    expect(() => createVideoDeblurrer({ weights: tinyVideoFile() }).expectFrameSize(12_000, 12_000)).toThrow(
      'Frames of 12000x12000 take',
    );
  });

  test('is refused without pictures, cut short, of one frame or with changing sizes; nothing is left', async () => {
    const refuse = (input: string, message: RegExp) =>
      expect(deblurVideo(input, place('out.mp4'), negative, options)).rejects.toThrow(message);
    ffmpeg('-f', 'lavfi', '-i', 'sine=duration=0.2', place('sound.m4a'));
    await refuse(place('sound.m4a'), /has no video stream, only audio/);
    writeFileSync(place('text.mp4'), 'not a video');
    await refuse(place('text.mp4'), /is not a video that ffmpeg reads, or is damaged/);
    const clip = readFileSync(writeClip('clip.mp4', { more: ['-movflags', '+faststart'] }));
    writeFileSync(place('short.mp4'), clip.subarray(0, Math.floor(clip.length * 0.6)));
    await refuse(place('short.mp4'), /is damaged or cut short/);
    writeFileSync(place('headless.mp4'), readFileSync(writeClip('plain.mp4')).subarray(0, 3000));
    await refuse(place('headless.mp4'), /damaged/);
    await refuse(writeClip('single.mp4', { seconds: 0.05, sound: false }), /holds one frame/);
    const parts = [
      writeClip('a.ts', { sound: false }),
      writeClip('b.ts', { sound: false, size: '96x64' }),
    ].map((path) => readFileSync(path));
    writeFileSync(place('changing.ts'), Buffer.concat(parts));
    await refuse(
      place('changing.ts'),
      /Expected frames of one size, but .*changing\.ts changes from 64x48 to 96x64/,
    );
    expect(readdirSync(folder).filter((name) => name.includes('out.mp4'))).toEqual([]);
  });

  test('needs ffmpeg, and says how to get it', async () => {
    await expect(
      deblurVideo(writeClip('clip.mp4'), place('out.mp4'), negative, {
        ...options,
        ffmpegPath: '/nowhere/ffmpeg',
      }),
    ).rejects.toThrow(/Could not run \/nowhere\/ffprobe \(it is not installed\); install ffmpeg/);
    const frames = await writeFrames('in', movingWaves(16, 12, 3));
    await expect(
      deblurVideo(frames, place('out.mp4'), negative, { ...options, ffmpegPath: '/nowhere/ffmpeg' }),
    ).rejects.toThrow(/install ffmpeg/);
  });
});
