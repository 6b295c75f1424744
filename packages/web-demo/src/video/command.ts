/** The sentence that sends a visitor to the command, with the command for this clip. */
export function commandFor(name: string): string {
  return `Use the command instead: npx @unblur/cli video ${quote(name)} --out sharp.mp4`;
}

/** Double quotes are right in every shell, of Windows too; in those of others some characters mean more there. */
function quote(name: string): string {
  if (/^[\w.-]+$/.test(name)) return name;
  return /["$`\\!]/.test(name) ? `'${name.replaceAll("'", "'\\''")}'` : `"${name}"`;
}
