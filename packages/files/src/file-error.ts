import { excerptOf } from './parsed-value.js';

/**
 * An error whose message is one line meant for the person who asked: what was wrong and what would be right.
 * Print it without a stack.
 */
export class UnblurError extends Error {
  override readonly name = 'UnblurError';
}

export type FileAction = 'read' | 'write';

/** What to say of a failed access to a file, by the error code of the operating system. */
const advice: Record<FileAction, Record<string, string>> = {
  read: {
    ENOENT: 'there is no such file; check the path',
    ENOTDIR: 'a part of the path is a file, not a folder; check the path',
    EISDIR: 'this is a folder; name a file in it',
    EACCES: 'permission denied; change its permissions',
    EPERM: 'permission denied; change its permissions',
    EBUSY: 'another program has it open for itself; close it there',
    ENAMETOOLONG: 'the name is too long; check the path',
    ELOOP: 'its symbolic links lead in a circle; check the path',
  },
  write: {
    ENOENT: 'its folder does not exist; make it first',
    ENOTDIR: 'a part of the path is a file, not a folder; choose another path',
    EISDIR: 'there is a folder of this name; remove it or choose another path',
    EEXIST: 'there is a file of this name; choose another path',
    ENOTEMPTY: 'there is a folder of this name with other files; choose another path',
    EXDEV: 'it is on another file system than the folder that it belongs to; choose another path',
    EACCES: 'permission denied; choose another folder or change its permissions',
    // Windows says so of a file that is open, such as a clip in a player.
    EPERM:
      'permission denied; choose another folder or change its permissions, or close it where another program has it open',
    EBUSY: 'another program is using it; close it there, or choose another path',
    EROFS: 'this file system is read-only; choose another folder',
    ENOSPC: 'the disk is full; free some space or choose another folder',
    EDQUOT: 'the disk quota is used up; free some space or choose another folder',
    EFBIG:
      'the file would be larger than this file system or the shell allows; choose another folder or raise the limit',
    EIO: 'the disk reports an error; choose another folder',
    ENAMETOOLONG: 'the name is too long; choose a shorter one',
    ELOOP: 'its symbolic links lead in a circle; choose another path',
  },
};

/** Such as `https://`, `file://` and `data:image/png;base64,`. */
const isAddress = (path: string): boolean => /^([a-z]+:\/\/|data:)/i.test(path);

/** What Node's errors of the file system say, without its types: browsers read this module too. */
export interface FileSystemError extends Error {
  code?: string | undefined;
  path?: string | undefined;
  dest?: string | undefined;
  syscall?: string | undefined;
}

/**
 * Turns a failed file access into an UnblurError that says what to do; an UnblurError passes through as it
 * is. For one's own accesses only: an error of somebody else's code would be given advice that is wrong.
 */
export function explainFileError(action: FileAction, path: string, cause: unknown): Error {
  if (cause instanceof UnblurError) return cause;
  const { code, message } = cause as FileSystemError;
  if (isAddress(path) && (code === 'ENOENT' || code === 'ENAMETOOLONG')) {
    return new UnblurError(
      `Could not ${action} ${excerptOf(path)}: this is an address; give the path of a file on this computer`,
      { cause },
    );
  }
  return new UnblurError(`Could not ${action} ${path}: ${advice[action][code ?? ''] ?? firstLine(message)}`, {
    cause,
  });
}

/** Does one's own file accesses, and explains what fails of them. */
export async function explainingFileErrors<T>(
  action: FileAction,
  path: string,
  access: () => T | Promise<T>,
): Promise<T> {
  try {
    return await access();
  } catch (cause) {
    throw explainFileError(action, path, cause);
  }
}

/** System calls that change what is on a disk; others count as reading. */
const writingCalls = new Set([
  'write',
  'mkdir',
  'rmdir',
  'rename',
  'unlink',
  'symlink',
  'link',
  'ftruncate',
  'fsync',
  'copyfile',
  'chmod',
  'futime',
  'utime',
]);

/** Errors that only writing meets. */
const isOnlyOfWriting = (code: string): boolean => advice.read[code] === undefined;

/**
 * The same for an error of Node that reached the top with nobody having said which file was wanted.
 * @returns `undefined` where it is no error of the file system.
 */
export function explainStrayFileError(error: FileSystemError): Error | undefined {
  const { code, path, dest, syscall } = error;
  if (code === undefined || advice.write[code] === undefined) return undefined;
  const action = writingCalls.has(syscall ?? '') || isOnlyOfWriting(code) ? 'write' : 'read';
  return explainFileError(action, dest ?? path ?? 'a file', error);
}

/** Messages of libraries may run over several lines; only the first is for the user. */
export function firstLine(message: string | undefined): string {
  return (message ?? 'unknown error').split('\n')[0]!.trim();
}
