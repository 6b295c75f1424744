import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const python = process.env.PYTHON ?? (existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3');
const libraryFolder = '/usr/lib';
const allocatorNames = ['libtcmalloc.so.4', 'libtcmalloc_minimal.so.4'];

/** What is missing for the PyTorch side, as a line that says what to install; undefined if nothing is. */
export function missingForPyTorch() {
  const { status, error } = spawnSync(python, ['-c', 'import torch, numpy'], { stdio: 'ignore' });
  if (!error && status === 0) return undefined;
  return `PyTorch is missing: '${python}' cannot import torch and numpy. On Debian and Ubuntu: apt install python3-torch google-perftools. PYTHON names another interpreter.`;
}

/** Path of tcmalloc, which keeps PyTorch from giving large buffers back to the system at every step; undefined if it is not installed. */
export function findAllocator() {
  if (!existsSync(libraryFolder)) return undefined;
  const folders = readdirSync(libraryFolder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => join(libraryFolder, name));
  return allocatorNames.flatMap((name) => [libraryFolder, ...folders].map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/**
 * Starts a PyTorch program beside this file and waits until it has warmed up.
 *
 * @param {string[]} commandLine of the program
 * @param {string} [program] its name
 * @returns what the peer says of itself, a function that times one run in milliseconds, and one that ends it
 */
export async function startPeer(commandLine, threads, program = 'peer.py') {
  const allocator = findAllocator();
  const child = spawn(python, [fileURLToPath(new URL(program, import.meta.url)), ...commandLine, '--threads', String(threads)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: String(threads), PYTHONDONTWRITEBYTECODE: '1', ...(allocator ? { LD_PRELOAD: allocator } : {}) },
  });
  // A peer that has died shows in the reply that does not come.
  child.stdin.on('error', () => {});
  const replies = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextReply = async () => {
    const { value, done } = await replies.next();
    if (done) throw new Error('The PyTorch side ended early; what it says is above.');
    return JSON.parse(value);
  };
  return {
    description: await nextReply(),
    async time() {
      child.stdin.write('run\n');
      return (await nextReply()).milliseconds;
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.stdin.end();
      await ended;
    },
  };
}
