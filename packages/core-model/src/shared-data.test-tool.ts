import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where tests look for data that is not in the repository, and skip where it is absent. */
export const sharedFolder =
  process.env['UNBLUR_SHARED'] ??
  fileURLToPath(new URL(join('..', '..', '..', '..', 'shared'), import.meta.url));
