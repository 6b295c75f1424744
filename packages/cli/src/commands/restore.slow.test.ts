import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { readSafetensors, writeSafetensors } from '@unblur/core-model';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import {
  bin,
  expectOneLine,
  openWorkplace,
  untrainedWeights,
  type Run,
  withoutProgress,
} from '../unblur-command.test-tool.js';

const isRoot = process.getuid?.() === 0;
const nobody = 65534;

const { folder, write, unblur } = openWorkplace();
const weightBytes = untrainedWeights();
const weights = write('tiny.safetensors', weightBytes);
const photo = join(folder, 'photo.jpg');

beforeAll(async () => {
  await sharp({
    create: {
      width: 70,
      height: 50,
      channels: 3,
      background: '#d08040',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  })
    .jpeg()
    .toFile(photo);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function restore(path: string, out: string): Run {
  return unblur(['restore', path, '--weights', weights, '--out', out, '--frames', '3']);
}

/** That the first of the results, as programs get them, has so many frames. */
function expectFrames(stdout: string, frames: number): void {
  const [result] = (JSON.parse(stdout) as { restored: { frames: number; scale: string; files: string[] }[] })
    .restored;
  expect(result).toMatchObject({ frames, scale: '1' });
  expect(result!.files.filter((file) => /frame-\d+\.png$/.test(file))).toHaveLength(frames);
}

function filesBelow(path: string): string[] {
  return existsSync(path) ? readdirSync(path, { recursive: true }).map(String) : [];
}

describe('unblur restore', () => {
  test('writes frames, animation, contact sheet and motion, and says where', () => {
    const out = join(folder, 'good');
    const { code, stdout, stderr } = restore(photo, out);
    expect(withoutProgress(stderr)).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain(`-> ${join(out, 'photo')}: 3 frames`);
    const files = readdirSync(join(out, 'photo'));
    expect(files).toEqual(
      expect.arrayContaining([
        'animation.webp',
        'contact-sheet.png',
        'frame-0.png',
        'frame-1.png',
        'frame-2.png',
        'motion.png',
      ]),
    );
  });

  test('writes frames of the format that is asked for; what a format does not have is refused in one line', () => {
    const avif = ['restore', photo, '--weights', weights, '--out', 'avif', '--format', 'avif'];
    expect(unblur([...avif, '--quality', '50']).code).toBe(0);
    expect(readdirSync(join(folder, 'avif', 'photo')).filter((name) => name.startsWith('frame'))).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((index) => `frame-${index}.avif`),
    );
    const { code, stderr } = unblur([...avif, '--bit-depth', '16']);
    expect([code, stderr.trim()]).toEqual([
      1,
      'unblur: Expected a bit depth of 8 for avif but received 16; png has 16',
    ]);
  });

  test.each([
    ['- of standard input', 'cat photo.jpg | "$@" -', '-'],
    ['/dev/stdin', 'cat photo.jpg | "$@" /dev/stdin', '/dev/stdin'],
    ['a pipe with a name', 'mkfifo pipe; (cat photo.jpg > pipe) & "$@" pipe', 'pipe'],
  ])('reads a photograph that can be read once only: %s', (_, script, name) => {
    const out = join(folder, `piped-${name.length}`);
    const command = [process.execPath, bin, 'restore', '--weights', weights, '--frames', '3', '--out', out];
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script, 'sh', ...command], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect({ status, stderr: withoutProgress(stderr) }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`${name} (70x50) -> ${join(out, 'photo')}: 3 frames`);
    expect(readFileSync(join(out, 'photo', 'frame-1.png'))).toEqual(
      readFileSync(join(folder, 'good', 'photo', 'frame-1.png')),
    );
  });

  test('restores as many frames as are asked for, even numbers too', () => {
    const { stdout } = unblur([
      ...['restore', photo, '--weights', weights, '--out', 'of-4', '--json', '--frames', '4'],
    ]);
    expectFrames(stdout, 4);
  });

  test('restores the sharp photograph alone, as it is among others', () => {
    const command = ['restore', photo, '--weights', weights, '--out', 'alone', '--frames', '1'];
    expect(unblur(command).stdout).toMatch(/ -> alone\/photo: 1 frame, /);
    expect(readdirSync(join(folder, 'alone', 'photo')).sort()).toEqual([
      'contact-sheet.png',
      'frame-0.png',
      'motion.png',
      'restoration.json',
    ]);
    const among = (name: string) => readFileSync(join(folder, 'good', 'photo', name));
    expect(readFileSync(join(folder, 'alone', 'photo', 'frame-0.png'))).toEqual(among('frame-1.png'));
    expect(readFileSync(join(folder, 'alone', 'photo', 'motion.png'))).toEqual(among('motion.png'));
    expect(unblur(command).stdout).toMatch(/^1 was already restored/);
  });

  test('works at the scale that it is told, says so, and gives frames of the full size', async () => {
    const { stdout } = unblur(['restore', photo, '--weights', weights, '--out', 'half', '--scale', '1/2']);
    expect(stdout).toMatch(/7 frames, restored at 1\/2 of its size, \d/);
    expect(await sharp(join(folder, 'half', 'photo', 'frame-6.png')).metadata()).toMatchObject({
      width: 70,
      height: 50,
    });
  });

  test.each([
    ['--frames', '0', 'Expected a whole number from 1 to 1001'],
    ['--scale', '1/3', 'Allowed choices are auto, 1, 1/2, 1/4, 1/8'],
    ['--memory', '0', 'Expected a number from 0.2 to 1024'],
  ])('refuses %s %s', (option, value, message) => {
    expectOneLine(unblur(['restore', photo, option, value]), new RegExp(message), 2);
  });

  test('refuses a photograph of more megapixels than it is told, and says what would take it', async () => {
    const large = join(folder, 'large.png');
    const background = '#4080c0';
    await sharp({ create: { width: 1500, height: 800, channels: 3, background } })
      .png()
      .toFile(large);
    const limited = (megapixels: string) =>
      unblur([
        ...['restore', large, '--weights', weights, '--out', join(folder, 'large'), '--frames', '2'],
        ...['--scale', '1/8', '--max-megapixels', megapixels],
      ]);
    expectOneLine(
      limited('1'),
      /large\.png is 1500x800 \(1\.2 megapixels\), more than the limit of 1 megapixel; scale it down first, or allow it with --max-megapixels 2, for about 2 GB of memory$/m,
    );
    expect(limited('2').code).toBe(0);
  });

  test('gives frames of the size of the photograph', async () => {
    const { width, height } = await sharp(join(folder, 'good', 'photo', 'frame-1.png')).metadata();
    expect([width, height]).toEqual([70, 50]);
  });

  test('gives programs JSON of seven frames, goes on after a bad photograph, and ends with code 1', () => {
    const out = join(folder, 'mixed');
    const bad = write('bad.jpg', 'no photograph');
    const { code, stdout, stderr } = unblur([
      'restore',
      bad,
      photo,
      '--weights',
      weights,
      '--out',
      out,
      '--json',
    ]);
    const { restored, failed } = JSON.parse(stdout) as {
      restored: { photo: string; files: string[] }[];
      failed: { photo: string; error: string }[];
    };
    expect(failed.map((entry) => entry.photo)).toEqual([bad]);
    expect(restored.map((entry) => entry.photo)).toEqual([photo]);
    expect(restored[0]!.files.filter((file) => !existsSync(file))).toEqual([]);
    expectFrames(stdout, 7);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });
});

describe('results of several photographs', () => {
  test('never take the place of those of another photograph', async () => {
    // Where the first test has put those of the photograph.
    const out = join(folder, 'good');
    mkdirSync(join(folder, 'other'));
    const other = join(folder, 'other', 'photo.jpg');
    await sharp({ create: { width: 40, height: 30, channels: 3, background: 'teal' } })
      .jpeg()
      .toFile(other);
    const first = readFileSync(join(out, 'photo', 'frame-0.png'));
    const { code, stdout, stderr } = restore(other, out);
    expect(code).toBe(0);
    expect(stdout).toContain(`-> ${join(out, 'photo-2')}: 3 frames`);
    expect(stderr).toBe(
      `unblur: ${join(out, 'photo')} holds results of another photograph; those of ${other} go to ${join(out, 'photo-2')}.\n`,
    );
    expect(readdirSync(out).sort()).toEqual(['photo', 'photo-2']);
    expect(readFileSync(join(out, 'photo', 'frame-0.png')).equals(first)).toBe(true);
  });

  test('lie as the photographs do; one line at the end says what was left out', () => {
    const album = join(folder, 'album');
    mkdirSync(join(album, 'day', 'night'), { recursive: true });
    for (const path of ['day/one.jpg', 'day/night/one.jpg', '...jpg']) {
      write(join('album', path), readFileSync(photo));
    }
    write(join('album', 'notes.txt'), 'mine');
    const out = join(album, 'out');
    const { code, stderr } = restore(album, out);
    expect(code).toBe(0);
    expect(stderr).toBe(
      `unblur: Skipped: ${join(album, '...jpg')} (hidden); ${join(album, 'notes.txt')} (not named like a photograph).\n`,
    );
    expect(readdirSync(out)).toEqual(['day']);
    expect(
      filesBelow(out)
        .filter((path) => path.endsWith('frame-0.png'))
        .sort(),
    ).toEqual([join('day', 'night', 'one', 'frame-0.png'), join('day', 'one', 'frame-0.png')]);
  });
});

describe('a photograph that cannot be restored', () => {
  test.each([
    [
      'a truncated JPEG',
      async () => write('truncated.jpg', readFileSync(photo).subarray(0, 600)),
      /truncated\.jpg/,
    ],
    ['text named .png', async () => write('text.png', 'This is no picture.\n'), /text\.png/],
    ['a photograph of one pixel', async () => writeOnePixel(), /pixel\.png.*1x1/],
    [
      'a header that claims 30,000x30,000 pixels',
      async () => write('huge.png', hugePngHeader()),
      /huge\.png.*30000/,
    ],
    ['a file that is not there', async () => join(folder, 'gone.jpg'), /gone\.jpg: there is no such file/],
  ])('%s: one line, exit code 1, no results', async (_, makePhoto, message) => {
    const out = mkdtempSync(join(folder, 'bad-'));
    expectOneLine(restore(await makePhoto(), out), message);
    expect(filesBelow(out)).toEqual([]);
  });

  async function writeOnePixel(): Promise<string> {
    const path = join(folder, 'pixel.png');
    await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
      .png()
      .toFile(path);
    return path;
  }

  /** A PNG whose header is right and says 30,000x30,000 pixels, with hardly any pixels in it. */
  function hugePngHeader(): Uint8Array {
    const size = Buffer.alloc(8);
    size.writeUInt32BE(30_000, 0);
    size.writeUInt32BE(30_000, 4);
    const header = Buffer.concat([size, Buffer.from([8, 2, 0, 0, 0])]);
    return Buffer.concat([
      Buffer.from('89504e470d0a1a0a', 'hex'),
      pngChunk('IHDR', header),
      pngChunk('IDAT', deflateSync(Buffer.alloc(64))),
      pngChunk('IEND', Buffer.alloc(0)),
    ]);
  }

  function pngChunk(type: string, content: Buffer): Buffer {
    const typed = Buffer.concat([Buffer.from(type), content]);
    const framed = Buffer.alloc(typed.length + 8);
    framed.writeUInt32BE(content.length, 0);
    typed.copy(framed, 4);
    framed.writeUInt32BE(crc32(typed), typed.length + 4);
    return framed;
  }
});

describe('weights that cannot be used', () => {
  function restoreWith(name: string, bytes: Uint8Array | string): Run {
    return unblur(['restore', photo, '--weights', write(name, bytes), '--out', join(folder, 'never')]);
  }

  test('of another config: names and shapes that differ', () => {
    const { tensors, metadata } = readSafetensors(weightBytes);
    const [name, tensor] = Object.entries(tensors)[0]!;
    const other = writeSafetensors({
      tensors: { ...tensors, [name]: { ...tensor, shape: [tensor.values.length] } },
      metadata,
    });
    const run = restoreWith('other.safetensors', other);
    expectOneLine(
      run,
      new RegExp(
        `'${name.replaceAll('.', '\\.')}' is \\[${tensor.values.length}\\], not \\[${tensor.shape.join(',')}\\]`,
      ),
    );
  });

  test('with a value that is not a number', () => {
    const damaged = readSafetensors(weightBytes);
    const [name, tensor] = Object.entries(damaged.tensors)[0]!;
    (tensor.values as Float32Array)[0] = NaN;
    expectOneLine(
      restoreWith('nan.safetensors', writeSafetensors(damaged)),
      new RegExp(`'${name.replaceAll('.', '\\.')}' holds NaN`),
    );
  });

  test('that are no weights at all', () => {
    expectOneLine(
      restoreWith('text.safetensors', 'no weights'),
      /^unblur: The weights in .*text\.safetensors cannot be used\. Expected the bytes of a \.safetensors file/,
    );
  });

  test('that do not exist', () => {
    expectOneLine(
      unblur(['restore', photo, '--weights', 'gone.safetensors']),
      /gone\.safetensors is neither/,
    );
    expectOneLine(
      unblur(['restore', photo, '--weights', 'video-small']),
      /video-small is neither; these weights are for unblur video/,
    );
  });
});

describe('a place that cannot be written to', () => {
  (process.getuid ? test : test.skip)('a folder without rights', () => {
    const locked = join(folder, 'locked');
    mkdirSync(locked, { mode: 0o555 });
    const run = unblur(
      ['restore', photo, '--weights', weights, '--out', join(locked, 'out')],
      isRoot ? { uid: nobody, gid: nobody } : undefined,
    );
    expectOneLine(run, /Could not write .*locked.*: permission denied/);
    expect(filesBelow(locked)).toEqual([]);
  });

  test('a full disk', () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const mounted =
      isRoot && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', disk]).status === 0;
    if (!mounted) {
      console.log('skipped: a full disk (mounting a small one needs root)');
      return;
    }
    try {
      expectOneLine(restore(photo, join(disk, 'out')), /the disk is full/);
      expect(filesBelow(disk).filter((path) => path.includes('.'))).toEqual([]);
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});

describe('Ctrl-C in the middle', () => {
  test('ends with code 130 and leaves whole results or none; run again it goes on', async () => {
    const photos = Array.from({ length: 30 }, (_, index) => write(`many-${index}.jpg`, readFileSync(photo)));
    const out = join(folder, 'interrupted');
    const child = spawn(process.execPath, [bin, 'restore', ...photos, '--weights', weights, '--out', out], {
      cwd: folder,
    });
    child.stdout.once('data', () => child.kill('SIGINT'));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(130);
    const results = readdirSync(out);
    expect(results.filter((name) => name.startsWith('.'))).toEqual([]);
    expect(results.length).toBeLessThan(photos.length);
    const complete = readdirSync(join(out, 'many-0')).length;
    for (const name of results) expect(readdirSync(join(out, name))).toHaveLength(complete);
    // Once more, with one that is missing and one that cannot be restored.
    const done = results.length;
    write(`many-${done + 1}.jpg`, 'no photograph');
    const options = ['--weights', weights, '--out', out];
    const again = unblur(['restore', ...photos.slice(0, done + 2), ...options]);
    expect(again.code).toBe(1);
    expect(again.stdout.split('\n').filter((line) => line.includes(' -> '))).toEqual([
      expect.stringContaining(`many-${done}.jpg (70x50)`),
    ]);
    expect(again.stdout).toContain(
      `\n${done} ${done === 1 ? 'was' : 'were'} already restored (${join(out, 'many-0')}`,
    );
    const [first, second] = photos as [string, string];
    const json = unblur(['restore', first, second, ...options, '--json']).stdout;
    expect(JSON.parse(json)).toMatchObject({
      restored: [],
      alreadyRestored: [
        { photo: first, folder: join(out, 'many-0') },
        { photo: second, folder: join(out, 'many-1') },
      ],
    });
    const anew = unblur(['restore', first, ...options, '--overwrite']);
    expect(anew.stdout).toContain(`${first} (70x50) -> `);
  });
});
