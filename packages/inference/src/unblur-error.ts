/** An error whose message is one line meant for the person who asked: what was wrong and what would be right. Print it without a stack. */
export class UnblurError extends Error {
  override readonly name = 'UnblurError';
}

const readAdvice: Record<string, string> = {
  ENOENT: 'there is no such file; check the path',
  ENOTDIR: 'a part of the path is a file, not a folder; check the path',
  EISDIR: 'this is a folder; name a file in it',
  EACCES: 'no right to read it; change its permissions',
  EPERM: 'no right to read it; change its permissions',
};

const writeAdvice: Record<string, string> = {
  ENOENT: 'its folder does not exist; make it first',
  ENOTDIR: 'a part of the path is a file, not a folder; choose another path',
  EISDIR: 'there is a folder of this name; remove it or choose another path',
  EEXIST: 'there is a file of this name; choose another path',
  EACCES: 'no right to write there; choose another folder or change its permissions',
  EPERM: 'no right to write there; choose another folder or change its permissions',
  EROFS: 'this file system is read-only; choose another folder',
  ENOSPC: 'the disk is full; free some space or choose another folder',
  EDQUOT: 'the disk quota is used up; free some space or choose another folder',
  ENAMETOOLONG: 'the name is too long; choose a shorter one',
};

/** Turns a failed file access into an UnblurError that says what to do; an UnblurError or an abort passes through as it is. */
export function explainFileError(action: 'read' | 'write', path: string, cause: unknown): Error {
  if (cause instanceof UnblurError || (cause as Error)?.name === 'AbortError') return cause as Error;
  const { code, message } = cause as NodeJS.ErrnoException;
  const advice = (action === 'read' ? readAdvice : writeAdvice)[code ?? ''] ?? firstLine(message);
  return new UnblurError(`Could not ${action} ${path}: ${advice}`, { cause });
}

/** Library messages may run over several lines; only the first is for the user. */
export function firstLine(message: string | undefined): string {
  return (message ?? 'unknown error').split('\n')[0]!.trim();
}

/** Reads weights. @throws UnblurError that says why they cannot be used, when `read` throws. */
export function explainWeights<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new UnblurError(`These weights cannot be used. ${firstLine((cause as Error).message)}`, { cause });
  }
}
