import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { assignResults, isRestored, writeRecord, type MadeWith } from './result-folders.js';

let folder: string;
let out: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unblur-jobs-'));
  out = join(folder, 'out');
  for (const name of ['x', 'y']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'a.jpg'), name);
  }
});

afterEach(() => rmSync(folder, { recursive: true }));

const photo = (...path: string[]) => ({ path: join(folder, ...path), folder: '' });

const madeWith = { weights: 'of mine', frames: 7 };

const assign = (photos: ReturnType<typeof photo>[], changes: MadeWith = {}, overwrite = false) =>
  assignResults(photos, out, {
    madeWith: { ...madeWith, ...changes },
    overwrite,
    signal: new AbortController().signal,
  });

async function leaveResults(
  photoPath: ReturnType<typeof photo>,
  changes: MadeWith = {},
  overwrite = false,
): Promise<string> {
  const [job] = await assign([photoPath], changes, overwrite);
  mkdirSync(job!.folder, { recursive: true });
  writeFileSync(join(job!.folder, 'frame-0.png'), '');
  await writeRecord(job!.folder, job!.record, { ...madeWith, ...changes });
  return job!.name;
}

test('a photograph takes the place of its own earlier results, and of no others', async () => {
  expect(await leaveResults(photo('x', 'a.jpg'))).toBe('a');
  expect(await leaveResults(photo('y', 'a.jpg'))).toBe('a-2');
  expect(await leaveResults(photo('x', 'a.jpg'))).toBe('a');
  const [again] = await assign([photo('y', 'a.jpg')]);
  expect(again).toMatchObject({ name: 'a-2', folder: join(out, 'a-2') });
  expect(again!.taken).toEqual({ folder: join(out, 'a'), by: 'another photograph' });
});

test('results made with other options are kept, unless they are to be overwritten', async () => {
  const own = photo('x', 'a.jpg');
  expect(await leaveResults(own)).toBe('a');
  expect((await assign([own], { frames: 3 }))[0]!.taken).toEqual({
    folder: join(out, 'a'),
    by: 'other options',
  });
  expect(await leaveResults(own, { frames: 3 })).toBe('a-2');
  expect([await leaveResults(own), await leaveResults(own, { frames: 3 })]).toEqual(['a', 'a-2']);
  // Those made the same way first, then the first of the same photograph.
  expect(await leaveResults(own, { frames: 3 }, true)).toBe('a-2');
  expect(await leaveResults(own, { frames: 5 }, true)).toBe('a');
  expect(await leaveResults(photo('y', 'a.jpg'), {}, true)).toBe('a-3');
});

test('results that say not or badly whose they are belong to another photograph; a folder with other files is free', async () => {
  mkdirSync(join(out, 'a'), { recursive: true });
  writeFileSync(join(out, 'a', 'notes.txt'), 'mine');
  expect((await assign([photo('x', 'a.jpg')]))[0]!.name).toBe('a');
  writeFileSync(join(out, 'a', 'frame-0.png'), '');
  expect((await assign([photo('x', 'a.jpg')]))[0]!.name).toBe('a-2');
  for (const record of ['{', 'null', '{"sha256": 1}']) {
    writeFileSync(join(out, 'a', 'restoration.json'), record);
    expect((await assign([photo('x', 'a.jpg')]))[0]!.name).toBe('a-2');
  }
});

test('two photographs of one name never share a folder, whatever is there already', async () => {
  await leaveResults(photo('y', 'a.jpg'));
  const names = (await assign([photo('x', 'a.jpg'), photo('y', 'a.jpg')])).map(({ name }) => name);
  expect(new Set(names).size).toBe(2);
  expect(names[0]).not.toBe('a');
});

test('a photograph that cannot be read keeps its name: why is told when it is opened', async () => {
  await leaveResults(photo('x', 'a.jpg'));
  expect((await assign([photo('gone', 'a.jpg')]))[0]).toMatchObject({
    name: 'a',
    record: { sha256: '' },
  });
});

test('a photograph is restored where all files are there, made of the same in the same way', async () => {
  await leaveResults(photo('x', 'a.jpg'));
  const jobOf = async () => (await assign([photo('x', 'a.jpg')]))[0]!;
  const job = await jobOf();
  expect(await isRestored(job, madeWith)).toBe(true);
  expect(await isRestored(job, { ...madeWith, frames: 9 })).toBe(false);
  expect(await isRestored({ ...job, record: { ...job.record, sha256: '' } }, madeWith)).toBe(false);
  writeFileSync(join(job.folder, 'frame-0.png'), 'of another size');
  expect(await isRestored(job, madeWith)).toBe(false);
  rmSync(join(job.folder, 'frame-0.png'));
  expect(await isRestored(job, madeWith)).toBe(false);
  // As an earlier version wrote it.
  writeFileSync(join(job.folder, 'restoration.json'), JSON.stringify(job.record));
  expect(await isRestored(job, madeWith)).toBe(false);
  writeFileSync(join(folder, 'x', 'a.jpg'), 'changed');
  expect(await isRestored(await jobOf(), madeWith)).toBe(false);
});
