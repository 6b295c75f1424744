import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm, workspaceRoot } from './run-command.js';

const oldestNode = [20, 19];

/**
 * Installs the dependencies with `npm ci`, or says that it is skipped because they are there already.
 * Ends the process with one line where Node is too old or npm fails.
 */
export async function ensureInstalled() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
    console.error(`unblur needs Node >= ${oldestNode.join('.')}, this is Node ${process.versions.node}.`);
    process.exit(1);
  }
  if (isInstalled()) {
    console.log('Dependencies match package-lock.json: install skipped.');
    return;
  }
  console.log('Installing dependencies (npm ci) ...');
  const code = await runNpm(['ci', '--include=dev', '--no-audit', '--no-fund']);
  if (code !== 0) {
    console.error(`npm ci ended with code ${code}; see its message above.`);
    process.exit(1);
  }
}

/**
 * npm writes what it has installed to `node_modules/.package-lock.json`, as the last step of an install. The
 * dependencies are there when every package of `package-lock.json` stands in it with the same version.
 */
function isInstalled() {
  const wanted = readPackages('package-lock.json');
  const installed = readPackages(join('node_modules', '.package-lock.json'));
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true;
    const found = installed[path];
    if (!found) return entry.optional === true || entry.devOptional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(join(workspaceRoot, path), 'utf8')).packages;
  } catch {
    return undefined;
  }
}
