import { printMessage } from './terminal.js';

/** What a shell expects of a process that Ctrl-C ended. */
export const interruptedCode = 130;

const exitCodes = { SIGINT: interruptedCode, SIGTERM: 143 } as const;

let received: number | undefined;

/** To be said where work that trains is interrupted: a step may take long. */
export const stepIsFinished =
  'stopping; a step in progress is finished first. A second Ctrl-C stops at once.';

/**
 * From now on the first Ctrl-C (or polite kill) aborts the returned signal, so that the work in hand can stop
 * and clear up; a second one ends the process at once.
 *
 * @param note printed at the first one.
 */
export function abortOnInterruption(note?: string): AbortSignal {
  const controller = new AbortController();
  const signals = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
  const interrupt = (signal: keyof typeof exitCodes) => {
    // Nobody listens any more: the next one, of either kind, does what it does to any process.
    for (const name of signals) process.off(name, interrupt);
    received = exitCodes[signal];
    if (note !== undefined) printMessage(note);
    controller.abort();
  };
  for (const name of signals) process.on(name, interrupt);
  return controller.signal;
}

/** The exit code for the interruption that came, if one came. */
export function interruptionCode(): number | undefined {
  return received;
}
