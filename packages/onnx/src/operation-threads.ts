import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** What is known of the processors of a machine. */
export interface Machine {
  processors: number;
  /** The text of a file in which Linux tells of processors; `undefined` where there is none. */
  read(path: string): string | undefined;
}

const thisMachine: Machine = {
  processors: availableParallelism(),
  read(path) {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      return undefined;
    }
  },
};

/** Microseconds of processor time that a container has, in microseconds on the clock: `200000 100000`, `max 100000`. */
const quotaFile = '/sys/fs/cgroup/cpu.max';
/** `0` where every processor is a core of its own. */
const sharedCoresFile = '/sys/devices/system/cpu/smt/active';

/** How many processors this process has: those of the machine, in a container no more than its share of time. */
export function usableProcessors({ processors, read }: Machine = thisMachine): number {
  const [quota, period] = (read(quotaFile) ?? '').split(' ').map(Number);
  return quota! > 0 && period! > 0 ? Math.min(processors, Math.ceil(quota! / period!)) : processors;
}

/**
 * How many threads work on one operation, or `undefined` for ONNX Runtime's own choice. That is one for every
 * core; but it does not know the share of a container, and on some virtual machines takes every two processors for
 * one core.
 *
 * @param wanted more threads than processors are not started: they wait for each other in busy loops, and all
 * takes many times as long.
 */
export function operationThreads(
  wanted: number | undefined,
  machine: Machine = thisMachine,
): number | undefined {
  const processors = usableProcessors(machine);
  if (wanted !== undefined) return Math.min(wanted, processors);
  const knowsBetter = processors < machine.processors || machine.read(sharedCoresFile) === '0';
  return knowsBetter ? processors : undefined;
}
