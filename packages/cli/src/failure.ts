import { types } from 'node:util';

/** What went wrong in the file system, by error code: what to say about the path. */
const fileSystemFailures: Record<string, (path: string) => string> = {
  ENOENT: (path) => `${path} does not exist.`,
  EACCES: (path) => `No permission for ${path}: change its rights or choose another place.`,
  EPERM: (path) => `No permission for ${path}: change its rights or choose another place.`,
  EROFS: (path) => `${path} lies on a read-only disk: choose another place with --out.`,
  ENOSPC: (path) => `The disk is full (writing ${path}): free some space or choose another place with --out.`,
  ENOTDIR: (path) => `A folder was expected, but ${path} is (inside) a file.`,
  EISDIR: (path) => `A file was expected, but ${path} is a folder.`,
  EEXIST: (path) => `${path} exists already and is not a folder.`,
};

/** One line for the user: what was wrong and, where it is known, what would be right. */
export function describeFailure(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  const { code, path, dest } = error as NodeJS.ErrnoException & { dest?: string };
  const describe = code === undefined ? undefined : fileSystemFailures[code];
  if (describe) return describe(dest ?? path ?? 'the file');
  return error.message.trim().replace(/\s*\n\s*/g, ' ') || error.name;
}
