import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const workspaceRoot = dirname(dirname(fileURLToPath(import.meta.url)));
const packagesFolder = join(workspaceRoot, 'packages');
const stampPath = join(packagesFolder, 'cli', 'dist', '.built-from');

/**
 * Compiles the packages that the `unblur` command runs on, if a source changed since the last time.
 *
 * @param {(line: string) => void} report called with one line before a compilation
 * @throws Error with the compiler's output when a source does not compile
 */
export function buildIfStale(report) {
  const fingerprint = fingerprintSources();
  if (readStamp() === fingerprint) return;
  report('Building the packages ...');
  const compiler = join(workspaceRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = join(packagesFolder, 'cli', 'tsconfig.lib.json');
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, '-b', project], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The packages do not compile:\n${stdout}${stderr}`);
  removeOrphans();
  mkdirSync(dirname(stampPath), { recursive: true });
  writeFileSync(stampPath, fingerprint);
}

/**
 * Removes compiled modules whose source was moved or deleted, which the compiler leaves, and which would be
 * published.
 */
export function removeOrphans() {
  const libraries = readdirSync(packagesFolder).filter((name) =>
    existsSync(join(packagesFolder, name, 'tsconfig.lib.json')),
  );
  for (const name of libraries) {
    const compiled = join(packagesFolder, name, 'dist');
    for (const path of listFiles(compiled)) {
      const module = /^(.+?)(\.d)?\.[jt]s(\.map)?$/.exec(relative(compiled, path))?.[1];
      if (module && !existsSync(join(packagesFolder, name, 'src', `${module}.ts`))) rmSync(path);
    }
  }
}

/** A digest of name, size and modification time of everything that is compiled. */
function fingerprintSources() {
  const digest = createHash('sha256');
  for (const name of readdirSync(packagesFolder).sort()) {
    const sources = listFiles(join(packagesFolder, name, 'src')).filter(
      (path) => path.endsWith('.ts') && !path.endsWith('.test.ts'),
    );
    for (const path of [...sources, join(packagesFolder, name, 'tsconfig.lib.json')]) {
      const entry = statSync(path, { throwIfNoEntry: false });
      if (entry) digest.update(`${path} ${entry.size} ${entry.mtimeMs}\n`);
    }
  }
  return digest.digest('hex');
}

function listFiles(folder) {
  try {
    return readdirSync(folder, { recursive: true })
      .map((path) => join(folder, path))
      .sort();
  } catch {
    return [];
  }
}

function readStamp() {
  try {
    return readFileSync(stampPath, 'utf8');
  } catch {
    return undefined;
  }
}
