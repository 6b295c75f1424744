import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findPhotos, nameResults } from './photo-paths.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'unblur-photos-'));
  mkdirSync(join(folder, 'empty'));
  for (const name of ['b.JPG', 'a.png', 'notes.txt', '._a.png', '.hidden.jpg']) writeFileSync(join(folder, name), '');
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('findPhotos', () => {
  it('lists the photographs of a folder by name and leaves other files out', async () => {
    expect(await findPhotos([folder])).toEqual([join(folder, 'a.png'), join(folder, 'b.JPG')]);
  });

  it('expands a pattern', async () => {
    expect(await findPhotos([`${folder}/*.png`])).toEqual([join(folder, 'a.png')]);
  });

  it('takes a folder for one whatever its name looks like', async () => {
    for (const name of ['trip:rome', 'http:', 'file:', '[a]', '*', '-version']) {
      const place = join(folder, 'odd', name);
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, 'a.png'), '');
      expect(await findPhotos([`${place}/`])).toEqual([join(place, 'a.png')]);
    }
    expect(await findPhotos([`${folder}/odd/http:/*.png`])).toEqual([`${folder}/odd/http:/a.png`]);
  });

  it('names a photograph once, however often it is asked for', async () => {
    expect(await findPhotos([join(folder, 'a.png'), folder])).toEqual([join(folder, 'a.png'), join(folder, 'b.JPG')]);
  });

  it('keeps files that do not exist, so that each gets its own message', async () => {
    expect(await findPhotos([join(folder, 'gone.jpg')])).toEqual([join(folder, 'gone.jpg')]);
  });

  it('says which folder or pattern holds no photograph', async () => {
    await expect(findPhotos([join(folder, 'empty')])).rejects.toThrow(`${join(folder, 'empty')} holds no photograph`);
    await expect(findPhotos([`${folder}/*.webp`])).rejects.toThrow(`No photograph matches ${folder}/*.webp`);
  });
});

describe('nameResults', () => {
  it('drops folder and extension, and numbers names that would collide', () => {
    expect(nameResults(['in/a.jpg', 'a.png', 'b.c.jpg', 'other/a.jpg'])).toEqual(['a', 'a-2', 'b.c', 'a-3']);
  });

  it('never leads out of the folder of results', () => {
    expect(nameResults(['..jpg', '...jpg', 'in/..png', '....jpg'])).toEqual(['photo', 'photo-2', 'photo-3', 'photo-4']);
  });

  it('never gives two photographs one name', () => {
    const names = nameResults(['a-2.jpg', 'a.jpg', 'a.png']);
    expect(new Set(names).size).toBe(3);
  });
});
