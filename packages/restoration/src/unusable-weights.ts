import { firstLine, UnblurError } from '@unblur/files/file-error';

/** Says why weights cannot be used; a caller that knows their file can name it. */
export class UnusableWeightsError extends UnblurError {
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super(`These weights cannot be used. ${reason}`, options);
    this.reason = reason;
  }
}

/** Reads weights. @throws UnusableWeightsError when `read` throws. */
export function explainWeights<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new UnusableWeightsError(firstLine((cause as Error).message), { cause });
  }
}

/** For messages: what a file holds if its header names none of the wanted networks. */
export function describeOtherNetwork(metadata: Readonly<Record<string, string>>): string {
  const found = Object.keys(metadata).find((key) => key.startsWith('unblur.'));
  return found === undefined
    ? 'a file whose header names no network'
    : `those of another ('${found.slice(0, 60)}')`;
}
