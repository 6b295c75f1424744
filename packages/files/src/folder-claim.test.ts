import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { claimFolder, doClaimed } from './folder-claim.js';
import { newOwnedName } from './temporary-folder.js';

const root = mkdtempSync(join(tmpdir(), 'unblur-folder-claim-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const claim = (record: unknown) => ({
  fileName: 'made.json',
  record,
  otherwise: (differences: string) => `made.json has ${differences}; choose another folder`,
});

test('the same work goes on in a folder, other work does not', async () => {
  const folder = mkdtempSync(join(root, 'a-'));
  await claimFolder(folder, claim({ seed: 1, from: ['x'] }));
  await claimFolder(folder, claim({ seed: 1, from: ['x'] }));
  await expect(claimFolder(folder, claim({ seed: 2, from: ['x'] }))).rejects.toThrow('choose another folder');
  await claimFolder(folder, claim({ seed: 1, from: ['x'] }));
  expect(readdirSync(folder)).toEqual(['made.json']);
});

test('a damaged record is other work, one that is written with other spaces is not', async () => {
  writeFileSync(join(root, 'made.json'), '{"seed":   1}');
  await claimFolder(root, claim({ seed: 1 }));
  writeFileSync(join(root, 'made.json'), '{"seed":');
  await expect(claimFolder(root, claim({ seed: 1 }))).rejects.toThrow('choose another folder');
});

test.each([
  [{ seed: 2, options: { size: 32 } }, 'seed 1 instead of 2'],
  [
    { seed: 1, options: { size: 16, frames: 7 } },
    'options.size 32 instead of 16 and options.frames nothing instead of 7',
  ],
  [{ seed: 1, options: { size: 32 }, from: ['a'.repeat(50)] }, 'other from'],
  [{ options: { size: 32 }, seed: 1 }, 'the record in another order'],
  [{}, 'seed 1 instead of nothing and options {"size":32} instead of nothing'],
  [
    { a: 1, b: 2 },
    'seed 1 instead of nothing, options {"size":32} instead of nothing, a nothing instead of 1 and 1 more difference',
  ],
  [
    { a: 1, b: 2, c: 3 },
    'seed 1 instead of nothing, options {"size":32} instead of nothing, a nothing instead of 1 and 2 more differences',
  ],
])('tells in what the folder differs from %j', async (record, differences) => {
  const folder = mkdtempSync(join(root, 'e-'));
  await claimFolder(folder, claim({ seed: 1, options: { size: 32 } }));
  await expect(claimFolder(folder, claim(record))).rejects.toThrow(`made.json has ${differences}; choose`);
});

describe('a folder that is claimed for work which fails', () => {
  const failure = new Error('no panorama');
  const contents = async (
    folder: string,
    work: () => void,
    record: unknown = { seed: 1 },
  ): Promise<string[]> => {
    const failing = doClaimed(folder, claim(record), async () => {
      work();
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
    return readdirSync(folder).sort();
  };

  test('is free again where nothing came of it', async () => {
    const folder = mkdtempSync(join(root, 'b-'));
    writeFileSync(join(folder, 'preview.png'), '');
    expect(await contents(folder, () => {})).toEqual(['preview.png']);
    await doClaimed(folder, claim({ seed: 2 }), async () => {});
    expect(readdirSync(folder)).toEqual(['made.json', 'preview.png']);
  });

  test('stays claimed where something did, now or before', async () => {
    const folder = mkdtempSync(join(root, 'c-'));
    expect(await contents(folder, () => writeFileSync(join(folder, 'sample'), ''))).toHaveLength(2);
    expect(await contents(folder, () => {})).toEqual(['made.json', 'sample']);
  });

  test('stays claimed where others are at work', async () => {
    const folder = mkdtempSync(join(root, 'd-'));
    for (const lock of ['one', 'other']) writeFileSync(join(folder, newOwnedName(lock)), '');
    expect(await contents(folder, () => {})).toContain('made.json');
  });
});
