/**
 * Does work that a caller's signal may stop. Whatever the abort makes fail, and however the libraries below
 * name it, what is thrown is the signal's reason: unchanged, be it an error of the caller's, `null` or text.
 *
 * @throws the signal's reason where it is aborted before or when the work fails; else what the work throws.
 */
export async function abortable<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await work();
  } catch (cause) {
    signal?.throwIfAborted();
    throw cause;
  }
}

/**
 * Waits for what a caller's signal cannot stop, such as the work of others: no longer than until it is
 * aborted.
 *
 * @throws the signal's reason as soon as it is aborted.
 */
export async function waitUnlessAborted<T>(signal: AbortSignal | undefined, awaited: Promise<T>): Promise<T> {
  if (!signal) return awaited;
  signal.throwIfAborted();
  let stop!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as unknown);
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([awaited, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
