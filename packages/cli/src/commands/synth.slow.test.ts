import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { bin, openWorkplace } from '../unblur-command.test-tool.js';

const { folder, unblur } = openWorkplace();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('unblur synth is killed at any moment, goes on, and leaves what an undisturbed run leaves', async () => {
  mkdirSync(join(folder, 'panoramas'));
  const bytes = Uint8Array.from({ length: 512 * 256 * 3 }, (_, i) => Math.imul(i >> 5, 2654435761) >>> 24);
  await sharp(bytes, { raw: { width: 512, height: 256, channels: 3 } })
    .png()
    .toFile(join(folder, 'panoramas/a.png'));
  const command = (out: string): string[] => [
    'synth',
    'panorama',
    '--from',
    'panoramas',
    '--out',
    out,
    '--format',
    'shards',
    '--count',
    '60',
    '--shard-size',
    '6',
    '--size',
    '96',
    '--workers',
    '2',
  ];
  expect(unblur(command('undisturbed')).code).toBe(0);

  const out = join(folder, 'killed');
  const shards = (): string[] =>
    existsSync(out) ? readdirSync(out).filter((name) => name.endsWith('.safetensors')) : [];
  const madeAt = new Map<string, number>();
  let kills = 0;
  for (const waitForShards of [1, 3, 4]) {
    const child = spawn(process.execPath, [bin, ...command('killed')], { cwd: folder, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('close', resolve));
    while (shards().length < waitForShards && child.exitCode === null) await sleep(5);
    if (child.kill('SIGKILL')) kills++;
    await ended;
    for (const name of shards()) {
      const { mtimeMs } = statSync(join(out, name));
      // A shard that is there stays as it is.
      expect(madeAt.get(name) ?? mtimeMs).toBe(mtimeMs);
      madeAt.set(name, mtimeMs);
    }
  }
  expect(kills).toBeGreaterThan(0);
  expect(unblur(command('killed')).code).toBe(0);
  expect(readdirSync(out).sort()).toEqual(readdirSync(join(folder, 'undisturbed')).sort());
  for (const name of readdirSync(out)) {
    expect(readFileSync(join(out, name)).equals(readFileSync(join(folder, 'undisturbed', name)))).toBe(true);
  }
  for (const [name, time] of madeAt) expect(statSync(join(out, name)).mtimeMs).toBe(time);
});
