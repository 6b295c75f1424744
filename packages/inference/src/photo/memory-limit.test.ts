import { expect, test } from '@jest/globals';
import { addressSpaceLimit, expectMemory } from './memory-limit.js';

const GiB = 2 ** 30;
const size = { width: 4000, height: 3000 };

test('reads the limit of address space, where the system has one and says so', () => {
  const files = (limit: string): Record<string, string> => ({
    '/proc/self/limits': `Limit                     Soft Limit           Hard Limit           Units\nMax cpu time              unlimited            unlimited            seconds\nMax address space         ${limit}           unlimited            bytes\n`,
    '/proc/self/status': 'Name:\tnode\nVmPeak:\t  999999 kB\nVmSize:\t  1048576 kB\n',
  });
  expect(addressSpaceLimit((path) => files('3072000000')[path]!)).toEqual({
    totalBytes: 3072000000,
    usedBytes: GiB,
  });
  expect(addressSpaceLimit((path) => files('unlimited')[path]!)).toBeUndefined();
  expect(
    addressSpaceLimit(() => {
      throw new Error('no such file');
    }),
  ).toBeUndefined();
});

test('what fits goes on; what does not is refused with the budget that would', () => {
  expect(() => expectMemory(size, GiB, 0.4 * GiB, { totalBytes: 4 * GiB, usedBytes: 2 * GiB })).not.toThrow();
  expect(() => expectMemory(size, GiB, 0.4 * GiB, { totalBytes: 3 * GiB, usedBytes: 2 * GiB })).toThrow(
    "Restoring 4000x3000 pixels takes about 1.4 GiB more memory, but this process's limit leaves 1.0 GiB; lower the memory budget, with a memoryBudgetBytes of 0.6 GiB, or raise the limit",
  );
  expect(() => expectMemory(size, GiB, 0.4 * GiB, { totalBytes: 3 * GiB, usedBytes: 2.9 * GiB })).toThrow(
    'leaves 0.1 GiB; raise the limit (ulimit -v) or scale the photograph down',
  );
});
