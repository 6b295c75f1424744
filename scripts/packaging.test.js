import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { workspaceRoot } from './run-command.js';

/** What `npm publish` would send, by package name: the paths of its files. */
let packed;

beforeAll(() => {
  const listing = execFileSync('npm', ['pack', '--dry-run', '--json', '--workspaces', '--ignore-scripts'], {
    cwd: workspaceRoot,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const entries = Object.values(JSON.parse(listing));
  packed = new Map(entries.map(({ name, files }) => [name, files.map(({ path }) => path)]));
});

const readManifest = (folder) =>
  JSON.parse(readFileSync(join(workspaceRoot, 'packages', folder, 'package.json'), 'utf8'));
const folders = readdirSync(join(workspaceRoot, 'packages'));
const published = folders.filter((folder) => !readManifest(folder).private);

describe.each(published)('the published package %s', (folder) => {
  const manifest = readManifest(folder);

  test('contains every file that its manifest points to', () => {
    const exported = Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [target] : [target.types, target.default],
    );
    const wanted = [...exported, ...Object.values(manifest.bin ?? {}), './README.md', './LICENSE'].map(
      (path) => path.replace(/^\.\//, ''),
    );
    expect(packed.get(manifest.name)).toEqual(expect.arrayContaining(wanted));
  });

  test('contains no tests and no leftovers of the compiler', () => {
    const strays = packed
      .get(manifest.name)
      .filter((path) => /\.test[.-]|\.tsbuildinfo$|\.built-from$|\.map$|^src\//.test(path));
    expect(strays).toEqual([]);
  });

  test('contains no module whose source is gone', () => {
    const sourceOf = (path) => path.replace(/^dist\//, 'src/').replace(/(\.d)?\.[jt]s$/, '.ts');
    const orphans = packed
      .get(manifest.name)
      .filter((path) => /^dist\/.*\.[jt]s$/.test(path))
      .filter((path) => !existsSync(join(workspaceRoot, 'packages', folder, sourceOf(path))));
    expect(orphans).toEqual([]);
  });

  test('has the licence of the repository', () => {
    const licence = (...path) => readFileSync(join(workspaceRoot, ...path, 'LICENSE'), 'utf8');
    expect(licence('packages', folder)).toBe(licence());
    expect(manifest.license).toBe('MIT');
  });

  test('is found by keywords and has a page', () => {
    expect(manifest.keywords).toEqual(expect.arrayContaining(['deblurring']));
    expect(manifest.homepage).toBe(`https://www.npmjs.com/package/${manifest.name}`);
  });

  test('links from its README only to what resolves on that page', () => {
    const readme = readFileSync(join(workspaceRoot, 'packages', folder, 'README.md'), 'utf8');
    const targets = [...readme.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
    expect(targets.filter((target) => !/^(https:\/\/|#)/.test(target))).toEqual([]);
    const siblings = targets.flatMap(
      (target) => /^https:\/\/www\.npmjs\.com\/package\/([^#]+)/.exec(target)?.[1] ?? [],
    );
    const names = published.map((other) => readManifest(other).name);
    expect(siblings.filter((name) => !names.includes(name))).toEqual([]);
  });

  test('asks for its siblings by a version range', () => {
    const ranges = Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies }).filter(
      ([name]) => name.startsWith('@unblur/'),
    );
    for (const [name, range] of ranges) {
      expect([name, range]).toEqual([name, expect.stringMatching(/^\^\d+\.\d+\.\d+$/)]);
    }
  });
});

test.each(folders.filter((folder) => !published.includes(folder)))(
  'the private package %s says so in its README',
  (folder) => {
    const readme = readFileSync(join(workspaceRoot, 'packages', folder, 'README.md'), 'utf8');
    expect(readme).toMatch(/private, not published on npm/i);
  },
);

/** What only those read who have a clone, where npx finds the command of the workspace. */
const workspaceDocuments = ['CONTRIBUTING.md', join('docs', 'results.md')];

describe('the command', () => {
  const isText = (path) => /\.(md|ts|js|json|yaml)$/.test(path) && !/\.test(-tool)?\./.test(path);
  const below = (folder) =>
    readdirSync(join(workspaceRoot, folder), { recursive: true }).map((path) => join(folder, path));
  const rooms = readdirSync(join(workspaceRoot, 'packages')).flatMap((folder) =>
    ['README.md', 'package.json', 'src', 'files', 'bin'].map((part) => join('packages', folder, part)),
  );
  const isFolder = (path) => statSync(join(workspaceRoot, path)).isDirectory();
  const texts = ['README.md', 'docs', ...rooms.filter((path) => existsSync(join(workspaceRoot, path)))]
    .flatMap((path) => (isFolder(path) ? below(path) : [path]))
    .filter(isText);

  test('is never told to outsiders by the bare name, which is another project on npm', () => {
    const bare =
      /\b(npx|npm exec|npm (?:install|i|add)(?: --?\w+)*|yarn add|yarn dlx|pnpm add|pnpm dlx)(?: -\S+)* unblur\b/;
    expect('npx unblur restore').toMatch(bare);
    expect(texts).toEqual(expect.arrayContaining(['README.md', join('packages', 'cli', 'README.md')]));
    const wrong = texts
      .filter((path) => !workspaceDocuments.includes(path))
      .filter((path) => bare.test(readFileSync(join(workspaceRoot, path), 'utf8')));
    expect(wrong).toEqual([]);
  });

  test('is published as @unblur/cli with the executable unblur', () => {
    const manifest = JSON.parse(readFileSync(join(workspaceRoot, 'packages/cli/package.json'), 'utf8'));
    expect({ name: manifest.name, bin: manifest.bin }).toEqual({
      name: '@unblur/cli',
      bin: { unblur: './bin/unblur.js' },
    });
    const { packages } = JSON.parse(readFileSync(join(workspaceRoot, 'package-lock.json'), 'utf8'));
    expect(packages['node_modules/@unblur/cli']).toEqual({ resolved: 'packages/cli', link: true });
    expect(packages['node_modules/unblur']).toBeUndefined();
  });
});
