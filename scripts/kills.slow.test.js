import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { workspaceRoot } from './run-command.js';

// Trainings that are killed have a longer test of their own, in the trainer.
const jobs = ['restore', 'synth shards', 'video'];

test('jobs that are killed, or started twice, break nothing and leave nothing behind', () => {
  const chosen = jobs.flatMap((job) => ['--job', job]);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(workspaceRoot, 'scripts', 'kills.js'), '--kills', '1', '--pairs', '1', '--json', ...chosen],
    { encoding: 'utf8' },
  );
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  const rows = JSON.parse(stdout);
  expect(rows.map(({ job }) => job)).toEqual(jobs);
  for (const { kills, pairs } of rows) {
    expect(kills).toMatchObject({ kills: 1, brokenAfterKill: 0, wrongAfterNextRun: 0, leftAfterNextRun: 0 });
    expect(pairs).toMatchObject({ pairs: 1, wrong: 0, left: 0 });
    expect(pairs.oneRefused + pairs.bothWhole).toBe(1);
  }
}, 180_000);
