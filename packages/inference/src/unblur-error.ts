import { firstLine, UnblurError } from '@unblur/files/file-error';

export { explainFileError, firstLine, UnblurError } from '@unblur/files/file-error';

/** Reads weights. @throws UnblurError that says why they cannot be used, when `read` throws. */
export function explainWeights<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new UnblurError(`These weights cannot be used. ${firstLine((cause as Error).message)}`, { cause });
  }
}
