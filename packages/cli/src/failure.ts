import { types } from 'node:util';
import { explainStrayFileError } from '@unblur/files';

/** One line for the user: what was wrong and, where it is known, what would be right. */
export function describeFailure(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  const { message } = explainStrayFileError(error) ?? error;
  return message.trim().replace(/\s*\n\s*/g, ' ') || error.name;
}
