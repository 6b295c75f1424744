import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const source = import.meta.dirname;
const readme = readFileSync(join(source, '..', 'README.md'), 'utf8');
const sourceFiles = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((path) =>
  /^(?!.*\.test).*\.ts$/.test(path),
);

test('the README lists every subcommand, and none that does not exist', () => {
  const defined = readdirSync(join(source, 'commands')).flatMap(
    (file) => /^([a-z-]+)\.ts$/.exec(file)?.[1] ?? [],
  );
  const listed = [...readme.matchAll(/^\| `([a-z][a-z-]*)/gm)].map(([, name]) => name);
  expect(defined.filter((name) => !listed.includes(name))).toEqual([]);
  expect(listed.filter((name) => !defined.includes(name!))).toEqual([]);
});

test('the README names no option that does not exist', () => {
  const code = sourceFiles.map((path) => readFileSync(join(source, path), 'utf8')).join('\n');
  const named = [...new Set(readme.match(/(?<![\w-])--[a-z][a-z-]+/g))];
  expect(named).toContain('--scale');
  // Of npm, and of every command.
  const others = ['--global', '--help'];
  expect(named.filter((flag) => !others.includes(flag) && !code.includes(flag))).toEqual([]);
});
