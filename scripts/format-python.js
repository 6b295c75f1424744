/**
 * Half of `npm run format`: formats the Python programs with Ruff, 110 columns wide, as Prettier does the
 * rest. With `--check`, only names the files that are not formatted, or have longer lines (Ruff leaves texts
 * as they are), and ends with code 1 if there are any.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from '@wasm-fmt/ruff_fmt/node';
import { workspaceRoot } from './run-command.js';

const style = { line_width: 110, indent_style: 'space', indent_width: 4, quote_style: 'double' };

/** Those that git tracks, and new ones that it does not ignore. */
const listing = ['ls-files', '--cached', '--others', '--exclude-standard', '*.py'];
const files = execFileSync('git', listing, { cwd: workspaceRoot, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(workspaceRoot, file)));
const unformatted = files.filter((file) => {
  const path = join(workspaceRoot, file);
  const source = readFileSync(path, 'utf8');
  const formatted = format(source, file, style);
  const tooLong = formatted.split('\n').findIndex((line) => line.length > style.line_width);
  if (tooLong >= 0) console.error(`${file}:${tooLong + 1} is longer than ${style.line_width} columns`);
  if (formatted === source) return tooLong >= 0;
  if (!process.argv.includes('--check')) writeFileSync(path, formatted);
  return true;
});
if (process.argv.includes('--check') && unformatted.length > 0) {
  console.error(`Not formatted (npm run format): ${unformatted.join(', ')}`);
  process.exitCode = 1;
}
