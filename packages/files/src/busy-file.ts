import { setTimeout as wait } from 'node:timers/promises';

/** Two seconds in all. */
const pausesMilliseconds = [10, 20, 50, 120, 300, 500, 1000];

/** What Windows says of files that others hold open, and of folders with such files. */
const busyCodes = new Set(['EPERM', 'EACCES', 'EBUSY', 'ENOTEMPTY']);

/**
 * Moves or removes files that others may hold open for a moment: on Windows virus scanners and indexers look
 * at every new file, and what is open can be neither moved nor removed. Elsewhere it is tried once.
 *
 * @throws what the last attempt throws.
 */
export async function retryWhileBusy<T>(
  access: () => Promise<T>,
  platform: string = process.platform,
): Promise<T> {
  for (const pause of pausesOn(platform)) {
    try {
      return await access();
    } catch (cause) {
      expectBusy(cause);
    }
    await wait(pause);
  }
  return access();
}

/** The same at once, for code that may not be interrupted half-way. */
export function retryWhileBusySync<T>(access: () => T, platform: string = process.platform): T {
  for (const pause of pausesOn(platform)) {
    try {
      return access();
    } catch (cause) {
      expectBusy(cause);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
  }
  return access();
}

const pausesOn = (platform: string): number[] => (platform === 'win32' ? pausesMilliseconds : []);

function expectBusy(cause: unknown): void {
  if (!busyCodes.has((cause as NodeJS.ErrnoException).code ?? '')) throw cause;
}
