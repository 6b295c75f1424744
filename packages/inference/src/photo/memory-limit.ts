import { readFileSync } from 'node:fs';
import { UnblurError } from '@unblur/files';

/** A limit that the system sets to this process, as by `ulimit -v`. */
export interface MemoryLimit {
  totalBytes: number;
  usedBytes: number;
}

/**
 * How much address space this process may take, and takes now; undefined if there is no limit or the system
 * does not say.
 */
export function addressSpaceLimit(
  readText: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): MemoryLimit | undefined {
  try {
    const total = /^Max address space\s+(\d+)/m.exec(readText('/proc/self/limits'));
    const used = /^VmSize:\s+(\d+) kB/m.exec(readText('/proc/self/status'));
    return total && used ? { totalBytes: Number(total[1]), usedBytes: 1024 * Number(used[1]) } : undefined;
  } catch {
    return undefined;
  }
}

/** The least memory budget that the command line takes. */
const leastBudgetBytes = 0.2 * 2 ** 30;
const gibibytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);

/**
 * Refuses work that would run out of memory in the middle, before it begins.
 *
 * @param budgetBytes what the network and its frames are going to take.
 * @param besideBytes what is needed on top of the budget.
 * @param limit with what was used before the photograph was worked on.
 * @throws UnblurError with the budget that fits, if any does.
 */
export function expectMemory(
  { width, height }: { width: number; height: number },
  budgetBytes: number,
  besideBytes: number,
  limit: MemoryLimit | undefined,
): void {
  if (limit === undefined) return;
  const freeBytes = limit.totalBytes - limit.usedBytes;
  if (budgetBytes + besideBytes <= freeBytes) return;
  const fittingTenths = Math.floor((10 * (freeBytes - besideBytes)) / 2 ** 30);
  const advice =
    fittingTenths * 2 ** 30 >= 10 * leastBudgetBytes
      ? `lower the memory budget, with a memoryBudgetBytes of ${(fittingTenths / 10).toFixed(1)} GiB, or raise the limit`
      : 'raise the limit (ulimit -v) or scale the photograph down';
  throw new UnblurError(
    `Restoring ${width}x${height} pixels takes about ${gibibytes(budgetBytes + besideBytes)} GiB more memory, but this process's limit leaves ${gibibytes(Math.max(0, freeBytes))} GiB; ${advice}`,
  );
}
