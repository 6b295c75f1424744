import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { workspaceRoot } from './run-command.js';

/** Git for Windows turns line ends of a checkout into its own, which Prettier and Python's formatter refuse. */
test('text files are checked out with the same line ends on every system', () => {
  const files = execFileSync('git', ['ls-files', '--eol'], { cwd: workspaceRoot, encoding: 'utf8' })
    .trimEnd()
    .split('\n');
  const unsettled = files.filter((file) => !/^i\/(lf|none|-text) .* attr\/text=auto eol=lf\s/.test(file));
  expect(unsettled).toEqual([]);
});
