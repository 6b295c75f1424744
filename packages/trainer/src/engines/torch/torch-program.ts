import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the Python program lies. */
export const programFolder = fileURLToPath(new URL('../../../python', import.meta.url));
const libraryFolder = '/usr/lib';
const allocators = ['libtcmalloc.so.4', 'libtcmalloc_minimal.so.4'];

/** An interpreter, and the torch that it has. */
export interface FoundTorch {
  python: string;
  version: string;
  cudaDevices: number;
}

/** By the value of `PYTHON`: an interpreter takes a second to import torch. */
const foundBefore = new Map<string | undefined, FoundTorch>();

/** Windows lacks the sockets and signals by which the two programs reach each other. */
const isSupported = (platform: string): boolean => platform !== 'win32';

/**
 * Looks for an interpreter that has torch and numpy: `PYTHON` if that is set, else `python3`. @returns
 * `undefined` if there is none, and on Windows.
 */
export function findTorch(platform: string = process.platform): FoundTorch | undefined {
  if (!isSupported(platform)) return undefined;
  const named = process.env['PYTHON'] || undefined;
  const found = foundBefore.get(named) ?? searchTorch(named ? [named] : ['python3', '/usr/bin/python3']);
  if (found) foundBefore.set(named, found);
  return found;
}

function searchTorch(interpreters: readonly string[]): FoundTorch | undefined {
  // A Ctrl-C, which the terminal sends to both, is for this process.
  const question =
    'import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); import json, numpy, torch; print(json.dumps({"version": torch.__version__, "cudaDevices": torch.cuda.device_count()}))';
  for (const python of interpreters) {
    const { status, stdout } = spawnSync(python, ['-c', question], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (status === 0) return { python, ...(JSON.parse(stdout) as Omit<FoundTorch, 'python'>) };
  }
  return undefined;
}

/** The interpreter that `findTorch` finds. @throws if there is none. */
export function requireTorch(platform: string = process.platform): string {
  if (!isSupported(platform)) {
    throw new Error(
      "Expected Linux or macOS for the engine 'torch' but this is Windows; run unblur in WSL, choose another engine, or pack a run whose samples are made on the device for another machine (--pack).",
    );
  }
  const python = findTorch(platform)?.python;
  if (!python) {
    throw new Error(
      "Expected a Python with torch and numpy for the engine 'torch' but received none; install them (on Debian and Ubuntu: apt install python3-torch), or set PYTHON to an interpreter that has them.",
    );
  }
  return python;
}

/** What the Python program is started with: where it is, and how many threads it has. */
export function torchEnvironment(threads: number): NodeJS.ProcessEnv {
  const allocator = findAllocator();
  const { PYTHONPATH, LD_PRELOAD } = process.env;
  return {
    ...process.env,
    PYTHONPATH: [programFolder, PYTHONPATH].filter(Boolean).join(':'),
    PYTHONDONTWRITEBYTECODE: '1',
    OMP_NUM_THREADS: String(threads),
    ...(allocator && !LD_PRELOAD ? { LD_PRELOAD: allocator } : {}),
  };
}

/**
 * Path of tcmalloc, which keeps torch from giving large buffers back to the system at every step; `undefined`
 * if it is not installed.
 */
function findAllocator(): string | undefined {
  if (!existsSync(libraryFolder)) return undefined;
  const folders = readdirSync(libraryFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(libraryFolder, name));
  return allocators
    .flatMap((name) => [libraryFolder, ...folders].map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}
