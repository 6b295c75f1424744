import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Tells a process from every other, of other machines and of other times too. */
export interface ProcessIdentity {
  /**
   * Eight hexadecimal digits for the machine as its processes see it: where the system says, since it was
   * started, and within a container.
   */
  machine: string;
  pid: number;
  /**
   * When it was started, in the system's own count: a process that got the number of a dead one has another.
   * `0`: the system does not say.
   */
  started: string;
}

export const ownProcess: ProcessIdentity = {
  machine: identifyMachine(),
  pid: process.pid,
  started: readState(process.pid)?.started ?? '0',
};

/**
 * Whether a process is at work; `undefined` where that cannot be known from here: it is of another machine or
 * container, or from before a restart, or the system does not say whether one of that number is the same.
 */
export function isRunning({ machine, pid, started }: ProcessIdentity): boolean | undefined {
  if (machine !== ownProcess.machine) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Any other failure means that there is one, of another user.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const state = readState(pid);
  if (state === undefined) return pid === process.pid ? true : undefined;
  return !state.hasEnded && state.started === started;
}

/** Numbers of processes mean the same within one start of the machine and one container. */
function identifyMachine(): string {
  let name: string;
  try {
    name = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8') + readlinkSync('/proc/self/ns/pid');
  } catch {
    name = hostname();
  }
  return createHash('sha256').update(name).digest('hex').slice(0, 8);
}

/** What Linux says of a process. */
function readState(pid: number): { started: string; hasEnded: boolean } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name, in brackets, may hold spaces; fields are counted from behind it (proc(5): state is
    // the 3rd, starttime the 22nd).
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { started: Number(fields[19]).toString(36), hasEnded: fields[0] === 'Z' || fields[0] === 'X' };
  } catch {
    return undefined;
  }
}
