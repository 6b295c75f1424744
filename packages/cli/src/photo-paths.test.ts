import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeSkipped, findPhotos, nameResults } from './photo-paths.js';

let folder: string;
let out: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'unblur-photos-'));
  out = join(folder, 'restored');
  for (const name of ['empty', 'trip', 'trip/day', 'restored', 'restored/a', 'old']) {
    mkdirSync(join(folder, name));
  }
  for (const name of [
    'b.JPG',
    'a.png',
    'e.MOV',
    'notes.txt',
    '._a.png',
    '.hidden.jpg',
    'trip/day/c.heic',
    'trip/d.NEF',
    'restored/a/frame-0.png',
  ]) {
    writeFileSync(join(folder, name), '');
  }
  for (const name of ['frame-0.png', 'contact-sheet.png', 'motion.png']) {
    writeFileSync(join(folder, 'old', name), '');
  }
  symlinkSync('old', join(folder, 'linked'));
});

afterAll(() => rmSync(folder, { recursive: true }));

const pathsOf = async (...places: string[]) => (await findPhotos(places, out)).photos.map(({ path }) => path);

describe('findPhotos', () => {
  test('takes - for standard input, and what is no plain file for a stream, with results named photo', async () => {
    const { photos } = await findPhotos(['-', '/dev/null'], out);
    expect(photos).toEqual([
      { path: '-', folder: '', isStream: true },
      { path: '/dev/null', folder: '', isStream: true },
    ]);
    expect(nameResults(photos)).toEqual(['photo', 'photo-2']);
  });

  test('lists the photographs of a folder and of those below it, and says what it leaves out, results among them', async () => {
    const { photos, skipped } = await findPhotos([folder], out);
    expect(photos).toEqual([
      { path: join(folder, 'a.png'), folder: '' },
      { path: join(folder, 'b.JPG'), folder: '' },
      { path: join(folder, 'trip/d.NEF'), folder: 'trip' },
      { path: join(folder, 'trip/day/c.heic'), folder: join('trip', 'day') },
    ]);
    expect(skipped.map(({ path, reason }) => `${path.slice(folder.length + 1)}: ${reason}`).sort()).toEqual([
      '._a.png: hidden',
      '.hidden.jpg: hidden',
      'e.MOV: video: use unblur video',
      'linked: link to a folder',
      'notes.txt: not named like a photograph',
      'old: results of unblur',
      'restored: results of unblur',
    ]);
    expect(
      describeSkipped(skipped.filter(({ path }) => !['old', 'restored', 'linked'].includes(basename(path)))),
    ).toBe(
      `Skipped: ${join(folder, '._a.png')}, ${join(folder, '.hidden.jpg')} (hidden); ${join(folder, 'e.MOV')} (video: use unblur video); ${join(folder, 'notes.txt')} (not named like a photograph).`,
    );
    expect(
      describeSkipped(
        Array.from({ length: 8 }, (_, i) => ({ path: `${i}.txt`, reason: 'not named like a photograph' })),
      ),
    ).toContain('4.txt and 3 more (not named');
    expect(describeSkipped([])).toBeUndefined();
  });

  test('leaves out a folder that cannot be read, not all that lies beside it', async () => {
    // Made step by step, a path may be longer than any that can be opened.
    const workingFolder = process.cwd();
    const root = mkdtempSync(join(tmpdir(), 'unblur-deep-'));
    try {
      process.chdir(root);
      writeFileSync('a.jpg', '');
      for (let depth = 0; depth < 20; depth++) {
        mkdirSync('d'.repeat(250));
        process.chdir('d'.repeat(250));
      }
      const { photos, skipped } = await findPhotos([root], out);
      expect(photos.map(({ path }) => path)).toEqual([join(root, 'a.jpg')]);
      expect(skipped.map(({ reason }) => reason)).toEqual(['cannot be read']);
    } finally {
      process.chdir(workingFolder);
      spawnSync('rm', ['-rf', root]);
    }
  });

  test('expands a pattern', async () => {
    expect(await pathsOf(`${folder}/*.png`)).toEqual([join(folder, 'a.png')]);
    const { photos, skipped } = await findPhotos([`${folder}/**/*.{heic,txt}`], out);
    expect(photos).toEqual([{ path: join(folder, 'trip/day/c.heic'), folder: join('trip', 'day') }]);
    expect(skipped).toEqual([{ path: join(folder, 'notes.txt'), reason: 'not named like a photograph' }]);
  });

  test('expands a pattern in a folder whose own name could be one', async () => {
    mkdirSync(join(folder, 'copy (2)', 'day [1]'), { recursive: true });
    writeFileSync(join(folder, 'copy (2)', 'day [1]', 'd.png'), '');
    const { photos } = await findPhotos([`${folder}/copy (2)/day [1]/*.png`], out);
    rmSync(join(folder, 'copy (2)'), { recursive: true });
    expect(photos).toEqual([{ path: join(folder, 'copy (2)', 'day [1]', 'd.png'), folder: '' }]);
  });

  test('leaves out results and linked folders that a pattern leads to, but not those that it names', async () => {
    mkdirSync(join(folder, 'links'));
    symlinkSync(join('..', 'a.png'), join(folder, 'links', 'a.png'));
    symlinkSync(join('..', 'trip'), join(folder, 'links', 'trip'));
    const whole = await findPhotos([`${folder}/**/*.{png,NEF}`], out);
    const named = await pathsOf(`${folder}/links/*/*.NEF`);
    rmSync(join(folder, 'links'), { recursive: true });
    expect(whole.photos.map(({ path }) => path.slice(folder.length + 1))).toEqual([
      'a.png',
      join('links', 'a.png'),
      join('trip', 'd.NEF'),
    ]);
    expect(whole.skipped.map(({ path, reason }) => `${path.slice(folder.length + 1)}: ${reason}`)).toEqual([
      'linked: results of unblur',
      `${join('links', 'trip')}: link to a folder`,
      'old: results of unblur',
      'restored: results of unblur',
    ]);
    expect(named).toEqual([join(folder, 'links', 'trip', 'd.NEF')]);
    expect(await pathsOf(`${folder}/old/frame-*.png`)).toEqual([join(folder, 'old', 'frame-0.png')]);
    expect(await pathsOf(`${folder}/linked/frame-*.png`)).toEqual([join(folder, 'linked', 'frame-0.png')]);
  });

  test('expands a pattern as Windows writes and means it', async () => {
    const { photos } = await findPhotos([`${folder}\\*.jpg`], out, 'win32');
    expect(photos).toEqual([{ path: join(folder, 'b.JPG'), folder: '' }]);
  });

  test('names a photograph once, however often it is asked for', async () => {
    expect(
      await pathsOf(join(folder, 'b.JPG'), `${folder}/*.JPG`, join(folder, 'trip', '..', 'b.JPG')),
    ).toEqual([join(folder, 'b.JPG')]);
  });

  test('keeps files that do not exist or have another name, so that each gets its own message', async () => {
    expect(await pathsOf(join(folder, 'gone.jpg'), join(folder, 'notes.txt'))).toEqual([
      join(folder, 'gone.jpg'),
      join(folder, 'notes.txt'),
    ]);
  });

  test('says which folder or pattern holds no photograph', async () => {
    await expect(pathsOf(join(folder, 'empty'))).rejects.toThrow(
      `${join(folder, 'empty')} holds no photograph`,
    );
    await expect(pathsOf(`${folder}/*.webp`)).rejects.toThrow(
      new Error(`No photograph matches ${folder}/*.webp.`),
    );
    await expect(pathsOf(`${folder}/*.MOV`)).rejects.toThrow(
      new Error(
        `No photograph matches ${folder}/*.MOV. Skipped: ${join(folder, 'e.MOV')} (video: use unblur video).`,
      ),
    );
  });
});

describe('nameResults', () => {
  const named = (...paths: string[]) => nameResults(paths.map((path) => ({ path, folder: '' })));

  test('drops folder and extension, and numbers names that would collide', () => {
    expect(named('in/a.jpg', 'a.png', 'b.c.jpg', 'other/A.jpg')).toEqual(['a', 'a-2', 'b.c', 'A-3']);
  });

  test('numbers names that macOS takes for one: accents of their own, and as part of their letters', () => {
    expect(named('caf\u00e9.jpg', 'other/cafe\u0301.jpg')).toEqual(['caf\u00e9', 'cafe\u0301-2']);
  });

  test('ends no name in dots or spaces, whose folders Windows does not open', () => {
    expect(named('copy .jpg', 'copy..jpg', 'a. . .png')).toEqual(['copy', 'copy-2', 'a']);
  });

  test('never gives two photographs one name', () => {
    const names = named('a-2.jpg', 'a.jpg', 'a.png');
    expect(new Set(names).size).toBe(3);
  });

  test('keeps the folders below the one that was named', () => {
    expect(
      nameResults([
        { path: 'p/x/a.jpg', folder: 'x' },
        { path: 'p/y/a.jpg', folder: 'y' },
      ]),
    ).toEqual([join('x', 'a'), join('y', 'a')]);
  });

  test.each(['..jpg', '...jpg', '....jpg', '.jpg', '..'])(
    'never leads out of the folder of results: %s',
    (path) => {
      const [name] = nameResults([{ path, folder: '../..' }]);
      expect(name).toMatch(/^[a-z]+$/);
    },
  );
});
