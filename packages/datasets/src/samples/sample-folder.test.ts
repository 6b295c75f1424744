import { describe, expect, test } from '@jest/globals';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { makeTemporaryFolder } from '@unblur/files';
import type { RgbImage } from '@unblur/metrics';
import sharp from 'sharp';
import { newFolder } from '../pictures/picture-folder.test-tool.js';
import type { Sample } from '../sample.js';
import { writeFlow } from './flow-file.node.js';
import {
  findSampleFiles,
  listSampleFolders,
  readSampleFolder,
  writeSampleFolder,
} from './sample-folder.node.js';

/** A picture of bytes, so that 8-bit files hold it exactly. */
const picture = (start: number): RgbImage => ({
  width: 5,
  height: 4,
  data: Float32Array.from({ length: 60 }, (_, i) => ((start + i * 3) % 256) / 255),
});
const sample: Sample = {
  blurred: picture(0),
  frames: [picture(10), picture(20), picture(30)],
  rotationDegrees: 4.5,
};

describe('sample folders', () => {
  test('come back as they were written', async () => {
    const folder = join(newFolder(), 'sample');
    await writeSampleFolder(folder, sample);
    expect(readdirSync(folder).sort()).toEqual([
      'blur.png',
      'frame-0.png',
      'frame-1.png',
      'frame-2.png',
      'sample.json',
    ]);
    const { blurred, frames } = await readSampleFolder(folder);
    expect(blurred).toEqual(sample.blurred);
    expect(frames).toEqual(sample.frames);
  });

  describe('with optical flow', () => {
    const flowsPixels = [-1, 0, 1].map((time) =>
      Float32Array.from({ length: 40 }, (_, i) => time * (i / 3 - 2.5)),
    );
    const written = async () => {
      const folder = join(newFolder(), 'sample');
      await writeSampleFolder(folder, { ...sample, flowsPixels }, {}, { flow: true });
      return folder;
    };

    test('come back with it and the motion', async () => {
      const folder = await written();
      const bytes = readFileSync(join(folder, 'flow-2.flo'));
      expect(bytes.toString('latin1', 0, 4)).toBe('PIEH');
      expect([bytes.readInt32LE(4), bytes.readInt32LE(8), bytes.length]).toEqual([5, 4, 12 + 5 * 4 * 8]);
      expect(bytes.readFloatLE(12 + 8 * 6 + 4)).toBe(flowsPixels[2]![13]);
      const read = await readSampleFolder(folder);
      expect(read.flowsPixels).toEqual(flowsPixels);
      expect(read.motionPixels).toEqual(flowsPixels[2]);
      expect(read.frames).toEqual(sample.frames);
    });

    test('write it only where they are asked to, and know it', async () => {
      const folder = join(newFolder(), 'sample');
      await expect(writeSampleFolder(folder, sample, {}, { flow: true })).rejects.toThrow(
        'Expected a sample whose motion is known, to write its flow, but it is not.',
      );
      expect(existsSync(folder)).toBe(false);
      await writeSampleFolder(folder, { ...sample, flowsPixels });
      expect(readdirSync(folder).filter((name) => name.endsWith('.flo'))).toEqual([]);
      expect(await readSampleFolder(folder)).not.toHaveProperty('flowsPixels');
    });

    test('say which flow is missing, too many, of another size or damaged', async () => {
      const all = 'expected flow-0.flo to flow-2.flo, one for each frame, or none, but';
      let folder = await written();
      rmSync(join(folder, 'flow-1.flo'));
      expect(() => findSampleFiles(folder)).toThrow(`Sample ${folder}: ${all} flow-1.flo is missing`);
      folder = await written();
      renameSync(join(folder, 'flow-1.flo'), join(folder, 'flow-3.flo'));
      rmSync(join(folder, 'flow-0.flo'));
      expect(() => findSampleFiles(folder)).toThrow(`${all} flow-0.flo, flow-1.flo are missing`);
      folder = await written();
      writeFileSync(join(folder, 'flow-3.flo'), '');
      expect(() => findSampleFiles(folder)).toThrow(`${all} received flow-3.flo too; remove it`);

      const whole = readFileSync(join(folder, 'flow-1.flo'));
      const changed = (change: (bytes: Buffer) => unknown) => {
        const bytes = Buffer.from(whole);
        change(bytes);
        return bytes;
      };
      rmSync(join(folder, 'flow-3.flo'));
      for (const [bytes, message] of [
        [Buffer.from('PIE'), 'it is no such file'],
        [changed((b) => b.write('PIEG')), 'it is no such file'],
        [whole.subarray(0, -1), 'it is cut short: it has 171 bytes, and 5x4 takes 172'],
        [Buffer.concat([whole, whole]), 'it is damaged: it has 344 bytes, and 5x4 takes 172'],
        [changed((b) => b.writeInt32LE(-5, 4)), 'it is damaged: it claims to be -5x4'],
        [changed((b) => b.writeInt32LE(2 ** 31 - 1, 4)), 'it is cut short: it has 172 bytes'],
        [changed((b) => b.writeFloatLE(NaN, 12)), 'the motion of column 0, row 0 is not known'],
        [changed((b) => b.writeFloatLE(1e10, 12 + 8 * 7)), 'the motion of column 2, row 1 is not known'],
      ] as const) {
        writeFileSync(join(folder, 'flow-1.flo'), bytes);
        await expect(readSampleFolder(folder)).rejects.toThrow(
          `Expected an optical flow (.flo) at ${join(folder, 'flow-1.flo')} but ${message}`,
        );
      }
      await writeFlow(join(folder, 'flow-1.flo'), { width: 4, height: 5, data: new Float32Array(40) });
      await expect(readSampleFolder(folder)).rejects.toThrow(
        `Sample ${folder}: expected all flows at 5x4, the size of its blurred picture, but flow-1.flo is 4x5`,
      );
    });
  });

  test('are not given a flow of another size', async () => {
    const path = join(newFolder(), 'one.flo');
    for (const [flow, received] of [
      [{ width: 4, height: 5, data: new Float32Array(39) }, '39 values for 4x5'],
      [{ width: 0, height: 5, data: new Float32Array(0) }, '0 values for 0x5'],
      [
        { width: 4, height: 5, data: new Float64Array(40) as never },
        'an object of type Float64Array for 4x5',
      ],
    ] as const) {
      await expect(writeFlow(path, flow)).rejects.toThrow(
        new RangeError(
          `Expected a flow as { width, height, data }, data a Float32Array of width x height x 2 values, but received ${received}.`,
        ),
      );
      expect(existsSync(path)).toBe(false);
    }
  });

  test('may hold JPEG and WebP, grey or with alpha', async () => {
    const folder = newFolder();
    await sharp({ create: { width: 6, height: 6, channels: 3, background: '#808080' } })
      .jpeg()
      .toFile(join(folder, 'blur.jpg'));
    await sharp({ create: { width: 6, height: 6, channels: 4, background: '#ff0000' } })
      .webp({ lossless: true })
      .toFile(join(folder, 'frame-0.webp'));
    await sharp({ create: { width: 6, height: 6, channels: 3, background: '#404040' } })
      .toColourspace('b-w')
      .png()
      .toFile(join(folder, 'frame-1.png'));
    await sharp({ create: { width: 6, height: 6, channels: 3, background: '#404040' } })
      .png()
      .toFile(join(folder, 'frame-2.PNG'));
    const { blurred, frames } = await readSampleFolder(folder);
    expect(Math.abs(blurred.data[0]! * 255 - 128)).toBeLessThan(2);
    expect(Array.from(frames[0]!.data.slice(0, 3))).toEqual([1, 0, 0]);
    expect(frames[1]).toEqual(frames[2]);
  });

  test('of pictures that claim a size beyond all memory are refused before they are decoded', async () => {
    const folder = join(newFolder(), 'sample');
    await writeSampleFolder(folder, sample);
    const png = readFileSync(join(folder, 'frame-1.png'));
    // Width and height, and the checksum of the header that they are in.
    png.writeUInt32BE(12_000, 16);
    png.writeUInt32BE(12_000, 20);
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
    writeFileSync(join(folder, 'frame-1.png'), png);
    await expect(readSampleFolder(folder)).rejects.toThrow(
      /^Expected a picture of at most 50 megapixels but .*frame-1\.png has more; scale it down first\.$/,
    );
  });

  test('say which picture is missing, doubled, damaged or of another size', async () => {
    const written = async () => {
      const folder = join(newFolder(), 'sample');
      await writeSampleFolder(folder, sample);
      return folder;
    };
    let folder = await written();
    renameSync(join(folder, 'frame-1.png'), join(folder, 'frame-4.png'));
    await expect(readSampleFolder(folder)).rejects.toThrow(
      `Sample ${folder}: expected frame-0 to frame-4 without a gap, but frame-1, frame-3 are missing`,
    );
    renameSync(join(folder, 'frame-4.png'), join(folder, 'frame-20000000.png'));
    await expect(readSampleFolder(folder)).rejects.toThrow(
      'without a gap, but frame-1, frame-3, frame-4, frame-5, frame-6 and 19999993 more are missing',
    );
    folder = await written();
    renameSync(join(folder, 'frame-2.png'), join(folder, 'two.png'));
    await expect(readSampleFolder(folder)).rejects.toThrow(
      `Sample ${folder}: expected an odd number of frames, 3 or more, but received 2`,
    );
    for (const name of ['frame-0.png', 'frame-1.png']) rmSync(join(folder, name));
    await expect(readSampleFolder(folder)).rejects.toThrow(
      'expected frame-0.png, frame-1.png ... but received none',
    );
    rmSync(join(folder, 'blur.png'));
    await expect(readSampleFolder(folder)).rejects.toThrow(
      'expected blur.png, .jpg or .webp but received none',
    );
    folder = await written();
    writeFileSync(join(folder, 'blur.jpg'), '');
    await expect(readSampleFolder(folder)).rejects.toThrow(
      'expected one blur but received blur.jpg and blur.png; remove one',
    );
    folder = await written();
    writeFileSync(join(folder, 'frame-2.png'), 'no picture');
    await expect(readSampleFolder(folder)).rejects.toThrow(/could not decode .*frame-2\.png/);
    folder = await written();
    await sharp({ create: { width: 9, height: 4, channels: 3, background: '#000' } })
      .png()
      .toFile(join(folder, 'frame-0.png'));
    await expect(readSampleFolder(folder)).rejects.toThrow(
      `Sample ${folder}: expected all pictures at 5x4, the size of its blurred one, but frame-0.png is 9x4`,
    );
  });

  test('leave nothing behind when writing fails', async () => {
    const parent = newFolder();
    const torn: Sample = {
      ...sample,
      frames: [picture(0), { width: 50, height: 50, data: new Float32Array(3) }, picture(1)],
    };
    await expect(writeSampleFolder(join(parent, 'sample'), torn)).rejects.toThrow();
    expect(readdirSync(parent)).toEqual([]);
  });

  test('are listed by name, linked ones too, without the unfinished and without files', async () => {
    const set = newFolder();
    for (const name of ['b', 'a']) mkdirSync(join(set, name));
    makeTemporaryFolder(set);
    writeFileSync(join(set, 'set.json'), '{}');
    symlinkSync(newFolder(), join(set, 'c'));
    symlinkSync(join(set, 'set.json'), join(set, 'd'));
    expect(listSampleFolders(set)).toEqual([join(set, 'a'), join(set, 'b'), join(set, 'c')]);
    expect(() => listSampleFolders(newFolder())).toThrow('expected one sub-folder per sample with blur.png');
    await writeSampleFolder(join(set, 'b'), sample);
    expect(() => listSampleFolders(join(set, 'b'))).toThrow('it is itself a sample');
    const shards = newFolder();
    writeFileSync(join(shards, 'shard-00000.safetensors'), '');
    expect(() => listSampleFolders(shards)).toThrow(
      'its shards are for training, as a source of kind shards: to evaluate, make a set of folders',
    );
    expect(existsSync(join(set, 'nowhere'))).toBe(false);
    expect(() => listSampleFolders(join(set, 'nowhere'))).toThrow(
      /Expected a folder of samples at .*nowhere/,
    );
  });
});
