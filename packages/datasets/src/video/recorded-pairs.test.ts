import { expect, test } from '@jest/globals';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { newFolder } from '../pictures/picture-folder.test-tool.js';
import { listPairedVideos, recordedBlurOf } from './recorded-pairs.node.js';
import { listVideos } from './video-folders.node.js';

/** A set with a picture at each path. */
async function makeSet(...pictures: string[]): Promise<string> {
  const root = newFolder();
  for (const picture of pictures) {
    mkdirSync(join(root, picture, '..'), { recursive: true });
    await sharp({ create: { width: 8, height: 6, channels: 3, background: 'teal' } }).toFile(
      join(root, picture),
    );
  }
  return root;
}

const layouts: [name: string, blurred: string, sharp: string, video: string][] = [
  ['CDVD-TSP', 'test/blur/street', 'test/gt/street', 'test/street'],
  ['GoPro', 'test/GOPR0384/blur', 'test/GOPR0384/sharp', 'test/GOPR0384'],
  ['DVD', 'quantitative_datasets/720p_240fps_2/input', 'quantitative_datasets/720p_240fps_2/GT', ''],
  ['REDS', 'val/val_blur/000', 'val/val_sharp/000', 'val/000'],
  ['one video', 'blur', 'gt', ''],
];

test.each(layouts)('the layout of %s is read as it comes', async (_, blurred, sharpFolder, video) => {
  const root = await makeSet(
    ...['00000.png', '00001.png'].flatMap((frame) => [`${blurred}/${frame}`, `${sharpFolder}/${frame}`]),
  );
  const [found, ...others] = listPairedVideos(root);
  expect(others).toEqual([]);
  const paths = (folder: string): string[] => [0, 1].map((index) => join(root, folder, `0000${index}.png`));
  expect(found!.blurred).toEqual(paths(blurred));
  expect(found!.sharp).toEqual(paths(sharpFolder));
  if (video !== '') expect(found!.name).toBe(video);
  // For training: sharp videos, and what was recorded of them.
  expect(listVideos(root)).toEqual([paths(sharpFolder)]);
  expect(recordedBlurOf(paths(sharpFolder))).toEqual({ blurred: paths(blurred) });
});

test('of several blurred sides the one that is asked for is read', async () => {
  const root = await makeSet(...['blur', 'blur_gamma', 'sharp'].map((side) => `GOPR0384/${side}/1.png`));
  const [usual, ...others] = listPairedVideos(root);
  expect(others).toEqual([]);
  expect(usual).toEqual({
    name: 'GOPR0384',
    blurred: [join(root, 'GOPR0384/blur/1.png')],
    sharp: [join(root, 'GOPR0384/sharp/1.png')],
  });
  expect(listPairedVideos(root, { blurredFolder: 'blur_gamma' })).toEqual([
    { ...usual, blurred: [join(root, 'GOPR0384/blur_gamma/1.png')] },
  ]);
  expect(listVideos(root)).toEqual([usual!.sharp]);
});

test('frames belong together by name, whatever their formats; folders may be links', async () => {
  const root = await makeSet('blur/street/00.png', 'gt/street/00.webp', 'gt/street/01.png');
  const linked = newFolder();
  for (const side of ['blur', 'gt']) {
    mkdirSync(join(linked, side));
    symlinkSync(join(root, side, 'street'), join(linked, side, 'street'));
  }
  for (const from of [root, linked]) {
    expect(listPairedVideos(from)).toEqual([
      {
        name: 'street',
        blurred: [join(from, 'blur', 'street', '00.png')],
        sharp: [join(from, 'gt', 'street', '00.webp')],
      },
    ]);
  }
  expect(recordedBlurOf([join(root, 'gt/street/00.webp')])).toEqual({
    blurred: [join(root, 'blur/street/00.png')],
  });
  expect(recordedBlurOf([join(root, 'gt/street/00.webp'), join(root, 'gt/street/01.png')])).toEqual({});
});

test('endings may be of any case', async () => {
  const root = await makeSet('blur/street/00.PNG', 'gt/street/00.png');
  expect(recordedBlurOf([join(root, 'gt/street/00.png')])).toEqual({
    blurred: [join(root, 'blur/street/00.PNG')],
  });
});

test('videos of one name keep that of their side', async () => {
  const root = await makeSet(
    ...['train', 'val'].flatMap((part) => [`${part}_blur/000/0.png`, `${part}_sharp/000/0.png`]),
    'val_blur/001/0.png',
    'val_sharp/001/0.png',
  );
  expect(listPairedVideos(root).map(({ name, sharp: [path] }) => [name, path])).toEqual([
    ['001', join(root, 'val_sharp/001/0.png')],
    ['train_blur/000', join(root, 'train_sharp/000/0.png')],
    ['val_blur/000', join(root, 'val_sharp/000/0.png')],
  ]);
});

test('a video may have the name of a side', async () => {
  const root = await makeSet(
    ...['input', 'sharp'].flatMap((name) => [`blur/${name}/0.png`, `gt/${name}/0.png`]),
  );
  expect(listPairedVideos(root).map(({ name, sharp: [path] }) => [name, path])).toEqual(
    ['input', 'sharp'].map((name) => [name, join(root, `gt/${name}/0.png`)]),
  );
  expect(recordedBlurOf([join(root, 'gt/sharp/0.png')])).toEqual({
    blurred: [join(root, 'blur/sharp/0.png')],
  });
});

test('what is missing is named', async () => {
  const root = await makeSet('GOPR0384/blur/0.png', 'GOPR0384/blur/1.png', 'GOPR0384/sharp/0.png');
  expect(() => listPairedVideos(root)).toThrow(/every blurred frame of GOPR0384 in .*blur.1\.png has no/);
  rmSync(join(root, 'GOPR0384', 'sharp'), { recursive: true });
  expect(() => listPairedVideos(root)).toThrow(
    /the sharp frames of .*GOPR0384.blur in .*GOPR0384.gt or .*GOPR0384.sharp but there is no such folder/,
  );
  expect(() => listPairedVideos(root, { blurredFolder: 'blur_gamma' })).toThrow(
    /blur_gamma\/<video> beside gt\/<video> or .* but received none/,
  );
  expect(() => listPairedVideos(join(root, 'elsewhere'))).toThrow(/folder of videos at .*elsewhere/);
});
