/**
 * The page as the browser tests and `benchmarks/page.js` meet it: bundled, on a static server, in Chromium.
 */
import { spawn } from 'node:child_process';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

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

/** What to tell where `chromiumPath` is undefined. */
export const howToGetChromium =
  'no Chromium here. Install one (Debian: apt-get install chromium) or name it in UNBLUR_CHROMIUM.';

/** Without these, which the README asks of a host, a browser gives a page one thread. */
export const isolationHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/**
 * Bundles the page into a folder, which is emptied before.
 *
 * @param {string} folder
 * @param {'test' | 'benchmark'} mode which of the pages beside the first there are: see vite.config.js
 * @returns {Promise<void>}
 */
export async function bundlePage(folder, mode) {
  const vite = spawn(
    process.execPath,
    [vitePath, 'build', '--mode', mode, '--outDir', folder, '--emptyOutDir', '--logLevel', 'error'],
    {
      cwd: packageRoot,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '', NODE_ENV: 'production' },
    },
  );
  const code = await new Promise((resolve) => vite.once('exit', resolve));
  if (code !== 0) throw new Error(`Bundling the page failed (exit code ${code}).`);
}

const contentTypes = {
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

/**
 * Serves files under the paths of folders (`{ '/': folder }`), as static hosts do, on a free port.
 *
 * @param {Record<string, string>} folders by the path under which each is found, which ends with a slash; the
 * longest that fits counts
 * @param {{ headers?: Record<string, string> }} [options] sent with every file
 * @returns {Promise<{ url: string, close(): void }>} the address of the first folder
 */
export async function serveFolders(folders, { headers = {} } = {}) {
  const longestFirst = Object.keys(folders).sort((a, b) => b.length - a.length);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://host');
    const under = longestFirst.find((start) => pathname.startsWith(start));
    const path =
      under &&
      join(
        folders[under],
        normalize(`/${pathname.slice(under.length)}`),
        pathname.endsWith('/') ? 'index.html' : '',
      );
    if (!path || !existsSync(path)) return response.writeHead(404).end();
    const { size } = statSync(path);
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const [start, end] = [Number(range?.[1] ?? 0), Number(range?.[2] || size - 1)];
    response.writeHead(range ? 206 : 200, {
      ...headers,
      'Content-Type': contentTypes[extname(path)] ?? 'application/octet-stream',
      'Content-Length': end - start + 1,
      'Accept-Ranges': 'bytes',
      ...(range && { 'Content-Range': `bytes ${start}-${end}/${size}` }),
    });
    return createReadStream(path, { start, end }).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}${Object.keys(folders)[0]}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
