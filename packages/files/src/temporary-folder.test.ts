import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ownProcess } from './process-identity.js';
import { clearAbandoned, makeTemporaryFolder, newOwnedName } from './temporary-folder.js';

let parent: string;
beforeEach(() => void (parent = mkdtempSync(join(tmpdir(), 'files-'))));
afterEach(() => rmSync(parent, { recursive: true }));

/** A process number that Linux and macOS never give. */
const neverGiven = 2 ** 31 - 1;
const nameOf = (machine: string, pid: number) =>
  newOwnedName().replace(`${ownProcess.machine}-${ownProcess.pid}`, `${machine}-${pid}`);
const ofTheDead = () => nameOf(ownProcess.machine, neverGiven);

test('is new, hidden and for its user alone', () => {
  const folder = makeTemporaryFolder(parent);
  expect(readdirSync(parent)).toHaveLength(1);
  expect(readdirSync(parent)[0]).toMatch(/^\.unblur-/);
  if (process.platform !== 'win32') expect(lstatSync(folder).mode & 0o777).toBe(0o700);
  expect(makeTemporaryFolder(parent)).not.toBe(folder);
});

test('what dead processes have left goes; what is of the living, or merely looks alike, stays', () => {
  const ours = makeTemporaryFolder(parent);
  const dead = join(parent, ofTheDead());
  mkdirSync(join(dead, 'photo'), { recursive: true });
  writeFileSync(join(dead, 'photo', 'frame-0.png'), 'half');
  writeFileSync(join(parent, `${ofTheDead()}.training.lock`), '{}');
  for (const name of ['.unblur-mine', '.unblur-video.json', `${ofTheDead()}.txt`, `copy${ofTheDead()}`]) {
    writeFileSync(join(parent, name), 'mine');
  }
  clearAbandoned(parent);
  expect(readdirSync(parent).filter((name) => !name.startsWith('.unblur-'))).toHaveLength(1);
  expect(readdirSync(parent)).toHaveLength(5);
  expect(readdirSync(parent)).toContain(ours.slice(parent.length + 1));
});

test('of another machine only what has long been silent goes', () => {
  const [fresh, old] = [nameOf('00000000', 1), nameOf('00000000', 1)];
  for (const name of [fresh, old]) mkdirSync(join(parent, name));
  const yesterday = Date.now() / 1000 - 25 * 3600;
  utimesSync(join(parent, old), yesterday, yesterday);
  clearAbandoned(parent);
  expect(readdirSync(parent)).toEqual([fresh]);
});

test('of another machine a folder stays while a file in it is written', () => {
  const name = nameOf('00000000', 1);
  mkdirSync(join(parent, name));
  writeFileSync(join(parent, name, 'clip.mp4'), 'half');
  const yesterday = Date.now() / 1000 - 25 * 3600;
  utimesSync(join(parent, name), yesterday, yesterday);
  clearAbandoned(parent);
  expect(readdirSync(parent)).toEqual([name]);
});

test('a symbolic link of such a name goes, not what it leads to', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'files-'));
  writeFileSync(join(elsewhere, 'mine.txt'), 'mine');
  symlinkSync(elsewhere, join(parent, ofTheDead()));
  clearAbandoned(parent);
  expect(readdirSync(parent)).toEqual([]);
  expect(readFileSync(join(elsewhere, 'mine.txt'), 'utf8')).toBe('mine');
  rmSync(elsewhere, { recursive: true });
});

test('a folder that cannot be read is left alone', () => {
  expect(() => clearAbandoned(join(parent, 'missing'))).not.toThrow();
});
