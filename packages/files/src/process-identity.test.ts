import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { isRunning, ownProcess } from './process-identity.js';

test('this process runs, one that was killed does not', async () => {
  expect(isRunning(ownProcess)).toBe(true);
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(isRunning({ ...ownProcess, pid: child.pid! })).toBe(false);
});

test('a process that has the number of one that is gone is another', () => {
  if (!existsSync('/proc/self/stat')) {
    return console.log('skipping: this system does not say when a process was started');
  }
  expect(isRunning({ ...ownProcess, started: 'abc' })).toBe(false);
});

test('of another machine nothing is known', () => {
  expect(isRunning({ ...ownProcess, machine: '00000000' })).toBeUndefined();
});
