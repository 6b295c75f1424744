import { expect, test } from '@jest/globals';
import { operationThreads, usableProcessors, type Machine } from './operation-threads.js';

const machine = (processors: number, quota?: string, sharedCores?: string): Machine => ({
  processors,
  read: (path) =>
    ({ '/sys/fs/cgroup/cpu.max': quota, '/sys/devices/system/cpu/smt/active': sharedCores })[path],
});

test.each([
  ['no more than there are processors', 8, machine(2), 2],
  ['as many as are asked for', 3, machine(8), 3],
  ["no more than a container's share", 8, machine(8, '250000 100000'), 3],
])('%s', (_, wanted, of, threads) => expect(operationThreads(wanted, of)).toBe(threads));

test.each([
  ['every processor where each is a core', machine(8, undefined, '0'), 8],
  ["ONNX Runtime's choice where two may share one", machine(8, undefined, '1'), undefined],
  ['the same where nothing is known', machine(8), undefined],
  ["a container's share", machine(16, '200000 100000', '1'), 2],
  ['one of less than a whole processor', machine(16, '50000 100000', '1'), 1],
  ['no limit where the share is none', machine(4, 'max 100000', '0'), 4],
  ['no limit where the share is larger than the machine', machine(2, '800000 100000', '1'), undefined],
  ['no limit where the file says something else', machine(4, 'nothing', '0'), 4],
])('left open, %s', (_, of, threads) => expect(operationThreads(undefined, of)).toBe(threads));

test('this machine has processors', () => expect(usableProcessors()).toBeGreaterThan(0));
