import { firstLine, UnblurError } from '@unblur/files/file-error';

/** Says why weights cannot be used; whoever knows what file they are from can name it. */
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

/** In messages: what a file holds whose header has none of the networks that are wanted. */
export function describeOtherNetwork(metadata: Readonly<Record<string, string>>): string {
  const found = Object.keys(metadata).find((key) => key.startsWith('unblur.'));
  return found === undefined
    ? 'a file whose header names no network'
    : `those of another ('${found.slice(0, 60)}')`;
}
