/** What a shell expects of a process that Ctrl-C ended. */
export const interruptedCode = 130;

const exitCodes = { SIGINT: interruptedCode, SIGTERM: 143 } as const;

let received: number | undefined;

/**
 * From now on the first Ctrl-C (or polite kill) aborts the returned signal, so that the work in hand can stop
 * and clear up; a second one ends the process at once.
 */
export function abortOnInterruption(): AbortSignal {
  const controller = new AbortController();
  for (const [signal, code] of Object.entries(exitCodes)) {
    process.once(signal, () => {
      received = code;
      controller.abort();
    });
  }
  return controller.signal;
}

/** The exit code for the interruption that came, if one came. */
export function interruptionCode(): number | undefined {
  return received;
}
