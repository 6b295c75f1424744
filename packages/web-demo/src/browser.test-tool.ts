import { spawn, type ChildProcess } from 'node:child_process';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';

const axePath = createRequire(import.meta.url).resolve('axe-core');
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

if (!chromiumPath) {
  console.log(
    'The page is not tested in a browser: no Chromium here. Install one (Debian: apt-get install chromium) or name it in UNBLUR_CHROMIUM.',
  );
}

/** The bundled page on a plain static server, and a browser whose graphics are imitated in software. */
export interface Stand {
  browser: Browser;
  /** With the headers of isolation that the README asks for. Ends with a slash. */
  url: string;
  /** Another host: a folder of it, and no headers. */
  plainUrl: string;
  /** The folder that is served. */
  folder: string;
  stop(): Promise<void>;
}

/**
 * Bundles the page, serves it and starts Chromium.
 *
 * @param plainWeights what the other host has as the network for photographs, where that is not the subject
 */
export async function startStand(plainWeights?: Uint8Array): Promise<Stand> {
  const folder = await mkdtemp(join(tmpdir(), 'unblur-page-'));
  await finish(
    spawn(
      process.execPath,
      [vitePath, 'build', '--mode', 'test', '--outDir', folder, '--emptyOutDir', '--logLevel', 'warn'],
      {
        cwd: packageRoot,
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '', NODE_ENV: 'production' },
      },
    ),
  );
  const [isolated, plain] = [
    await serveFolder(folder, '/', {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    }),
    await serveFolder(
      folder,
      '/some/folder/',
      {},
      plainWeights && { pattern: /photo-[^/]*\.safetensors$/, bytes: plainWeights },
    ),
  ];
  const browser = await chromium.launch({
    executablePath: chromiumPath!,
    args: [
      '--no-sandbox',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      // Graphics that are imitated make all that moves slower than the processor alone does.
      '--disable-gpu-compositing',
    ],
  });
  return {
    browser,
    url: isolated.url,
    plainUrl: plain.url,
    folder,
    async stop() {
      await browser.close();
      isolated.close();
      plain.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Rules of WCAG 2.2 A and AA that the page breaks now. */
export async function accessibilityFaultsOf(page: Page): Promise<string[]> {
  // A colour in transition is neither what it was nor what it will be.
  await page.waitForTimeout(200);
  await page.evaluate(readFileSync(axePath, 'utf8'));
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: {
        run(
          context: Document,
          options: object,
        ): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
    );
  });
}

/** Controls on show that are smaller than a finger wants: 44 pixels. */
export function smallTargetsOf(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('button, select, label.button, input[type=range], .divider')]
      .filter((control) => control.offsetParent !== null)
      .flatMap((control) => {
        const { width, height } = control.getBoundingClientRect();
        return Math.min(width, height) < 43.9
          ? [`${control.id || control.className} ${width}x${height}`]
          : [];
      }),
  );
}

const contentTypes: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.mp4': 'video/mp4',
  '.txt': 'text/plain',
  '.wasm': 'application/wasm',
};

/** Files of a folder under a path, as static hosts serve them; in place of one of them other bytes. */
async function serveFolder(
  folder: string,
  under: string,
  headers: Record<string, string>,
  replaced?: { pattern: RegExp; bytes: Uint8Array },
): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://host');
    const inside = pathname.startsWith(under) ? pathname.slice(under.length) : '..';
    const path = join(folder, normalize(`/${inside}`), pathname.endsWith('/') ? 'index.html' : '');
    if (inside === '..' || !existsSync(path)) return response.writeHead(404).end();
    if (replaced?.pattern.test(path)) return response.writeHead(200, headers).end(replaced.bytes);
    const { size } = statSync(path);
    const type = contentTypes[extname(path)] ?? 'application/octet-stream';
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const [start, end] = [Number(range?.[1] ?? 0), Number(range?.[2] || size - 1)];
    response.writeHead(range ? 206 : 200, {
      ...headers,
      'Content-Type': type,
      'Content-Length': end - start + 1,
      'Accept-Ranges': 'bytes',
      ...(range && { 'Content-Range': `bytes ${start}-${end}/${size}` }),
    });
    createReadStream(path, { start, end }).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${under}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function finish(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) =>
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`Bundling the page failed (exit code ${code}).`)),
    ),
  );
}
