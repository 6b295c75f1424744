import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { workspaceRoot } from './run-command.js';

/** What `npm publish` would send, by package name: the paths of its files. */
let packed;

beforeAll(() => {
  const listing = execFileSync('npm', ['pack', '--dry-run', '--json', '--workspaces', '--ignore-scripts'], { cwd: workspaceRoot, encoding: 'utf8', shell: process.platform === 'win32', stdio: ['ignore', 'pipe', 'ignore'] });
  const entries = Object.values(JSON.parse(listing));
  packed = new Map(entries.map(({ name, files }) => [name, files.map(({ path }) => path)]));
});

const names = ['cli', 'clips', 'core-model', 'datasets', 'files', 'inference', 'metrics', 'onnx', 'trainer', 'weights'];

describe.each(names)('the published package %s', (folder) => {
  const manifest = JSON.parse(readFileSync(join(workspaceRoot, 'packages', folder, 'package.json'), 'utf8'));

  it('contains every file that its manifest points to', () => {
    const exported = Object.values(manifest.exports).flatMap((target) => (typeof target === 'string' ? [target] : [target.types, target.default]));
    const wanted = [...exported, ...Object.values(manifest.bin ?? {}), './README.md'].map((path) => path.replace(/^\.\//, ''));
    expect(packed.get(manifest.name)).toEqual(expect.arrayContaining(wanted));
  });

  it('contains no tests and no leftovers of the compiler', () => {
    const strays = packed.get(manifest.name).filter((path) => /\.test[.-]|\.tsbuildinfo$|\.built-from$|^src\//.test(path));
    expect(strays).toEqual([]);
  });

  it('asks for its siblings by a version range', () => {
    const ranges = Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies }).filter(([name]) => name.startsWith('@unblur/'));
    for (const [name, range] of ranges) expect([name, range]).toEqual([name, expect.stringMatching(/^\^\d+\.\d+\.\d+$/)]);
  });
});
