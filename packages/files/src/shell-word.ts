/**
 * A path as one word of a command that a message shows: in single quotes where a shell would read more into it
 * than a name.
 */
export function shellWord(path: string): string {
  if (/^[\w./:@%+=,-]+$/.test(path)) return path;
  return `'${path.replaceAll("'", "'\\''")}'`;
}
