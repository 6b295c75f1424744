/** `npm start`: from a fresh clone to restored photographs. */
import { ensureInstalled } from './install.js';
import { runNode } from './run-command.js';

await ensureInstalled();
process.exitCode = await runNode('packages/cli/bin/unblur.js', ['restore', 'examples', '--out', 'restored', ...process.argv.slice(2)]);
