/** The sentence that sends a visitor to the command, with the command for this clip. */
export function commandFor(name: string): string {
  const quoted = /^[\w.-]+$/.test(name) ? name : `"${name}"`;
  return `The command does it: npx @unblur/cli video ${quoted} --out sharp.mp4`;
}
