import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from 'playwright-core';

const packageRoot = fileURLToPath(new URL('..', import.meta.url));
const vitePath = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin', 'vite.js');

/**
 * Where Chromium is: in UNBLUR_CHROMIUM, or where Debian and others put it; undefined where it is not
 * installed.
 */
export const chromiumPath = [
  process.env['UNBLUR_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => path !== undefined && existsSync(path));

if (!chromiumPath)
  console.log(
    'The page is not tested in a browser: no Chromium here. Install one (Debian: apt-get install chromium) or name it in UNBLUR_CHROMIUM.',
  );

/** The bundled page on a server of its own, and a browser whose graphics are imitated in software. */
export interface Stand {
  browser: Browser;
  /** Ends with a slash. */
  url: string;
  /** The folder that is served. */
  folder: string;
  stop(): Promise<void>;
}

/** Bundles the page, serves it as `vite preview` does and starts Chromium. */
export async function startStand(): Promise<Stand> {
  const folder = await mkdtemp(join(tmpdir(), 'unblur-page-'));
  await finish(
    runVite(['build', '--mode', 'test', '--outDir', folder, '--emptyOutDir', '--logLevel', 'warn']),
  );
  const port = await freePort();
  const server = runVite([
    'preview',
    '--outDir',
    folder,
    '--port',
    String(port),
    '--strictPort',
    '--host',
    '127.0.0.1',
  ]);
  const url = `http://127.0.0.1:${port}/`;
  await answered(url);
  const browser = await chromium.launch({
    executablePath: chromiumPath!,
    args: [
      '--no-sandbox',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
    ],
  });
  return {
    browser,
    url,
    folder,
    async stop() {
      await browser.close();
      server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function runVite(commandLine: string[]): ChildProcess {
  return spawn(process.execPath, [vitePath, ...commandLine], {
    cwd: packageRoot,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', NODE_ENV: 'production' },
  });
}

function finish(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) =>
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`Bundling the page failed (exit code ${code}).`)),
    ),
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function answered(url: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`The server of the page did not answer at ${url}.`);
}
