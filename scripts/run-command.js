import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the repository. */
export const workspaceRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * What every child process gets: nothing stays behind in the background, nothing reports home, nothing
 * downloads CUDA.
 */
const quietEnvironment = {
  NX_DAEMON: 'false',
  NX_NO_CLOUD: 'true',
  NX_TUI: 'false',
  DO_NOT_TRACK: '1',
  ONNXRUNTIME_NODE_INSTALL: 'skip',
};

/**
 * Runs a Node program (a path below the repository, or absolute) in the repository's root and shows what it
 * prints.
 *
 * @param {string} program
 * @param {string[]} commandLine
 * @param {Record<string, string>} [environment]
 * @returns {Promise<number>} its exit code; 128 + 15 where a signal ended it
 */
export function runNode(program, commandLine, environment = {}) {
  return run(process.execPath, [join(workspaceRoot, program), ...commandLine], { environment });
}

/**
 * As `runNode`, but what the program prints is given back: for programs that run beside each other.
 *
 * @returns {Promise<{ code: number, output: string }>}
 */
export async function runNodeQuietly(program, commandLine) {
  let output = '';
  const code = await run(process.execPath, [join(workspaceRoot, program), ...commandLine], {
    show: (text) => (output += text),
  });
  return { code, output };
}

/** Runs npm, the same one that started this process where there is one. Returns its exit code. */
export function runNpm(commandLine) {
  const npm = process.env.npm_execpath;
  if (npm?.endsWith('.js')) return run(process.execPath, [npm, ...commandLine]);
  return run('npm', commandLine, { shell: process.platform === 'win32' });
}

function run(command, commandLine, { environment = {}, shell = false, show = undefined } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, commandLine, {
      cwd: workspaceRoot,
      env: { ...process.env, ...quietEnvironment, ...environment },
      stdio: ['ignore', show ? 'pipe' : 'inherit', show ? 'pipe' : 'inherit'],
      shell,
    });
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', show);
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 128 + 15));
  });
}
