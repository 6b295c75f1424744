import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { hasFfmpeg } from '@unblur/clips';
import { doLocked, shellWord } from '@unblur/files';
import { tiffFile } from '../pictures/tiff-file.test-tool.js';
import { packetOf } from '../pictures/xmp-packet.test-tool.js';
import { restorePhotoToFolder, UnblurError, type FrameSource } from '../index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unblur-results-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Gives the photograph back as every frame, moving 2 pixels to the right. */
const copier = {
  times: [-1, 0, 1],
  anyTime: false,
  async restoreFrames(photo, { times = [-1, 0, 1], onShare }) {
    const size = { width: Math.ceil(photo.width / 8), height: Math.ceil(photo.height / 8), stridePixels: 8 };
    const motionPixels = (dx: number) => ({
      ...size,
      data: Float32Array.from({ length: size.width * size.height * 2 }, (_, i) => (i % 2 === 0 ? dx : 0)),
    });
    async function* frames() {
      for (const [index, time] of times.entries()) {
        yield { index, time, frame: photo, motionPixels: motionPixels(time) };
      }
      onShare?.(1);
    }
    return { scale: 1, frames: frames() };
  },
} satisfies FrameSource;

async function writePhoto(name: string, bits: 8 | 16): Promise<{ path: string; values: Uint16Array }> {
  const values = Uint16Array.from({ length: 42 * 8 * 3 }, (_, i) =>
    bits === 16 ? (i * 7919) % 65536 : (i * 37) % 256,
  );
  const path = join(folder, name);
  const raw = { width: 42, height: 8, channels: 3 as const };
  if (bits === 16) await sharp(values, { raw }).toColourspace('rgb16').png().toFile(path);
  else await sharp(Buffer.from(values), { raw }).png().toFile(path);
  return { path, values };
}

describe('restorePhotoToFolder', () => {
  test('writes everything, says what and how long, and leaves nothing else', async () => {
    const { path } = await writePhoto('photo.png', 8);
    const out = join(folder, 'new', 'results');
    const { files, skipped, photo, milliseconds } = await restorePhotoToFolder(path, out, copier);
    const video = (await hasFfmpeg()) ? ['video.mp4'] : [];
    const expected = [
      'animation.webp',
      'contact-sheet.png',
      'frame-0.png',
      'frame-1.png',
      'frame-2.png',
      'motion.png',
      ...video,
    ];
    expect((await readdir(out)).sort()).toEqual(expected);
    expect(files.map((file) => file.path).sort()).toEqual(expected.map((name) => join(out, name)));
    expect(skipped).toEqual(video.length > 0 ? [] : [{ kind: 'video', reason: 'ffmpeg is not installed' }]);
    expect(photo).toEqual({ width: 42, height: 8, bitDepth: 8, hadAlpha: false, pages: 1 });
    for (const time of Object.values(milliseconds)) expect(time).toBeGreaterThan(0);
  });

  test('says that transparency was laid over white, and what else the file holds', async () => {
    const notesOf = async (source: string | Uint8Array | ArrayBuffer, name?: string) => {
      const notes: string[] = [];
      await restorePhotoToFolder(source, folder, copier, {
        video: 'never',
        onNote: (line) => notes.push(line),
        ...(name && { name }),
      });
      return notes;
    };
    const { path } = await writePhoto('photo.png', 8);
    expect(await notesOf(path)).toEqual([]);
    const clear = await sharp(path).ensureAlpha(0.5).png().toBuffer();
    expect(await notesOf(clear, 'standard input')).toEqual([
      'standard input is transparent in parts: laid over white',
    ]);
    expect(await notesOf(Uint8Array.from(clear).buffer)).toEqual([
      'The image is transparent in parts: laid over white',
    ]);
    expect(await notesOf(await sharp(path).ensureAlpha(1).png().toBuffer())).toEqual([]);
    const strip = { width: 16, height: 48, channels: 3 as const, pageHeight: 16 };
    const moving = join(folder, 'moving (1).gif');
    await sharp(
      Uint8Array.from({ length: 16 * 48 * 3 }, (_, i) => (i * i) % 251),
      { raw: strip },
    )
      .gif()
      .toFile(moving);
    expect(await notesOf(moving)).toEqual([
      `${moving} holds 3 pictures: only the first is restored; for all of them, use: deblurVideo(${shellWord(moving)}, sharp.mp4)`,
    ]);
    const withThumbnail = tiffFile([
      { side: 16, value: 200 },
      { side: 32, value: 100 },
    ]);
    expect(await notesOf(withThumbnail, 'scan.tif')).toEqual([
      'scan.tif holds 2 pictures: only number 2, the largest, is restored',
    ]);
  });

  test.each([8, 16] as const)('frames of a %d-bit photograph keep its values exactly', async (bits) => {
    const { path, values } = await writePhoto('photo.png', bits);
    await restorePhotoToFolder(path, folder, copier, { video: 'never' });
    const frame = sharp(join(folder, 'frame-1.png'));
    expect((await frame.metadata()).depth).toBe(bits === 16 ? 'ushort' : 'uchar');
    const raw = await frame
      .toColourspace(bits === 16 ? 'rgb16' : 'srgb')
      .raw({ depth: 'ushort' })
      .toBuffer();
    expect([...new Uint16Array(raw.buffer, raw.byteOffset, raw.length / 2)]).toEqual([...values]);
  });

  test('in wide colours, with EXIF and XMP: frames keep them unless told otherwise, other results are sRGB', async () => {
    const create = { width: 64, height: 48, channels: 3 as const, background: { r: 200, g: 60, b: 40 } };
    const source = await sharp({ create })
      .withIccProfile('p3')
      .withExif({ IFD0: { Model: 'iPhone 15' } })
      .withXmp(packetOf(' photoshop:Credit="A. Photographer"'))
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    const [p3Values, p3] = [await firstPixel(source), (await sharp(source).metadata()).icc];
    await restorePhotoToFolder(source, folder, copier, { video: 'never', format: 'jpeg', quality: 100 });
    const frame = join(folder, 'frame-1.jpeg');
    const { exif, icc, xmp } = await sharp(frame).metadata();
    expect(exif!.includes('iPhone 15')).toBe(true);
    expect(xmp!.includes('A. Photographer')).toBe(true);
    expect(icc).toEqual(p3);
    expectNear(await firstPixel(frame), p3Values);
    expect(Math.abs(p3Values[0]! - 200)).toBeGreaterThan(10);
    for (const [name, at] of [
      ['animation.webp', 0],
      ['contact-sheet.png', 30],
    ] as const) {
      expect((await sharp(join(folder, name)).metadata()).icc).toBeUndefined();
      expectNear(await firstPixel(join(folder, name), at), [200, 60, 40]);
    }
    await restorePhotoToFolder(source, folder, copier, { video: 'never', metadata: false });
    expect(await sharp(join(folder, 'frame-1.png')).metadata()).toMatchObject({ icc: p3 });
    for (const kind of ['exif', 'xmp'] as const) {
      expect((await sharp(join(folder, 'frame-1.png')).metadata())[kind]).toBeUndefined();
    }
  });

  /** As the file holds it, at so many pixels from the upper left corner. */
  async function firstPixel(file: string | Buffer, at = 0): Promise<number[]> {
    const pixel = sharp(file, { ignoreIcc: true }).extract({ left: at, top: at, width: 1, height: 1 });
    return [...(await pixel.raw().toBuffer())].slice(0, 3);
  }

  function expectNear(values: readonly number[], expected: readonly number[]): void {
    expected.forEach((value, i) => expect(Math.abs(values[i]! - value)).toBeLessThanOrEqual(4));
  }

  test('says how it is called where it is called otherwise', async () => {
    const { path } = await writePhoto('photo.png', 8);
    const calls = [
      [path],
      [path, folder],
      [path, folder, Promise.resolve(copier)],
      [path, copier],
      [path, '', copier],
    ];
    for (const call of calls) {
      const failure = restorePhotoToFolder(...(call as Parameters<typeof restorePhotoToFolder>));
      await expect(failure).rejects.toThrow('Expected restorePhotoToFolder(photo, folder, restorer), with');
    }
  });

  test('takes the place of an earlier restoration, and leaves everything else', async () => {
    const { path } = await writePhoto('photo.png', 8);
    const out = join(folder, 'out');
    await restorePhotoToFolder(path, out, { ...copier, times: [-1, -0.5, 0, 0.5, 1] }, { video: 'never' });
    for (const name of ['notes.txt', 'frame-one.png', 'frame-3.jpg']) {
      await writeFile(join(out, name), 'mine');
    }
    await restorePhotoToFolder(path, out, copier, { animation: 'gif', video: 'never' });
    expect((await readdir(out)).sort()).toEqual([
      'animation.gif',
      'contact-sheet.png',
      'frame-0.png',
      'frame-1.png',
      'frame-2.png',
      'frame-3.jpg',
      'frame-one.png',
      'motion.png',
      'notes.txt',
    ]);
  });

  test('removes no frames from a folder that is not a restoration', async () => {
    const { path } = await writePhoto('photo.png', 8);
    const out = join(folder, 'clip');
    await mkdir(out);
    await writeFile(join(out, 'frame-9.png'), 'mine');
    await restorePhotoToFolder(path, out, copier, { video: 'never' });
    expect(await readFile(join(out, 'frame-9.png'), 'utf8')).toBe('mine');
  });

  test.each([8, 16] as const)(
    'frames of 16-bit integers are written as those of fractions: %d bits',
    async (bits) => {
      const { path } = await writePhoto('photo.png', bits);
      const deep: FrameSource = {
        ...copier,
        async restoreFrames(image, options) {
          const { scale, frames } = await copier.restoreFrames(image, options);
          async function* inIntegers() {
            for await (const { frame, ...about } of frames) {
              const data = Uint16Array.from(frame.data, (value) => Math.round(value * 65535));
              yield { ...about, frame: { ...frame, data } };
            }
          }
          return { scale, frames: inIntegers() };
        },
      };
      const [fractions, integers] = [join(folder, 'fractions'), join(folder, 'integers')];
      await restorePhotoToFolder(path, fractions, copier, { video: 'never' });
      await restorePhotoToFolder(path, integers, deep, { video: 'never' });
      for (const name of ['frame-0.png', 'contact-sheet.png', 'motion.png', 'animation.webp']) {
        expect(await readFile(join(integers, name))).toEqual(await readFile(join(fractions, name)));
      }
    },
  );

  test('where frames can be had at any time, 25 are played, seven of them restored', async () => {
    const { path } = await writePhoto('photo.png', 8);
    let asked: number[] = [];
    const anyTime: FrameSource = {
      ...copier,
      anyTime: true,
      async restoreFrames(image, options) {
        asked.push(options.times!.length);
        const { scale, frames } = await copier.restoreFrames(image, options);
        async function* darkening() {
          for await (const restored of frames) {
            yield {
              ...restored,
              frame: {
                ...restored.frame,
                data: restored.frame.data.map((value) => value * (0.7 + 0.3 * restored.time)),
              },
            };
          }
        }
        return { scale, frames: darkening() };
      },
    };
    const small = join(folder, 'small');
    await restorePhotoToFolder(path, small, anyTime, { video: 'never' });
    expect(asked).toEqual([7]);
    expect((await readdir(small)).filter((name) => name.startsWith('frame'))).toEqual([
      'frame-0.png',
      'frame-1.png',
      'frame-2.png',
    ]);
    expect(await sharp(join(small, 'animation.webp'), { pages: -1 }).metadata()).toMatchObject({
      pages: 48,
      delay: Array.from({ length: 48 }, () => 40),
    });

    const wide = join(folder, 'wide.png');
    await sharp({
      create: {
        width: 2560,
        height: 16,
        channels: 3,
        background: 'teal',
        noise: { type: 'gaussian', mean: 128, sigma: 30 },
      },
    })
      .png()
      .toFile(wide);
    asked = [];
    await restorePhotoToFolder(wide, join(folder, 'large'), anyTime, { video: 'never' });
    expect(asked).toEqual([7]);
    expect(await sharp(join(folder, 'large', 'animation.webp')).metadata()).toMatchObject({
      width: 1280,
      pages: 48,
    });
    expect(await sharp(join(folder, 'large', 'frame-1.png')).metadata()).toMatchObject({
      width: 2560,
      height: 16,
    });
  });

  test('however many frames are kept, about a hundred are played and 25 are on the contact sheet', async () => {
    const { path } = await writePhoto('photo.png', 8);
    const [few, many] = [join(folder, 'few'), join(folder, 'many')];
    const evenly = (count: number) => Array.from({ length: count }, (_, i) => (2 * i) / (count - 1) - 1);
    const asked: number[] = [];
    const varying: FrameSource = {
      ...copier,
      times: evenly(301),
      async restoreFrames(image, options) {
        const { scale, frames } = await copier.restoreFrames(image, options);
        async function* darkening() {
          for await (const restored of frames) {
            yield {
              ...restored,
              frame: {
                ...restored.frame,
                data: restored.frame.data.map((value) => value * (0.6 + 0.4 * restored.time)),
              },
            };
          }
        }
        asked.push(options.times!.length);
        return { scale, frames: darkening() };
      },
    };
    await restorePhotoToFolder(path, many, varying, { video: 'never' });
    await restorePhotoToFolder(path, few, { ...varying, times: evenly(25) }, { video: 'never' });
    expect(asked).toEqual([301, 25]);
    expect((await readdir(many)).filter((name) => name.startsWith('frame'))).toHaveLength(301);
    const { pages } = await sharp(join(many, 'animation.webp')).metadata();
    expect(pages).toBeGreaterThan(100);
    expect(pages).toBeLessThanOrEqual(198);
    const size = async (name: string) => (await sharp(join(name, 'contact-sheet.png')).metadata()).height;
    expect(await size(many)).toBe(await size(few));
  });

  test('the same photograph gives the same bytes', async () => {
    const { path } = await writePhoto('photo.png', 8);
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    for (const out of [a, b]) await restorePhotoToFolder(path, out, copier, { animation: 'gif' });
    for (const name of await readdir(a)) {
      expect((await readFile(join(a, name))).equals(await readFile(join(b, name)))).toBe(true);
    }
  });

  test('without ffmpeg the video is skipped, with the reason', async () => {
    const { path } = await writePhoto('photo.png', 8);
    const { skipped } = await restorePhotoToFolder(path, folder, copier, {
      ffmpegPath: join(folder, 'no-ffmpeg'),
    });
    expect(skipped).toEqual([{ kind: 'video', reason: 'ffmpeg is not installed' }]);
  });

  test('keeps out of the way of another at work on the same results', async () => {
    const { path } = await writePhoto('photo.png', 8);
    const out = join(folder, 'out');
    const results = await Promise.allSettled([
      doLocked(folder, 'restoration', () => new Promise((resolve) => setTimeout(resolve, 1500)), {
        parts: ['out'],
      }),
      restorePhotoToFolder(path, out, copier, { video: 'never' }),
    ]);
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { message: expect.stringContaining(`at work on ${out} (process`) } },
    ]);
    await restorePhotoToFolder(path, out, copier, { video: 'never' });
  });

  test('frames of another format take the place of those of an earlier restoration', async () => {
    const { path } = await writePhoto('photo.png', 8);
    const out = join(folder, 'out');
    await restorePhotoToFolder(path, out, copier, { video: 'never' });
    await restorePhotoToFolder(path, out, copier, { video: 'never', format: 'webp', quality: 80 });
    expect((await readdir(out)).filter((name) => name.startsWith('frame'))).toEqual(
      [0, 1, 2].map((index) => `frame-${index}.webp`),
    );
    await expect(restorePhotoToFolder(path, out, copier, { format: 'jpeg', bitDepth: 16 })).rejects.toThrow(
      'Expected a bit depth of 8 for jpeg but received 16; png has 16',
    );
  });

  test.each([
    undefined,
    null,
    'text',
    new Error('the client is gone'),
    Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
  ])('an abort while it writes leaves nothing and throws its reason: %p', async (reason) => {
    const { path } = await writePhoto('photo.png', 8);
    const controller = new AbortController();
    const aborting: FrameSource = {
      ...copier,
      restoreFrames(photo, options) {
        setImmediate(() => controller.abort(reason));
        return copier.restoreFrames(photo, options);
      },
    };
    const out = join(folder, 'out');
    const { signal } = controller;
    const failure: unknown = await restorePhotoToFolder(path, out, aborting, { signal }).catch(
      (cause: unknown) => cause,
    );
    expect(signal.aborted).toBe(true);
    expect(failure).toBe(signal.reason);
    expect(await readdir(folder)).toEqual(['photo.png']);
  });

  test("an error of the caller's own code is thrown as it is, one of a file beside the results explained", async () => {
    const { path } = await writePhoto('photo.png', 8);
    const out = join(folder, 'out');
    const failure = (writeBeside: (folder: string) => Promise<void>): Promise<unknown> =>
      restorePhotoToFolder(path, out, copier, { video: 'never', writeBeside }).catch(
        (cause: unknown) => cause,
      );
    const mistake = Object.assign(new Error('the store says 503'), { code: 'E503' });
    expect(await failure(() => Promise.reject(mistake))).toBe(mistake);
    expect(await failure(async () => void (await readFile('/nowhere/template.json')))).toMatchObject({
      code: 'ENOENT',
      path: '/nowhere/template.json',
    });
    expect(await failure((staging) => writeFile(join(staging, 'more', 'a.txt'), ''))).toEqual(
      new UnblurError(
        `Could not write ${join(out, 'more', 'a.txt')}: its folder does not exist; make it first`,
      ),
    );
    expect(await readdir(folder)).toEqual(['photo.png']);
  });

  test.each([
    [{ video: false }, 'Expected auto or never for video but received false'],
    [{ ffmpegPath: '' }, 'Expected the path of a program for ffmpegPath but received an empty text'],
    [{ animation: 'apng' }, 'Expected an animation as webp or gif but received apng'],
    [{ metadata: 'no' }, 'Expected true or false for metadata but received a value of type string'],
    [{ writeBeside: 'notes.txt' }, 'Expected a function for writeBeside but received a value of type string'],
  ])('options that make no sense are refused before anything is read: %j', async (options, message) => {
    const restoring = restorePhotoToFolder('no-such.jpg', join(folder, 'none'), copier, options as never);
    await expect(restoring).rejects.toThrow(new UnblurError(message));
  });

  describe('folders that cannot be written: one line', () => {
    async function failure(out: string): Promise<string> {
      const { path } = await writePhoto('photo.png', 8);
      const error = (await restorePhotoToFolder(path, out, copier).catch(
        (cause: unknown) => cause,
      )) as UnblurError;
      expect(error).toBeInstanceOf(UnblurError);
      expect(error.message).not.toContain('\n');
      return error.message;
    }

    test('a file in the way', async () => {
      await writeFile(join(folder, 'taken'), '');
      expect(await failure(join(folder, 'taken', 'results'))).toMatch(
        /Could not write .*taken: there is a file of this name; choose another path/,
      );
      expect(await failure(join(folder, 'taken'))).toMatch(
        /Could not write .*taken: there is a file of this name; choose another path/,
      );
    });

    (existsSync('/sys') ? test : test.skip)(
      'no rights, in a folder where not even root has them',
      async () => {
        expect(await failure('/sys/unblur-results')).toMatch(
          /Could not write \/sys: (permission denied|this file system is read-only); choose another folder/,
        );
      },
    );

    const isRoot = process.getuid?.() === 0;
    (isRoot ? test.skip : test)('no rights, in a folder of ours', async () => {
      const closed = join(folder, 'closed');
      await mkdir(closed, { mode: 0o500 });
      expect(await failure(join(closed, 'results'))).toMatch(/Could not write .*closed: permission denied/);
    });
  });
});
