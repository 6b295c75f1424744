import { existsSync, readdirSync, readFileSync } from 'node:fs';

const millisecondsPerTick = 10;

/**
 * What a process and all that it started have used so far, from Linux's `/proc`.
 *
 * @returns {{ processorMilliseconds: number, peakMemoryBytes: number }} NaN on other systems; the memory is
 * the sum of each process's largest
 */
export function usageOfTree(processId) {
  if (!existsSync('/proc/self/stat')) return { processorMilliseconds: NaN, peakMemoryBytes: NaN };
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap(readProcess);
  const usage = { processorMilliseconds: 0, peakMemoryBytes: 0 };
  const add = (id) => {
    for (const process of processes) {
      if (process.id === id) {
        usage.processorMilliseconds += process.processorMilliseconds;
        usage.peakMemoryBytes += process.peakMemoryBytes;
      }
      if (process.parent === id) add(process.id);
    }
  };
  add(processId);
  return usage;
}

/** Nothing for a process that has ended meanwhile. */
function readProcess(id) {
  try {
    // The name, in brackets, may hold anything.
    const fields = readFileSync(`/proc/${id}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const peakKilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0;
    return [
      {
        id: Number(id),
        parent: Number(fields[1]),
        processorMilliseconds: (Number(fields[11]) + Number(fields[12])) * millisecondsPerTick,
        peakMemoryBytes: 1024 * Number(peakKilobytes),
      },
    ];
  } catch {
    return [];
  }
}
