import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPeer } from './peer-process.js';

const python = process.env.PYTHON ?? (existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3');
const libraryFolder = '/usr/lib';
const allocatorNames = ['libtcmalloc.so.4', 'libtcmalloc_minimal.so.4'];

/** What is missing for the PyTorch side, as a line that says what to install; undefined if nothing is. */
export function missingForPyTorch() {
  const { status, error } = spawnSync(python, ['-c', 'import torch, numpy'], { stdio: 'ignore' });
  if (!error && status === 0) return undefined;
  return `PyTorch is missing: '${python}' cannot import torch and numpy. On Debian and Ubuntu: apt install python3-torch google-perftools. PYTHON names another interpreter.`;
}

/**
 * Path of tcmalloc, which keeps PyTorch from giving large buffers back to the system at every step; undefined
 * if it is not installed.
 */
export function findAllocator() {
  if (!existsSync(libraryFolder)) return undefined;
  const folders = readdirSync(libraryFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(libraryFolder, name));
  return allocatorNames
    .flatMap((name) => [libraryFolder, ...folders].map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

/**
 * Starts a PyTorch program beside this file; see `startPeer`.
 *
 * @param {string[]} commandLine of the program
 * @param {string} [program] its name
 */
export function startPyTorchPeer(commandLine, threads, program = 'peer.py') {
  return startPeer(
    python,
    [fileURLToPath(new URL(program, import.meta.url)), ...commandLine, '--threads', String(threads)],
    pyTorchEnvironment(threads),
  );
}

/** What PyTorch programs, also those that this package starts, are run with. */
export function pyTorchEnvironment(threads) {
  const allocator = findAllocator();
  return {
    OMP_NUM_THREADS: String(threads),
    PYTHONDONTWRITEBYTECODE: '1',
    ...(allocator ? { LD_PRELOAD: allocator } : {}),
  };
}
