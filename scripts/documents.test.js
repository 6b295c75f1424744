import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { workspaceRoot } from './run-command.js';

const packages = readdirSync(join(workspaceRoot, 'packages'));
const manifests = packages.map((name) =>
  JSON.parse(readFileSync(join(workspaceRoot, 'packages', name, 'package.json'), 'utf8')),
);
const architecture = readFileSync(join(workspaceRoot, 'docs', 'architecture.md'), 'utf8');

const documents = [
  ...readdirSync(workspaceRoot).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(workspaceRoot, 'docs'), { recursive: true })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
  ...packages.map((name) => join('packages', name, 'README.md')),
  join('benchmarks', 'README.md'),
  join('experiments', 'README.md'),
  join('packages', 'weights', 'files', 'photo.md'),
  join('packages', 'weights', 'files', 'video-small.md'),
  join('examples', 'CREDITS.md'),
];

describe('docs/architecture.md', () => {
  test.each(packages)('has a room for %s, on the layer of its tag', (name) => {
    const row = architecture
      .split('\n')
      .find((line) => line.startsWith(`| [\`${name}\`](../packages/${name}) `));
    const layer = manifests[packages.indexOf(name)].nx.tags.find((tag) => tag.startsWith('layer:'));
    expect(row?.split('|')[3]?.trim()).toBe(layer.slice('layer:'.length));
  });

  test('has no room for a package that does not exist', () => {
    const rooms = [...architecture.matchAll(/^\| \[`([^`]+)`\]\(\.\.\/packages\//gm)].map(([, name]) => name);
    expect(rooms.sort()).toEqual([...packages].sort());
  });
});

test('docs/architecture.md names only source files that exist', () => {
  const named = [...architecture.matchAll(/`([\w./-]+\.(?:ts|py))`/g)].map(([, path]) => basename(path));
  const existing = new Set(
    packages.flatMap((name) =>
      ['src', 'python']
        .map((folder) => join(workspaceRoot, 'packages', name, folder))
        .filter((folder) => existsSync(folder))
        .flatMap((folder) => readdirSync(folder, { recursive: true }).map((path) => basename(path))),
    ),
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !existing.has(name))).toEqual([]);
});

describe.each(documents)('%s', (document) => {
  test('links only to what exists', () => {
    const text = readFileSync(join(workspaceRoot, document), 'utf8');
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target.split('#')[0])
      .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
    const missing = targets.filter((target) => !existsSync(join(workspaceRoot, dirname(document), target)));
    expect(missing).toEqual([]);
  });
});

const cards = readdirSync(join(workspaceRoot, 'packages', 'weights', 'files'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => join('packages', 'weights', 'files', name));

test.each([
  [join('docs', 'results.md'), 100],
  [join('docs', 'architecture.md'), 100],
  ...cards.map((card) => [card, 50]),
])('%s has at most %d lines, of at most 110 columns where they are prose', (document, maxLines) => {
  const lines = readFileSync(join(workspaceRoot, document), 'utf8').trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(maxLines);
  expect(lines.filter((line) => line.length > 110 && !line.startsWith('|'))).toEqual([]);
});

test.each(packages)('the example in the README of packages/%s is tested, if it has one', (name) => {
  const folder = join(workspaceRoot, 'packages', name);
  const hasExample = /^```ts$/m.test(readFileSync(join(folder, 'README.md'), 'utf8'));
  expect(!hasExample || existsSync(join(folder, 'src', 'readme.test.ts'))).toBe(true);
});

test('names every package in README.md', () => {
  const readme = readFileSync(join(workspaceRoot, 'README.md'), 'utf8');
  const unnamed = manifests.filter(({ name }) => !readme.includes(`[\`${name}\`]`)).map(({ name }) => name);
  expect(unnamed).toEqual([]);
});

test.each(documents)('%s names only subcommands and npm scripts that exist', (document) => {
  const text = readFileSync(join(workspaceRoot, document), 'utf8');
  const { scripts } = JSON.parse(readFileSync(join(workspaceRoot, 'package.json'), 'utf8'));
  const subcommands = readdirSync(join(workspaceRoot, 'packages', 'cli', 'src', 'commands')).map((name) =>
    name.replace(/\.ts$/, ''),
  );
  const named = [...text.matchAll(/^(?:npx @unblur\/cli|(?:npx )?unblur) ([a-z]+)/gm)].map(
    ([, name]) => name,
  );
  const namedScripts = [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name);
  expect(named.filter((name) => !subcommands.includes(name))).toEqual([]);
  expect(namedScripts.filter((name) => !(name in scripts))).toEqual([]);
});
