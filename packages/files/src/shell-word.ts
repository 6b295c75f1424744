/**
 * A path as one word of a command that a message shows, in quotes where a shell would read more into it than
 * a name: on Windows in double ones, which its two shells have in common and no name contains.
 */
export function shellWord(path: string, platform: string = process.platform): string {
  if (platform === 'win32') return /^[\w.\\/:+~-]+$/.test(path) ? path : `"${path}"`;
  if (/^[\w./:@%+=,-]+$/.test(path)) return path;
  return `'${path.replaceAll("'", "'\\''")}'`;
}
