/** `npm start`: from a fresh clone to restored photographs. */
import { join } from 'node:path';
import { ensureInstalled } from './install.js';
import { runNode, workspaceRoot } from './run-command.js';

await ensureInstalled();
const code = await runNode('packages/cli/bin/unblur.js', ['restore', 'examples', '--out', 'restored']);
if (code === 0) {
  console.log(
    `\nThe results are in ${join(workspaceRoot, 'restored')}: open a contact-sheet.png or an animation.webp there.`,
  );
}
process.exitCode = code;
