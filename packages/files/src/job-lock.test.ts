import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { doLocked } from './job-lock.js';
import { ownProcess } from './process-identity.js';
import { newOwnedName } from './temporary-folder.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'files-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The lock of another process, at work on `job`. */
function lockOf(child: ChildProcess, job: string): void {
  const name = newOwnedName(job).replace(`-${ownProcess.pid}-`, `-${child.pid}-`);
  writeFileSync(join(folder, name), JSON.stringify({ host: 'here', since: '2026-01-01T10:00:00.000Z' }));
}

test('the second is refused and told who is at work; afterwards it may', async () => {
  let finish = () => {};
  let first = Promise.resolve();
  await new Promise<void>((started) => {
    first = doLocked(
      folder,
      'training',
      () => new Promise<void>((resolve) => ((finish = resolve), started())),
    );
  });
  const refused = new RegExp(
    `^Another unblur is at work on ${folder} \\(process ${process.pid}, since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d\\)\\. Wait until it has finished, or choose another place for the result\\.$`,
  );
  await expect(doLocked(folder, 'training', async () => 'second')).rejects.toThrow(refused);
  await expect(doLocked(folder, 'another job', async () => 'other')).resolves.toBe('other');
  finish();
  await first;
  await expect(doLocked(folder, 'training', async () => 'second')).resolves.toBe('second');
  expect(readdirSync(folder)).toEqual([]);
});

test('what was asked for is named, where it is not the folder', async () => {
  const result = join(folder, 'clip.mp4');
  const inside = async () =>
    expect(doLocked(folder, 'clip.mp4', async () => {}, { result })).rejects.toThrow(
      `Another unblur is at work on ${result} (process ${process.pid}, since`,
    );
  await doLocked(folder, 'clip.mp4', inside, { result });
});

test('of many that begin at once exactly one is at work at a time', async () => {
  let atWork = 0;
  let most = 0;
  const results = await Promise.allSettled(
    Array.from({ length: 5 }, () =>
      doLocked(folder, 'synthesis', async () => {
        most = Math.max(most, ++atWork);
        await new Promise((resolve) => setTimeout(resolve, 1500));
        atWork--;
      }),
    ),
  );
  expect(most).toBe(1);
  expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(1);
});

test('the lock of a process that was killed is cleared away', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  child.kill('SIGKILL');
  await once(child, 'close');
  lockOf(child, 'training');
  await expect(doLocked(folder, 'training', async () => readdirSync(folder))).resolves.toHaveLength(1);
  expect(readdirSync(folder)).toEqual([]);
});

test('the lock of another machine holds until it has been silent for minutes', async () => {
  const name = newOwnedName('training').replace(ownProcess.machine, '00000000');
  writeFileSync(join(folder, name), JSON.stringify({ host: 'far', since: '2026-01-01T10:00:00.000Z' }));
  await expect(doLocked(folder, 'training', async () => {})).rejects.toThrow(
    new RegExp(
      `\\(process ${process.pid} on far, since 20\\d\\d-\\d\\d-\\d\\d \\d\\d:00; if that has ended, remove ${join(folder, name)}\\)`,
    ),
  );
  const tenMinutesAgo = Date.now() / 1000 - 600;
  utimesSync(join(folder, name), tenMinutesAgo, tenMinutesAgo);
  await doLocked(folder, 'training', async () => {});
  expect(readdirSync(folder)).toEqual([]);
});

test.each(['', 'null'])('a lock that says nothing (%j) is one on everything', async (text) => {
  writeFileSync(join(folder, newOwnedName('training')), text);
  await expect(doLocked(folder, 'training', async () => {}, { parts: ['a'] })).rejects.toThrow(
    `Another unblur is at work on ${folder} (process ${process.pid}). Wait`,
  );
});

test('a failure passes through, the lock goes, and so does a folder that nothing came into', async () => {
  const wanted = join(folder, 'runs', 'new');
  const failing = doLocked(wanted, 'training', async () => {
    expect(readdirSync(wanted)).toHaveLength(1);
    throw new Error('no data');
  });
  await expect(failing).rejects.toThrow('no data');
  expect(readdirSync(folder)).toEqual([]);
});

test('on a full disk the folder is named, and no lock stays', async () => {
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', folder]).status !== 0) {
    return console.log('skipped: a full disk (mounting a small one needs root)');
  }
  try {
    writeFileSync(join(folder, 'full'), Buffer.alloc(4096));
    await expect(doLocked(folder, 'training', async () => {})).rejects.toThrow(
      `Could not write ${folder}: the disk is full`,
    );
    expect(readdirSync(folder)).toEqual(['full']);
  } finally {
    spawnSync('umount', [folder]);
  }
});

test('jobs are named after any file, however long', async () => {
  for (const job of ['trip:rome / day 1.mp4', 'é'.repeat(120), '']) {
    const inside = async () => expect(doLocked(folder, job, async () => {})).rejects.toThrow('at work');
    await doLocked(folder, job, inside);
  }
  expect(readdirSync(folder)).toEqual([]);
});

test('work on other parts goes on beside it, on the same part or on all does not', async () => {
  const beside = async () => {
    await expect(doLocked(folder, 'restoration', async () => 'other', { parts: ['c'] })).resolves.toBe(
      'other',
    );
    await expect(doLocked(folder, 'restoration', async () => {}, { parts: ['c', 'b'] })).rejects.toThrow(
      'at work',
    );
    await expect(doLocked(folder, 'restoration', async () => {})).rejects.toThrow('at work');
  };
  await doLocked(folder, 'restoration', beside, { parts: ['a', 'b'] });
});
