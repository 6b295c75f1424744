const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

const cleanUps = new Set<() => void>();

/** Makes Ctrl-C (and a polite kill) run what `onInterruption` was given and end the process with the shell's code for it. */
export function exitOnInterruption(): void {
  for (const [signal, code] of Object.entries(exitCodes)) {
    process.once(signal, () => {
      for (const cleanUp of cleanUps) cleanUp();
      process.stderr.write('\nunblur: interrupted; nothing half-written was left.\n');
      process.exit(code);
    });
  }
}

/**
 * Runs `cleanUp` if the process is interrupted from now on.
 *
 * @param cleanUp must do its work before it returns, since the process ends right after
 * @returns a function that takes it back
 */
export function onInterruption(cleanUp: () => void): () => void {
  cleanUps.add(cleanUp);
  return () => cleanUps.delete(cleanUp);
}
