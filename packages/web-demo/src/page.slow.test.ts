import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { frameTimes, photoFamily, photoPreset } from '@unblur/core-model';
import { createRestorer, loadPhoto } from '@unblur/inference';
import { psnr, type RgbImage } from '@unblur/metrics';
import { bundledWeights, defaultWeightsName } from '@unblur/weights';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import type { BrowserContextOptions, Download, Page } from 'playwright-core';
import sharp from 'sharp';
import {
  accessibilityFaultsOf,
  asksBeforeLeaving,
  chromiumPath,
  neverIdle,
  smallTargetsOf,
  startStand,
  withoutServiceWorker,
  type Stand,
} from './browser.test-tool.js';
import { frameCount } from './engine/frame-order.js';
import { holdCalls, type HeldCalls } from './held-calls.test-tool.js';
import { cumulativeLayoutShift, type LayoutShift } from './layout-shift.test-tool.js';
import { phonePhoto } from './photo/phone-photo.test-tool.js';

// Bundling and restoring are slow on a busy machine.
jest.setTimeout(600_000);

const squarePath = fileURLToPath(new URL('../../../examples/square.jpg', import.meta.url));
const describeInBrowser = chromiumPath ? describe : describe.skip;

let stand: Stand;
/** The page that most tests share, as a visitor goes through it. */
let page: Page;
/**
 * The page of the other host, with the narrow network, for what does not depend on what the network gives.
 */
let plainPage: Page;

/** What the page tried that its own security policy forbids. */
const policyFaults: string[] = [];

/**
 * A network of the shape of the shipped one, a twentieth as wide. Heads that start by predicting nothing are
 * filled.
 */
function writeNarrowWeights(): Uint8Array {
  const config = {
    ...photoPreset,
    channels: [4, 6, 8, 8] as [number, number, number, number],
    trajectoryChannels: 4,
    frameChannels: 4,
  };
  const weights = photoFamily.initialWeights(config, 5);
  for (const { values } of Object.values(weights)) {
    if (values.some((value) => value !== 0)) continue;
    values.forEach((_, index) => (values[index] = 0.01 * Math.sin(3 * index + values.length)));
  }
  return photoFamily.writeWeights(weights, config, { dtype: 'float16' });
}
const narrowWeights = writeNarrowWeights();

const status = () => page.locator('#status');
const done = /\d+ frames of .* in [\d.]+ s\.$/;
const engineNote = (on = page) => on.textContent('#engine-note');

/** @param before runs in the page before it begins. */
async function openPage(
  query = '',
  options: BrowserContextOptions = {},
  url = stand.url,
  before?: () => void,
): Promise<Page> {
  const context = await stand.browser.newContext({
    viewport: windowSize,
    acceptDownloads: true,
    ...options,
  });
  if (before) await context.addInitScript(before);
  const opened = await context.newPage();
  opened.setDefaultTimeout(350_000);
  opened.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) policyFaults.push(message.text());
  });
  await opened.goto(url + query);
  return opened;
}

async function waitForStatus(wanted: RegExp, on = page): Promise<string> {
  await on.waitForFunction(
    (source) => new RegExp(source).test(document.getElementById('status')!.textContent),
    wanted.source,
  );
  return (await on.textContent('#status'))!;
}

/** Waits until such work is under way. */
async function waitForWork(title: RegExp, on = page): Promise<void> {
  await on.waitForFunction(
    (source) =>
      !document.getElementById('working')!.hidden &&
      new RegExp(source).test(document.getElementById('working-title')!.textContent),
    title.source,
  );
}

/** Waits for frames of a photograph that is still worked on: not those of a preview. */
async function waitForFrames(on: Page): Promise<void> {
  await on.waitForFunction(() => {
    const label = document.getElementById('frame-label')!;
    return !label.hidden && label.textContent === 'Restored';
  });
}

async function givePhoto(name: string, bytes: Buffer, mimeType = 'image/png', on = page): Promise<void> {
  await on.setInputFiles('#other-file', { name, mimeType, buffer: bytes });
}

async function save(
  kind: 'mp4' | 'gif' | 'webp' | 'png' | 'pair' | 'zip',
): Promise<{ name: string; bytes: Buffer }> {
  const [download] = (await Promise.all([page.waitForEvent('download'), page.click(`#save-${kind}`)])) as [
    Download,
    void,
  ];
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

const accessibilityFaults = () => accessibilityFaultsOf(page);

/** Every frame as the canvas shows it. */
async function shownFrames(): Promise<RgbImage[]> {
  const frames: RgbImage[] = [];
  await page.focus('#scrub');
  await page.keyboard.press('Home');
  for (let index = 0; index < 25; index++) {
    if (index > 0) await page.keyboard.press('ArrowRight');
    const url = await page.evaluate(() =>
      (document.getElementById('frame-canvas') as HTMLCanvasElement).toDataURL('image/png'),
    );
    frames.push(await loadPhoto(Buffer.from(url.split(',')[1]!, 'base64')));
  }
  return frames;
}

/** Of a round to and fro, the frame that each place shows. */
const toAndFro = Array.from({ length: 48 }, (_, place) => (place <= 24 ? place : 48 - place));

/**
 * Each decoded picture is the frame of its place, as far as its format allows, and no other frame fits
 * better.
 */
function expectRound(decoded: RgbImage[], frames: RgbImage[], leastPsnr: number): void {
  const likenesses = decoded.map((picture, place) =>
    frames.map((frame) => psnr(picture, frame) - psnr(picture, frames[toAndFro[place % toAndFro.length]!]!)),
  );
  // Frames of a photograph in which little moves are nearly one: codecs then decide which fits best.
  for (const differences of likenesses) expect(Math.max(...differences)).toBeLessThan(1);
  const worst = Math.min(
    ...decoded.map((picture, place) => psnr(picture, frames[toAndFro[place % toAndFro.length]!]!)),
  );
  console.log(`decoded pictures beside the frames on the page: at least ${worst.toFixed(1)} dB`);
  expect(worst).toBeGreaterThan(leastPsnr);
}

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
if (!hasFfmpeg) console.log('Saved videos are not decoded: no ffmpeg here (Debian: apt-get install ffmpeg).');

/** The processor time in milliseconds of the longest task that the page's own thread ran meanwhile. */
async function longestPageTask(doing: () => Promise<unknown>, on = page): Promise<number> {
  await stand.browser.startTracing(on, { categories: ['toplevel'] });
  await doing();
  const trace = await stand.browser.stopTracing();
  const { traceEvents } = JSON.parse(trace.toString()) as {
    traceEvents: { name: string; pid: number; tid: number; tdur?: number; args?: { name?: string } }[];
  };
  const threadOf = ({ pid, tid }: { pid: number; tid: number }) => `${pid} ${tid}`;
  const pages = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(threadOf),
  );
  const tasks = traceEvents.filter(
    (event) => event.name.endsWith('RunTask') && event.tdur !== undefined && pages.has(threadOf(event)),
  );
  if (tasks.length === 0) throw new Error('The trace holds no tasks of a page.');
  return Math.max(...tasks.map(({ tdur }) => tdur! / 1000));
}

const windowSize = { width: 1280, height: 860 };

/** When the shared page was in windows of other sizes, in milliseconds since it was opened. */
const otherWindows: { from: number; to: number }[] = [];

/** Does what `work` does in windows of other sizes: another width is another layout, not a jump. */
async function inOtherWindows<T>(work: () => Promise<T>): Promise<T> {
  const from = await page.evaluate(() => performance.now());
  const result = await work();
  await page.setViewportSize(windowSize);
  await page.waitForFunction((width) => innerWidth === width, windowSize.width);
  // The second frame comes when the first is laid out.
  const to = await page.evaluate(
    () =>
      new Promise<number>((resolve) =>
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now()))),
      ),
  );
  otherWindows.push({ from, to });
  return result;
}

const overflow = () =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** A piece of a photograph in which the frames differ well: by 27 dB from one to the next. */
async function smallPhoto(): Promise<Buffer> {
  return sharp(squarePath).extract({ left: 192, top: 144, width: 160, height: 96 }).png().toBuffer();
}

/** A layout shift, with the elements that moved. */
type MovedLayout = LayoutShift & { moved: string[] };

/** Has a page keep what moves in it, what it shows and how late it hears of keys. */
async function watch(on: Page): Promise<void> {
  await on.evaluate(() => {
    const measured = Object.assign(window, {
      layoutShifts: [] as MovedLayout[],
      largestPaint: 0,
      inputDelays: [] as number[],
    });
    new PerformanceObserver((list) => (measured.largestPaint = list.getEntries().at(-1)!.startTime)).observe({
      type: 'largest-contentful-paint',
      buffered: true,
    });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
        sources: { node?: Node }[];
      })[]) {
        if (entry.hadRecentInput) continue;
        const moved = entry.sources.map(({ node }) =>
          node instanceof Element ? `${node.tagName.toLowerCase()}#${node.id}.${node.className}` : 'text',
        );
        measured.layoutShifts.push({ value: entry.value, startTime: entry.startTime, moved });
      }
    }).observe({ type: 'layout-shift', buffered: true });
    // Taken by hand: the browser's own event timing leaves out what was quicker than 16 ms.
    addEventListener('keydown', ({ timeStamp }) => measured.inputDelays.push(performance.now() - timeStamp), {
      capture: true,
    });
  });
}

describeInBrowser('the page', () => {
  beforeAll(async () => {
    stand = await startStand(narrowWeights);
    page = await openPage('?engine=wasm');
    await watch(page);
  });
  afterAll(() => stand?.stop());

  test('restores what the command restores', async () => {
    const photo = await loadPhoto(
      await sharp(squarePath).extract({ left: 192, top: 144, width: 48, height: 32 }).png().toBuffer(),
    );
    const times = [0, 0.4];
    const restorer = await createRestorer({
      weights: narrowWeights,
      scale: 1,
    });
    const expected = await restorer.restore(
      { width: photo.width, height: photo.height, data: photo.data },
      { times },
    );
    await restorer.release();
    const parity = await openPage('engine-parity.html');
    const frames = await parity.evaluate(
      ([name, weights, image, wanted]) =>
        (
          window as unknown as {
            restoreOn(
              name: string,
              weights: readonly number[],
              image: object,
              times: number[],
            ): Promise<number[][]>;
          }
        ).restoreOn(name, weights, image, wanted),
      [
        'wasm',
        [...narrowWeights],
        { width: photo.width, height: photo.height, data: [...photo.data] },
        times,
      ] as const,
    );
    await parity.context().close();
    const largest = Math.max(
      ...frames.flatMap((values, index) =>
        values.map((value, place) => Math.abs(value - expected.frames[index]!.data[place]!)),
      ),
    );
    console.log(`frames differ from those of ONNX Runtime by at most ${largest.toExponential(1)}`);
    expect(frames.map(({ length }) => length)).toEqual(times.map(() => 3 * 48 * 32));
    expect(largest).toBeLessThan(1e-4);
  });

  test('weighs less than 0.3 MB until the first screen is there, compressed', () => {
    const bytesOf = (wanted: (path: string) => boolean) =>
      readdirSync(stand.folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && wanted(join(entry.parentPath, entry.name)))
        .reduce(
          (sum, { parentPath, name }) => sum + gzipSync(readFileSync(join(parentPath, name))).length,
          0,
        );
    const firstScreen = bytesOf((path) =>
      /index\.html$|\.css$|\/(index|download)-[^/]*\.js$|moment\/(blurred|sharp|moment)\.|favicon/.test(path),
    );
    const engine = bytesOf((path) =>
      /(restoring|photo)-worker|ort-wasm-simd-threaded-.*|ort\.wasm/.test(path),
    );
    const weights = bytesOf((path) => path.endsWith('.safetensors') && path.includes('photo'));
    console.log(
      `compressed: first screen ${(firstScreen / 1e3).toFixed(0)} kB, engine ${(engine / 1e6).toFixed(1)} MB, weights ${(weights / 1e6).toFixed(1)} MB`,
    );
    expect(firstScreen).toBeLessThan(3e5);
    expect(engine).toBeLessThan(4.5e6);
  });

  test('can be installed, and shown beside a link', async () => {
    const manifest = await page.evaluate(async () => {
      const link = document.querySelector<HTMLLinkElement>('link[rel=manifest]')!;
      const text = await (await fetch(link.href)).json();
      const icons = await Promise.all(
        (text.icons as { src: string; sizes: string; type: string }[]).map(async ({ src, sizes }) => {
          const bitmap = await createImageBitmap(
            await new Promise<HTMLImageElement>((resolve, reject) => {
              const image = new Image();
              image.onload = () => resolve(image);
              image.onerror = () => reject(new Error(src));
              image.src = new URL(src, link.href).href;
            }),
          ).catch(() => undefined);
          return sizes === 'any' || `${bitmap?.width}x${bitmap?.height}` === sizes;
        }),
      );
      const picture = document.querySelector<HTMLMetaElement>('meta[property="og:image"]')!.content;
      return { name: text.name, display: text.display, icons, picture: (await fetch(picture)).status };
    });
    expect(manifest).toEqual({
      name: expect.stringContaining('unblur'),
      display: 'standalone',
      icons: [true, true, true],
      picture: 200,
    });
    expect((await page.request.get(`${stand.url}model-card.txt`)).headers()['content-type']).toContain(
      'text',
    );
  });

  test('says without JavaScript what to do instead', async () => {
    const plain = await openPage('', { javaScriptEnabled: false }, stand.plainUrl);
    expect(await plain.locator('.noscript').textContent()).toContain('npx @unblur/cli restore');
    await plain.context().close();
  });

  test('shows on its first screen a moment that plays, and can be paused', async () => {
    const playing = () =>
      page.waitForFunction(() => {
        const video = document.querySelector<HTMLVideoElement>('#moment-video')!;
        return !video.paused && video.currentTime > 0.1;
      });
    await playing();
    await page.click('#moment-play');
    await page.waitForSelector('#moment-play[aria-label="Play the example"]');
    expect(await page.evaluate(() => document.querySelector<HTMLVideoElement>('#moment-video')!.paused)).toBe(
      true,
    );
    await page.click('#moment-play');
    await playing();
    await page.click('#moment-play');
    expect(await page.locator('#work').isVisible()).toBe(false);
    expect(await page.locator('.example').count()).toBe(3);
    expect(await accessibilityFaults()).toEqual([]);
  });

  test('keeps still for who prefers stillness', async () => {
    const still = await openPage('', { reducedMotion: 'reduce' }, stand.plainUrl);
    // What is told of the picture coming into view is told to the page first.
    await still.evaluate(
      () =>
        new Promise((resolve) =>
          new IntersectionObserver(resolve).observe(document.getElementById('moment')!),
        ),
    );
    expect(await still.getAttribute('#moment-video', 'src')).toBeNull();
    expect(await still.getAttribute('#moment-play', 'aria-label')).toBe('Play the example');
    await still.context().close();
  });

  test('keeps all of itself after a first visit that was cut short, and what pages still open need', async () => {
    const visit = await openPage('model-card.txt', {}, stand.plainUrl);
    const files = await visit.evaluate(async () => {
      const { version, files } = await (await fetch('./offline-files.json')).json();
      for (const earlier of ['oldest', 'before']) {
        await (await caches.open(`unblur-page-${earlier}`)).put('./part.js', new Response(earlier));
      }
      await caches.open(`unblur-page-${version}`);
      return files as string[];
    });
    await visit.goto(stand.plainUrl);
    await visit.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await visit.context().setOffline(true);
    await visit.reload();
    expect(await visit.isVisible('#start')).toBe(true);
    const kept = await visit.evaluate(
      (names) =>
        Promise.all(
          [...names, './part.js'].map(async (name) => {
            const response = await caches.match(name);
            return name === './part.js' ? response?.text() : response?.ok;
          }),
        ),
      files,
    );
    expect(kept).toEqual([...files.map(() => true), 'before']);
    await visit.goto(`${stand.plainUrl}model-card.txt`);
    expect(await visit.textContent('body')).toMatch(/^# /m);
    await visit.context().close();
  });

  test('loads the network as soon as somebody looks for a photograph', async () => {
    const early = await openPage('', {}, stand.plainUrl, neverIdle);
    const held = await holdCalls(early, 'start');
    expect(await early.textContent('#offline-note')).toBe('');
    const chooser = early.waitForEvent('filechooser');
    await early.locator('#file').evaluate((input) => (input as HTMLInputElement).click());
    await chooser;
    expect(await early.textContent('#offline-note')).toMatch(/^Loading the network/);
    await held.release();
    await early.waitForFunction(() =>
      /stored|loaded for this visit/.test(document.getElementById('offline-note')!.textContent),
    );
    await early.context().close();
  });

  test('shows nothing more of a download to whoever has stopped', async () => {
    const fresh = await openPage('?engine=wasm', {}, stand.plainUrl, withoutServiceWorker);
    let sendWeights = () => {};
    const areAsked = new Promise<void>((resolve) => {
      void fresh.route('**/photo-*.safetensors', (route) => {
        sendWeights = () => void route.continue();
        resolve();
      });
    });
    await givePhoto('small.png', await smallPhoto(), 'image/png', fresh);
    await areAsked;
    // One figure for all that is downloaded, whatever comes first.
    await fresh.waitForFunction(() =>
      /^1[34] of 1[34] MB$/.test(document.getElementById('working-figure')!.textContent),
    );
    expect(await fresh.textContent('#working-title')).toBe('Loading the network');
    await fresh.click('#stop');
    sendWeights();
    await fresh.waitForFunction(() =>
      /stored|loaded for this visit/.test(document.getElementById('offline-note')!.textContent),
    );
    expect(await fresh.textContent('#status')).toBe('Stopped.');
    expect(await fresh.isVisible('#working')).toBe(false);
    await fresh.context().close();
  });

  test('says of what is no photograph what it is', async () => {
    for (const [name, type, content, sentence] of [
      ['notes.txt', 'text/plain', 'Dear all', /notes\.txt is a text file/],
      ['logo.svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>', /drawing \(SVG\)/],
      ['nothing.jpg', 'image/jpeg', '', /nothing\.jpg is empty/],
    ] as const) {
      await page.setInputFiles('#file', { name, mimeType: type, buffer: Buffer.from(content) });
      await waitForStatus(sentence);
    }
    await page.setInputFiles('#file', {
      name: 'broken.jpg',
      mimeType: 'image/jpeg',
      buffer: readFileSync(squarePath).subarray(0, 300),
    });
    await waitForStatus(/^broken\.jpg: not a photograph that the browser can read/);
    expect(await page.locator('#start').isVisible()).toBe(true);
  });

  test('keeps no room on a phone for what it may have to say, and moves nothing to say it', async () => {
    const phone = await openPage('', { viewport: { width: 390, height: 844 }, hasTouch: true });
    const topOfMoment = () => phone.locator('#moment').evaluate((box) => box.getBoundingClientRect().top);
    const endOfMasthead = await phone
      .locator('.masthead')
      .evaluate((box) => box.getBoundingClientRect().bottom);
    const before = await topOfMoment();
    expect(before - endOfMasthead).toBeLessThan(16);
    await phone.setInputFiles('#file', {
      name: 'notes.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('Dear all'),
    });
    await waitForStatus(/text file/, phone);
    expect(await topOfMoment()).toBe(before);
    expect(await accessibilityFaultsOf(phone)).toEqual([]);
    await phone.context().close();
  });

  test('skips to what the visitor begins with', async () => {
    await page.focus('#skip-link');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => [document.activeElement!.id, location.hash])).toEqual(['file', '']);
  });

  test('restores a photograph that is given as a file, on as many threads as there are processors', async () => {
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    const processors = await page.evaluate(() => navigator.hardwareConcurrency);
    await givePhoto('small.png', await smallPhoto());
    expect(await waitForStatus(done)).toMatch(/^25 frames of 160 × 96 in/);
    const threads = Number(/^Last: WebAssembly, (\d+) thread/.exec((await engineNote())!)![1]);
    expect(threads).toBeGreaterThanOrEqual(Math.min(4, processors));
    expect(threads).toBeLessThanOrEqual(processors);
  });

  test('restores in a folder of a host without headers: on one thread, then on more', async () => {
    plainPage = await openPage('?engine=wasm', { reducedMotion: 'reduce' }, stand.plainUrl);
    expect(await plainPage.evaluate(() => crossOriginIsolated)).toBe(false);
    await givePhoto('small.png', await smallPhoto(), 'image/png', plainPage);
    await waitForStatus(/frames of 160 × 96/, plainPage);
    expect(await engineNote(plainPage)).toBe('Last: WebAssembly, 1 thread.');
    await plainPage.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await plainPage.reload();
    await watch(plainPage);
    expect(await plainPage.evaluate(() => crossOriginIsolated)).toBe(true);
    // A machine that does much else may make one task long; what is always long is so the second time too.
    let longest = Infinity;
    for (let attempt = 1; longest >= 50 && attempt <= 2; attempt++) {
      if (attempt > 1) await plainPage.click('#back-to-start');
      const held = await holdCalls(plainPage, 'restore', frameCount - 1);
      await plainPage.focus('.example >> nth=0');
      await plainPage.keyboard.press('Enter');
      await plainPage.waitForFunction(() => document.activeElement!.id === 'stage');
      await waitForFrames(plainPage);
      longest = await longestPageTask(async () => {
        await held.release();
        await waitForStatus(/25 frames of 640 × 360/, plainPage);
        expect(await engineNote(plainPage)).toMatch(/WebAssembly, [2-8] threads/);
        await plainPage.waitForTimeout(500);
      }, plainPage);
      console.log(
        `the page's longest task takes ${longest.toFixed(1)} ms of a processor when the result comes`,
      );
    }
    expect(longest).toBeLessThan(50);
  });

  test('compares with the blurred photograph from the start, and plays', async () => {
    expect(await page.locator('#divider').isVisible()).toBe(true);
    expect(await page.locator('#compared-canvas').isVisible()).toBe(true);
    expect(await page.getAttribute('#play', 'aria-label')).toBe('Pause');
  });

  test('shows each frame as it is scrubbed by keys, by the slider and by dragging', async () => {
    const frameNumber = page.locator('#frame-number');
    await page.focus('#viewer');
    await page.keyboard.press('Home');
    await expect(frameNumber.textContent()).resolves.toBe('1 / 25');
    const picture = () =>
      page.evaluate(() => (document.getElementById('frame-canvas') as HTMLCanvasElement).toDataURL());
    const first = await picture();
    await page.keyboard.press('End');
    await expect(frameNumber.textContent()).resolves.toBe('25 / 25');
    expect(await picture()).not.toBe(first);
    await page.keyboard.press('ArrowLeft');
    await expect(frameNumber.textContent()).resolves.toBe('24 / 25');

    await page.focus('#scrub');
    await page.keyboard.press('Home');
    await expect(frameNumber.textContent()).resolves.toBe('1 / 25');

    const box = (await page.locator('#viewer').boundingBox())!;
    await page.mouse.move(box.x + 100, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 20, box.y + box.height / 2, { steps: 8 });
    await page.mouse.up();
    await expect(frameNumber.textContent()).resolves.toBe('25 / 25');
  });

  test('obeys keys where whoever chose a photograph by keys is left', async () => {
    await page.focus('#stage');
    await page.keyboard.press('Home');
    expect(await page.textContent('#frame-number')).toBe('1 / 25');
    await page.keyboard.press('Space');
    expect(await page.getAttribute('#play', 'aria-label')).toBe('Pause');
    await page.keyboard.press('Space');
    expect(await page.getAttribute('#play', 'aria-label')).toBe('Play');
  });

  test('moves a zoomed picture by keys', async () => {
    await page.focus('#viewer');
    const frameBefore = await page.textContent('#frame-number');
    const place = () => page.locator('#picture').evaluate((picture) => picture.getBoundingClientRect().x);
    for (let press = 0; press < 4; press++) await page.keyboard.press('+');
    const zoomed = await place();
    await page.keyboard.press('ArrowRight');
    expect(await place()).toBeCloseTo(zoomed - 64, 1);
    await page.keyboard.press('ArrowLeft');
    expect(await place()).toBeCloseTo(zoomed, 1);
    expect(await page.textContent('#frame-number')).toBe(frameBefore);
    await page.keyboard.press('0');
  });

  test('shows the moment between two frames, made for it', async () => {
    const picture = () =>
      page.evaluate(() => (document.getElementById('frame-canvas') as HTMLCanvasElement).toDataURL());
    const scrubTo = async (place: number) => {
      await page.locator('#scrub').evaluate((slider, value) => {
        (slider as HTMLInputElement).value = String(value);
        slider.dispatchEvent(new Event('input', { bubbles: true }));
      }, place);
      await page.waitForFunction(
        (number) => document.getElementById('frame-number')!.textContent === `${number} / 25`,
        place + 1,
      );
      return picture();
    };
    const [before, between, after] = [await scrubTo(3), await scrubTo(3.5), await scrubTo(4)];
    expect(between).not.toBe(before);
    expect(between).not.toBe(after);
    await scrubTo(3.5);
    await page.focus('#scrub');
    await page.keyboard.press('ArrowRight');
    expect(await page.textContent('#frame-number')).toBe('5 / 25');
  });

  test('plays, and pauses where it is', async () => {
    await page.selectOption('#order', 'reverse');
    await page.click('#play');
    await page.waitForFunction(() => document.getElementById('frame-number')!.textContent === '3 / 25');
    // Who hears the page does not hear every frame.
    expect(await page.getAttribute('#frame-number', 'aria-live')).toBe('off');
    await page.click('#play');
    expect(await page.getAttribute('#frame-number', 'aria-live')).toBe('polite');
    expect(await page.getAttribute('#play', 'aria-label')).toBe('Play');
    await page.selectOption('#order', 'ping-pong');
    // What plays by itself takes time from what is tested from here on.
    await page.emulateMedia({ reducedMotion: 'reduce' });
  });

  test('compares with the blurred photograph by a divider that keys move', async () => {
    await page.focus('#divider');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    expect(await page.getAttribute('#divider', 'aria-valuenow')).toBe('5');
    expect(await page.locator('#compared-canvas').evaluate((canvas) => canvas.style.clipPath)).toContain(
      '95%',
    );
  });

  test('draws the motion as arrows and as colours, with its length', async () => {
    for (const [choice, id] of [
      ['arrows', '#motion-arrows'],
      ['colours', '#motion-colours'],
    ] as const) {
      await page.selectOption('#motion', choice);
      const painted = await page.locator(id).evaluate((canvas) => {
        const { width, height } = canvas as HTMLCanvasElement;
        return new Set((canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height).data)
          .size;
      });
      expect(painted).toBeGreaterThan(2);
    }
    expect(await page.textContent('#colour-wheel-caption')).toMatch(/rim [\d.]+ px/);
    expect(await page.locator('#motion-path circle').count()).toBe(25);
  });

  test('saves the frame that is shown, without loss', async () => {
    const frames = await shownFrames();
    const { name, bytes } = await save('png');
    expect(name).toBe('small-frame-25.png');
    expect(psnr(await loadPhoto(bytes), frames[24]!)).toBe(Infinity);
  });

  test('saves an animation that decodes to the round it plays', async () => {
    const { name, bytes } = await save('gif');
    expect(name).toBe('small-unblurred.gif');
    const { pages, width, pageHeight, delay } = await sharp(bytes, { pages: -1 }).metadata();
    expect({ pages, width, pageHeight, delay: delay![0] }).toEqual({
      pages: 48,
      width: 160,
      pageHeight: 96,
      delay: 40,
    });
    const decoded = await Promise.all(
      toAndFro.map(async (_, place) => loadPhoto(await sharp(bytes, { page: place }).png().toBuffer())),
    );
    expectRound(decoded, await shownFrames(), 25);
  });

  test('saves a WebP animation, and before and after in one picture', async () => {
    const animation = await save('webp');
    expect(animation.name).toBe('small-unblurred.webp');
    const { pages, delay } = await sharp(animation.bytes, { pages: -1 }).metadata();
    expect({ pages, delay: delay![0] }).toEqual({ pages: 48, delay: 40 });
    const frames = await shownFrames();
    const first = await loadPhoto(await sharp(animation.bytes, { page: 0 }).png().toBuffer());
    expect(psnr(first, frames[0]!)).toBeGreaterThan(25);

    const pair = await save('pair');
    expect(pair.name).toBe('small-before-after.png');
    const { width, height } = await sharp(pair.bytes).metadata();
    expect([width, height]).toEqual([2 * 160 + 2, 96]);
    const half = (left: number) =>
      sharp(pair.bytes).extract({ left, top: 0, width: 160, height: 96 }).png().toBuffer();
    expect(psnr(await loadPhoto(await half(0)), await loadPhoto(await smallPhoto()))).toBe(Infinity);
    expect(psnr(await loadPhoto(await half(162)), frames[24]!)).toBe(Infinity);
  });

  test('saves a video that the browser plays', async () => {
    const { name, bytes } = await save('mp4');
    expect(name).toBe('small-unblurred.mp4');
    const video = await page.evaluate(async (base64) => {
      const element = document.createElement('video');
      element.src = `data:video/mp4;base64,${base64}`;
      await new Promise((resolve, reject) => {
        element.onloadeddata = resolve;
        element.onerror = () => reject(new Error(element.error!.message));
      });
      return { width: element.videoWidth, height: element.videoHeight, seconds: element.duration };
    }, bytes.toString('base64'));
    expect([video.width, video.height]).toEqual([160, 96]);
    expect(video.seconds).toBeCloseTo((4 * 48) / 25, 1);
  });

  test('gives the frames that the command gives', async () => {
    const frames = await shownFrames();
    const restorer = await createRestorer({
      weights: readFileSync(bundledWeights[defaultWeightsName].url),
      scale: 1,
    });
    const expected = await restorer.restore(await loadPhoto(await smallPhoto()), { times: frameTimes(25) });
    await restorer.release();
    const similarities = expected.frames.map((frame, index) => psnr(frames[index]!, frame));
    console.log(
      `frames of the page beside those of the command: ${similarities.map((value) => value.toFixed(1)).join(', ')} dB`,
    );
    expect(Math.min(...similarities)).toBeGreaterThan(45);
  });

  (hasFfmpeg ? test : test.skip)(
    'saves a video and an archive that decode to the frames on the page',
    async () => {
      const files = unzipSync((await save('zip')).bytes);
      expect(Object.keys(files).sort()).toEqual([
        'animation.gif',
        'blur.png',
        ...Array.from({ length: 25 }, (_, index) => `frame-${String(index + 1).padStart(2, '0')}.png`),
        'video.mp4',
      ]);
      const frames = await shownFrames();
      for (const [index, frame] of frames.entries()) {
        expect(psnr(await loadPhoto(files[`frame-${String(index + 1).padStart(2, '0')}.png`]!), frame)).toBe(
          Infinity,
        );
      }
      expect(psnr(await loadPhoto(files['blur.png']!), await loadPhoto(await smallPhoto()))).toBe(Infinity);

      const folder = mkdtempSync(join(tmpdir(), 'unblur-saved-'));
      try {
        writeFileSync(join(folder, 'video.mp4'), files['video.mp4']!);
        const { stdout, stderr } = spawnSync(
          'ffmpeg',
          [
            '-v',
            'error',
            '-i',
            join(folder, 'video.mp4'),
            '-fps_mode',
            'passthrough',
            '-f',
            'rawvideo',
            '-pix_fmt',
            'rgb24',
            '-',
          ],
          { maxBuffer: 1e9 },
        );
        expect(stderr.toString()).toBe('');
        const bytesPerFrame = 160 * 96 * 3;
        expect(stdout.length / bytesPerFrame).toBe(4 * 48);
        const decoded = Array.from({ length: 4 * 48 }, (_, place): RgbImage => ({
          width: 160,
          height: 96,
          data: Float32Array.from(
            stdout.subarray(place * bytesPerFrame, (place + 1) * bytesPerFrame),
            (byte) => byte / 255,
          ),
        }));
        expectRound(decoded, frames, 25);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  test.each(['light', 'dark'] as const)(
    'has no fault that axe finds, and nothing that reaches beyond the screen, at three widths in %s colours',
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      await inOtherWindows(async () => {
        for (const width of [360, 768, 1440]) {
          await page.setViewportSize({ width, height: 860 });
          expect(await overflow()).toBe(0);
          expect(await accessibilityFaults()).toEqual([]);
        }
      });
    },
  );

  test.each([
    ['a long name without a place to break', 'a'.repeat(200), 16],
    ['letters twice as large', 'small', 32],
  ])('fits a narrow window with %s', async (_, name, letterPixels) => {
    const width = await inOtherWindows(async () => {
      await page.setViewportSize({ width: 360, height: 740 });
      return page.evaluate(
        ({ name, letterPixels }) => {
          const saying = ['#status', '#save-note'].map((selector) => document.querySelector(selector)!);
          const texts = saying.map(({ textContent }) => textContent);
          for (const element of saying) element.textContent = `${name}.png`;
          document.documentElement.style.fontSize = `${letterPixels}px`;
          const queue = document.getElementById('queue')!;
          queue.hidden = false;
          queue.innerHTML = `<button class="queued">${name}: waiting</button>`;
          const { scrollWidth } = document.documentElement;
          saying.forEach((element, index) => (element.textContent = texts[index]!));
          document.documentElement.style.fontSize = '';
          queue.hidden = true;
          queue.replaceChildren();
          return scrollWidth;
        },
        { name, letterPixels },
      );
    });
    expect(width).toBeLessThanOrEqual(360);
  });

  test('has targets of 44 pixels for fingers', async () => {
    const { small, heights } = await inOtherWindows(async () => {
      await page.setViewportSize({ width: 390, height: 844 });
      return {
        small: await smallTargetsOf(page),
        heights: await page.evaluate(() =>
          ['#photo-origin a', '#photo-origin'].map(
            (selector) => document.querySelector(selector)!.getBoundingClientRect().height,
          ),
        ),
      };
    });
    expect(small).toEqual([]);
    // A link in a text is as tall, without a gap before its line.
    expect(heights[0]).toBeGreaterThanOrEqual(43.9);
    expect(heights[1]).toBeLessThan(70);
  });

  test('puts what is chosen below the picture under its name on a narrow screen', async () => {
    const places = await inOtherWindows(async () => {
      await page.setViewportSize({ width: 360, height: 740 });
      return page.evaluate(() =>
        ['order', 'speed'].map((id) => {
          const select = document.getElementById(id)!;
          const name = select.parentElement!.querySelector('span')!;
          return name.getBoundingClientRect().bottom <= select.getBoundingClientRect().top;
        }),
      );
    });
    expect(places).toEqual([true, true]);
  });

  test('shows in forced colours which tab is chosen', async () => {
    await page.emulateMedia({ forcedColors: 'active' });
    const [chosen, other] = await Promise.all(
      ['#tab-photo', '#tab-own-blur'].map((id) =>
        page.locator(id).evaluate((tab) => getComputedStyle(tab).backgroundColor),
      ),
    );
    await page.emulateMedia({ forcedColors: 'none' });
    expect(chosen).not.toBe(other);
  });

  test('keeps a result on show where the next file is broken', async () => {
    const before = await status().textContent();
    await givePhoto('broken.jpg', readFileSync(squarePath).subarray(0, 300));
    await waitForStatus(/^broken\.jpg: not a photograph that the browser can read.* Still showing small\.$/);
    expect(await page.locator('#viewer').isVisible()).toBe(true);
    expect(await page.locator('#save-mp4').isEnabled()).toBe(true);
    expect(before).not.toMatch(/broken/);
    const broken = { mimeType: 'image/jpeg', buffer: Buffer.from('\xff\xd8\xff no picture') };
    await page.setInputFiles('#other-file', [
      { name: 'first.jpg', ...broken },
      { name: 'second.jpg', ...broken },
    ]);
    await waitForStatus(/^first\.jpg: not a photo.* second\.jpg: not a photo.* Still showing small\.$/);
    expect(await page.locator('#save-mp4').isEnabled()).toBe(true);
    await page.setInputFiles('#other-file', {
      name: 'a.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('a'),
    });
    await waitForStatus(/a\.txt is a text file.* Still showing small\./);
  });

  test('shows nothing stale: what was saved before, and sizes', async () => {
    expect(await page.textContent('#save-note')).toMatch(/^Saved/);
    const frame = (alpha: number) =>
      sharp({ create: { width: 96, height: 64, channels: 4, background: { r: 90, g: 60, b: 30, alpha } } })
        .png()
        .toBuffer();
    const animation = await sharp([await frame(1), await frame(0)], { join: { animated: true } })
      .gif()
      .toBuffer();
    await givePhoto('moving.gif', animation, 'image/gif');
    await page.waitForFunction(() => !/^Saved/.test(document.getElementById('save-note')!.textContent));
    const told = await waitForStatus(/frames of 96 × 64 in/);
    expect(told).toMatch(/^It holds 2 pictures: only the first is restored\. /);
    expect(await page.textContent('#detail-note')).not.toMatch(/160 × 96/);
    expect(await page.locator('#detail option:checked').textContent()).toMatch(/^Automatic/);
    await givePhoto('glass.png', await frame(0.5));
    await waitForStatus(/^Transparent parts are shown on white\. .*frames of 96 × 64 in/);
    expect(await accessibilityFaults()).toEqual([]);
  });

  test('removes camera shake where that is asked for, and goes back to the film', async () => {
    const fresh = await openPage(
      '?engine=wasm',
      { reducedMotion: 'reduce' },
      stand.plainUrl,
      withoutServiceWorker,
    );
    const workers: string[] = [];
    fresh.on('worker', (worker) => workers.push(worker.url()));
    const isSavable = () => fresh.locator('#save-png').isEnabled();
    expect(await fresh.isDisabled('#other-way')).toBe(true);
    await givePhoto('small.png', await smallPhoto(), 'image/png', fresh);
    await waitForStatus(/25 frames of 160 × 96/, fresh);
    expect(workers.filter((url) => /unshaking/.test(url))).toEqual([]);

    const held = await holdCalls(fresh, 'unshake');
    await fresh.click('#other-way');
    await waitForWork(/^Removing camera shake$/, fresh);
    expect(await isSavable()).toBe(true);
    expect(await fresh.isDisabled('#other-way')).toBe(true);
    await fresh.click('#stop');
    expect(await fresh.textContent('#status')).toMatch(/^Stopped\. .*25 frames of 160 × 96/);
    expect(await fresh.isVisible('#working')).toBe(false);
    expect(await fresh.isVisible('#transport')).toBe(true);
    await held.release();

    await fresh.click('#other-way');
    await fresh.focus('#scrub');
    await waitForStatus(/^One photograph of 160 × 96 in/, fresh);
    expect(await fresh.evaluate(() => document.activeElement!.id)).toBe('stage');
    for (const part of ['#transport', '#save-mp4', '#motion', '#motion-card']) {
      expect({ part, isVisible: await fresh.isVisible(part) }).toEqual({ part, isVisible: false });
    }
    expect(await fresh.isVisible('#divider')).toBe(true);
    expect(await fresh.locator('#save-note').innerText()).toBe('The photo is the frame that is shown.');
    expect(await accessibilityFaultsOf(fresh)).toEqual([]);
    const [download] = await Promise.all([fresh.waitForEvent('download'), fresh.click('#save-png')]);
    expect(download.suggestedFilename()).toBe('small-unblurred.png');
    const saved = await loadPhoto(readFileSync(await download.path()));
    const likeness = psnr(saved, await loadPhoto(await smallPhoto()));
    expect(likeness).toBeGreaterThan(10);
    expect(likeness).toBeLessThan(40);

    await fresh.click('#other-way');
    expect(await fresh.textContent('#status')).toMatch(/25 frames of 160 × 96 in/);
    expect(await fresh.isVisible('#transport')).toBe(true);
    await fresh.click('#other-way');
    expect(await fresh.textContent('#status')).toMatch(/^One photograph/);

    // Another photograph begins as a film.
    const low = await sharp(await smallPhoto())
      .resize(96, 48)
      .png()
      .toBuffer();
    await givePhoto('low.png', low, 'image/png', fresh);
    await waitForStatus(/25 frames of 96 × 48/, fresh);
    expect(await fresh.textContent('#other-way')).toMatch(/^Camera shake/);
    await fresh.click('#other-way');
    await waitForStatus(/^low\.png: .*at least 64x64.* What is shown: .*25 frames of 96 × 48/, fresh);
    expect(await isSavable()).toBe(true);
    await fresh.context().close();

    const { files } = JSON.parse(readFileSync(join(stand.folder, 'offline-files.json'), 'utf8')) as {
      files: string[];
    };
    expect(files.filter((name) => /unshaking-worker/.test(name))).toHaveLength(1);
  });

  test('says with the result that the blur is longer than the network can follow, and what to do', async () => {
    const [width, height, blurPixels] = [328, 96, 81];
    const kernel = Array.from({ length: 3 * blurPixels }, (_, at) =>
      Math.floor(at / blurPixels) === 1 ? 1 : 0,
    );
    const blurred = await sharp(squarePath)
      .extract({ left: 100, top: 144, width, height })
      .convolve({ width: blurPixels, height: 3, kernel })
      .png()
      .toBuffer();
    await givePhoto('long.png', blurred);
    expect(await waitForStatus(/25 frames of 328 × 96/)).toMatch(
      /^The blur is longer than the network can follow, so some of it may remain: choose a smaller working size\. 25/,
    );
    await page.selectOption('#detail', '320');
    await waitForStatus(/^The blur is .*: choose a photograph with less motion\. 25 frames of 320 × 94/);
    await page.selectOption('#detail', 'auto');
  });

  test('decodes a HEIC photograph, upright and in its colours', async () => {
    await givePhoto('phone.heic', phonePhoto, 'image/heic');
    await waitForStatus(/frames of 64 × 64/);
    await page.selectOption('#motion', 'nothing');
    const compared = await page.evaluate(() =>
      (document.getElementById('compared-canvas') as HTMLCanvasElement).toDataURL('image/png'),
    );
    const [shown, expected] = await Promise.all([
      loadPhoto(Buffer.from(compared.split(',')[1]!, 'base64')),
      loadPhoto(phonePhoto),
    ]);
    expect(psnr(shown, expected)).toBeGreaterThan(45);
  });

  test('restores several photographs one after the other, and says of each what became of it', async () => {
    const photo = await smallPhoto();
    const tiny = await sharp(photo).resize(96, 64).png().toBuffer();
    await page.evaluate(() => {
      const titles = Object.assign(window, { titles: [] as string[] }).titles;
      const title = document.getElementById('working-title')!;
      new MutationObserver(() => titles.push(title.textContent)).observe(title, { childList: true });
    });
    const broken = { mimeType: 'image/jpeg', buffer: Buffer.from('\xff\xd8\xff no picture') };
    await page.setInputFiles('#other-file', [
      { name: 'damaged.jpg', ...broken },
      { name: 'one.png', mimeType: 'image/png', buffer: tiny },
      { name: 'broken.jpg', ...broken },
      { name: 'two.png', mimeType: 'image/png', buffer: tiny },
      { name: 'live.mov', mimeType: 'video/quicktime', buffer: Buffer.from('\0\0\0\x14ftypqt  no clip') },
      { name: 'raw.dng', mimeType: 'image/x-adobe-dng', buffer: Buffer.from('II*\0 raw') },
    ]);
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll('.queued')].map((button) => button.textContent).join() ===
        'one: done,two: done',
    );
    // Which one is worked on is told all the while.
    const titles = await page.evaluate(() => (window as unknown as { titles: string[] }).titles);
    expect(titles).toContain('Restoring: 1 of 3, one');
    expect(titles.filter((title) => !/: [12] of [23], (one|broken|two)$/.test(title))).toEqual([]);
    // What cannot be read is told below; what can be is on show.
    expect(await page.locator('#refused p').allTextContents()).toEqual([
      'live.mov is a clip: choose it by itself.',
      expect.stringMatching(/^raw\.dng is a camera raw file.*Export it as JPEG/),
      expect.stringMatching(/^damaged\.jpg: not a photograph/),
      expect.stringMatching(/^broken\.jpg: not a photograph/),
    ]);
    expect(await status().textContent()).toMatch(/25 frames of 96 × 64/);
    expect(await accessibilityFaults()).toEqual([]);
    await page.click('.queued >> nth=1');
    expect(await page.getAttribute('.queued >> nth=1', 'aria-pressed')).toBe('true');
    expect(await status().textContent()).toMatch(/25 frames of 96 × 64/);
    expect(await page.locator('#save-mp4').isEnabled()).toBe(true);
    // Between its frames nothing can be made any more: the nearest is shown, and called what it is.
    await page.click('.queued >> nth=0');
    await page.locator('#scrub').evaluate((slider) => {
      (slider as HTMLInputElement).value = '3.25';
      slider.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await page.waitForTimeout(200);
    expect(await page.textContent('#frame-number')).toBe('4 / 25');
    // Whoever looks at another while one is saved hears how that ends.
    const saved = page.waitForEvent('download');
    await page.evaluate(() => {
      document.getElementById('save-gif')!.click();
      document.querySelectorAll<HTMLElement>('.queued')[1]!.click();
    });
    await saved;
    await page.waitForFunction(() => /^Saved one-/.test(document.getElementById('save-note')!.textContent));
  });

  test('fits a photograph of 50 megapixels, says so, and stops when asked', async () => {
    const large = await sharp({ create: { width: 8660, height: 5774, channels: 3, background: '#678' } })
      .jpeg()
      .toBuffer();
    const held = await holdCalls(page, 'restore');
    await givePhoto('large.jpg', large);
    await page.selectOption('#detail', '1280');
    // A preview may have been large enough to tell the time by.
    await waitForStatus(/8660 × 5774, restored at 1280 × 853\. (Restoring large …|This takes about)/);
    expect(await page.locator('#detail option:checked').textContent()).toMatch(/^1280 px/);
    await page.waitForFunction(() => (document.getElementById('progress') as HTMLProgressElement).value > 0);
    await page.focus('#stop');
    await page.keyboard.press('Enter');
    await waitForStatus(/Stopped/);
    expect(await page.evaluate(() => document.activeElement!.id)).toBe('stage');
    await page.selectOption('#detail', 'auto');
    await page.click('#stop');
    await held.release();
  });

  test('makes a blur, restores it and scores both orders against the truth', async () => {
    await plainPage.click('#tab-own-blur');
    await plainPage.waitForSelector('#restore-own-blur:enabled');
    // What one begins with is on the first screen.
    const buttonBottom = await plainPage
      .locator('#restore-own-blur')
      .evaluate((button) => button.getBoundingClientRect().bottom + scrollY);
    expect(buttonBottom).toBeLessThan(plainPage.viewportSize()!.height);
    await plainPage.check('input[name=drag][value=shake]', { force: true });
    const box = (await plainPage.locator('#viewfinder').boundingBox())!;
    await plainPage.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await plainPage.mouse.down();
    await plainPage.mouse.move(box.x + box.width / 2 + 60, box.y + box.height / 2 + 20, { steps: 4 });
    await plainPage.mouse.up();
    await plainPage.waitForSelector('#restore-own-blur:enabled');
    expect(Number(await plainPage.inputValue('#turn'))).toBeGreaterThan(3);
    expect(await accessibilityFaultsOf(plainPage)).toEqual([]);
    await plainPage.click('#restore-own-blur');
    await waitForStatus(done, plainPage);
    await plainPage.waitForFunction(() =>
      /dB on average/.test(document.getElementById('scores-note')!.textContent),
    );
    const rows = await plainPage
      .locator('#scores tr')
      .evaluateAll((lines) =>
        lines.map((line) => [...line.querySelectorAll('td')].map((cell) => Number(cell.textContent))),
      );
    expect(rows).toHaveLength(8);
    for (const values of rows) expect(values.every((value) => Number.isFinite(value))).toBe(true);
    // Each frame is compared with the truth of the order that fits.
    const isReversed = /^The reverse order/.test((await plainPage.textContent('#scores-note'))!);
    await plainPage.selectOption('#compare', 'truth');
    await plainPage.focus('#scrub');
    await plainPage.keyboard.press('Home');
    const likeness = await plainPage.evaluate(() => {
      const [restored, truth] = ['frame-canvas', 'compared-canvas'].map((id) => {
        const canvas = document.getElementById(id) as HTMLCanvasElement;
        return canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height).data;
      }) as [Uint8ClampedArray, Uint8ClampedArray];
      let sum = 0;
      for (let at = 0; at < restored.length; at++) if (at % 4 < 3) sum += (restored[at]! - truth[at]!) ** 2;
      return 10 * Math.log10(255 ** 2 / (sum / (0.75 * restored.length)));
    });
    // In reverse, the first frame is what is compared with the last of the truth.
    expect(likeness).toBeCloseTo(isReversed ? rows[6]![2]! : rows[0]![1]!, 0);
    // The middle frame is the same in both orders, and the blur is nearest to it.
    const psnrOfBlur = rows.slice(0, 7).map(([blurred]) => blurred!);
    expect(rows[3]![1]).toBe(rows[3]![2]);
    expect(Math.max(...psnrOfBlur)).toBe(psnrOfBlur[3]);
    expect(await accessibilityFaultsOf(plainPage)).toEqual([]);
    // Whoever comes back to it is told again what it is.
    await plainPage.click('#tab-photo');
    await plainPage.click('#tab-own-blur');
    expect(await plainPage.textContent('#status')).toMatch(done);
    // Another motion is another blur.
    await plainPage.locator('#tilt').evaluate((slider) => {
      (slider as HTMLInputElement).value = '4';
      slider.dispatchEvent(new Event('input', { bubbles: true }));
    });
    expect(await plainPage.locator('#viewer').isVisible()).toBe(false);
    expect(await plainPage.locator('#viewfinder').isVisible()).toBe(true);
    expect(await plainPage.textContent('#scores-note')).toMatch(/^Restore a blur/);
  });

  test('restores an own blur again on an engine that is chosen meanwhile, and none that has changed', async () => {
    const own = await openPage('?engine=wasm', { reducedMotion: 'reduce' }, stand.plainUrl);
    await own.click('#tab-own-blur');
    const held = await holdCalls(own, 'restore');
    await own.click('#restore-own-blur');
    await waitForStatus(/^Restoring/, own);
    await own.selectOption('#engine', '');
    await held.release();
    await waitForStatus(done, own);
    await own.click('#edit-own-blur');
    await holdCalls(own, 'restore');
    await own.click('#restore-own-blur');
    await waitForStatus(/^Restoring/, own);
    await own.locator('#tilt').press('ArrowRight');
    expect(await own.isVisible('#viewfinder')).toBe(true);
    expect(await own.isVisible('#working')).toBe(false);
    await own.context().close();
  });

  test('goes on with a photograph for whoever comes back to it', async () => {
    await plainPage.click('#tab-photo');
    const held = await holdCalls(plainPage, 'restore');
    await givePhoto('left.png', await smallPhoto(), 'image/png', plainPage);
    await waitForWork(/^Restoring$/, plainPage);
    await plainPage.click('#tab-own-blur');
    expect(await plainPage.locator('#viewfinder').isVisible()).toBe(true);
    await held.release();
    await plainPage.click('#tab-photo');
    await waitForStatus(/25 frames of 160 × 96/, plainPage);
    expect(await plainPage.locator('#viewer').isVisible()).toBe(true);
    expect(await asksBeforeLeaving(plainPage)).toBe(false);
  });

  test('restores what was given on another tab for whoever is at photographs when it is read', async () => {
    const fresh = await openPage('?engine=wasm', { reducedMotion: 'reduce' }, stand.plainUrl);
    await fresh.click('#tab-own-blur');
    await fresh.evaluate(
      (bytes) => {
        const input = document.getElementById('other-file') as HTMLInputElement;
        const given = new DataTransfer();
        given.items.add(new File([Uint8Array.from(bytes)], 'small.png', { type: 'image/png' }));
        input.files = given.files;
        input.dispatchEvent(new Event('change'));
        document.getElementById('tab-photo')!.click();
      },
      [...(await smallPhoto())],
    );
    await waitForStatus(/25 frames of 160 × 96/, fresh);
    await fresh.context().close();
  });

  test('goes on with all photographs for whoever comes back, and with none that were stopped', async () => {
    const buffer = await smallPhoto();
    const photos = ['one', 'two', 'three'].map((name) => ({
      name: `${name}.png`,
      mimeType: 'image/png',
      buffer,
    }));
    const chips = () => plainPage.locator('.queued').allTextContents();
    const lookElsewhere = async () => {
      await plainPage.click('#tab-own-blur');
      await plainPage.click('#tab-photo');
    };
    const allDone = () =>
      plainPage.waitForFunction(() => document.querySelectorAll('.queued[data-state=done]').length === 3);
    await plainPage.setInputFiles('#other-file', photos);
    await lookElsewhere();
    await allDone();
    expect(await asksBeforeLeaving(plainPage)).toBe(true);
    const held = await holdCalls(plainPage, 'restore');
    await plainPage.setInputFiles('#other-file', photos);
    await waitForWork(/^Restoring: 1 of 3, one$/, plainPage);
    await plainPage.click('#stop');
    await held.release();
    expect((await chips())[2]).toMatch(/^three: stopped/);
    const before = await chips();
    await lookElsewhere();
    expect(await chips()).toEqual(before);
    expect(await plainPage.isVisible('#working')).toBe(false);
    expect(await plainPage.textContent('#status')).toBe('Stopped.');
    await plainPage.click('.queued >> nth=2');
    await waitForStatus(/25 frames of 160 × 96/, plainPage);
    expect((await chips())[2]).toBe('three: done');
  });

  test('restores ahead what memory has room for, and forgets what was looked at for the next', async () => {
    const fresh = await openPage('?engine=wasm', { reducedMotion: 'reduce' }, stand.plainUrl);
    // The frames of one such photograph fill it.
    await fresh.evaluate(() => Object.defineProperty(navigator, 'deviceMemory', { value: 0.002 }));
    const buffer = await sharp(await smallPhoto())
      .resize(96, 64)
      .png()
      .toBuffer();
    await fresh.setInputFiles(
      '#file',
      ['one', 'two', 'three'].map((name) => ({ name: `${name}.png`, mimeType: 'image/png', buffer })),
    );
    const waitForList = (...words: string[]) =>
      fresh.waitForFunction(
        (wanted) =>
          [...document.querySelectorAll('.queued')].map(({ textContent }) => textContent).join() === wanted,
        words.map((word, index) => `${['one', 'two', 'three'][index]}: ${word}`).join(),
      );
    const [later, forgotten] = ['waiting until others are looked at', 'looked at, press to make it again'];
    await waitForList('done', later, later);
    await fresh.click('.queued >> nth=1');
    await waitForList(forgotten, 'done', later);
    expect(await fresh.locator('#save-mp4').isEnabled()).toBe(true);
    await fresh.click('.queued >> nth=0');
    await waitForList('done', forgotten, later);
    expect(await fresh.textContent('#status')).toMatch(/25 frames of 96 × 64/);
    await fresh.context().close();
  });

  test('shows the photograph that is worked on to whoever comes back to it from another', async () => {
    const fresh = await openPage('?engine=wasm', { reducedMotion: 'reduce' }, stand.plainUrl);
    const held = await holdCalls(fresh, 'restore', 1);
    const buffer = await smallPhoto();
    await fresh.setInputFiles('#file', [
      { name: 'first.png', mimeType: 'image/png', buffer },
      { name: 'broken.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('\xff\xd8\xff no picture') },
      { name: 'next.png', mimeType: 'image/png', buffer: await sharp(buffer).rotate(90).png().toBuffer() },
    ]);
    await waitForFrames(fresh);
    await fresh.click('.queued >> nth=1');
    expect(await fresh.textContent('#status')).toBe('broken is still waiting.');
    expect(await fresh.isVisible('#viewer')).toBe(false);
    await fresh.click('.queued >> nth=2');
    expect(await fresh.textContent('#status')).toBe('next is still waiting.');
    // It is there to be looked at, as it was given.
    await fresh.waitForFunction(() => {
      const { width, height } = document.getElementById('frame-canvas') as HTMLCanvasElement;
      return !document.getElementById('viewer')!.hidden && width === 96 && height === 160;
    });
    await fresh.click('.queued >> nth=0');
    expect(await fresh.textContent('#status')).toBe('Restoring first …');
    expect(await fresh.isVisible('#viewer')).toBe(true);
    await held.giveFrames(1);
    await waitForFrames(fresh);
    expect(await fresh.isVisible('#working')).toBe(true);
    // Whoever waits for what cannot be read is brought to what can be.
    await fresh.click('.queued >> nth=1');
    await held.release();
    await fresh.waitForFunction(() => document.querySelectorAll('.queued[data-state=done]').length === 2);
    expect(await fresh.locator('.queued').allTextContents()).toEqual(['first: done', 'next: done']);
    expect(await fresh.textContent('#status')).toMatch(/25 frames of 160 × 96/);
    expect(await fresh.locator('#refused p').allTextContents()).toEqual([
      expect.stringMatching(/^broken\.jpg: not a photograph/),
    ]);
    await fresh.context().close();
  });

  test('shows a photograph that could not be restored, and says why', async () => {
    const short = await openPage('?engine=wasm', {}, stand.plainUrl, () => {
      const { postMessage } = Worker.prototype;
      Worker.prototype.postMessage = function (message: { id: number; request: { kind: string } }, options) {
        if (message.request.kind !== 'restore') {
          return postMessage.call(this, message, options as StructuredSerializeOptions);
        }
        const error = { id: message.id, kind: 'error', name: 'Error', message: 'out of memory' };
        setTimeout(() => this.dispatchEvent(new MessageEvent('message', { data: error })));
      };
    });
    await givePhoto('large.png', await smallPhoto(), 'image/png', short);
    await waitForStatus(/^large\.png: This browser did not provide enough memory\. Choose a smaller/, short);
    expect(await short.isVisible('#viewer')).toBe(true);
    expect(await short.isDisabled('#save-mp4')).toBe(true);
    await short.context().close();
  });

  test('shows what is said and done to whoever chose at the foot of a phone', async () => {
    const phone = await openPage(
      '?engine=wasm',
      { viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' },
      stand.plainUrl,
    );
    const scrollToFoot = () => phone.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    const isInView = (id: string) =>
      phone.locator(id).evaluate((element) => {
        const { top, bottom } = element.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      });
    const smallPng = await smallPhoto();
    await givePhoto('small.png', smallPng, 'image/png', phone);
    await waitForStatus(/25 frames of 160 × 96/, phone);
    await scrollToFoot();
    expect(await isInView('#status')).toBe(false);
    await givePhoto('notes.txt', Buffer.from('Dear all'), 'text/plain', phone);
    await waitForStatus(/text file/, phone);
    expect(await isInView('#status')).toBe(true);
    await scrollToFoot();
    await givePhoto('next.png', smallPng, 'image/png', phone);
    expect(await isInView('#stage')).toBe(true);
    await waitForStatus(/25 frames of 160 × 96/, phone);
    await scrollToFoot();
    await phone.locator('#engine').evaluate((choice: HTMLSelectElement) => {
      choice.value = '';
      choice.dispatchEvent(new Event('change'));
    });
    expect(await isInView('#stage')).toBe(true);
    await phone.context().close();
  });

  test('leaves a large photograph in its place on a phone once it is restored', async () => {
    const phone = await openPage(
      '?engine=wasm',
      { viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' },
      stand.plainUrl,
    );
    const large = await sharp(await smallPhoto())
      .resize(1200, 720)
      .png()
      .toBuffer();
    const stageTop = async () => (await phone.locator('#stage').boundingBox())!.y;
    const held = await holdCalls(phone, 'restore');
    await givePhoto('large.png', large, 'image/png', phone);
    await phone.selectOption('#detail', '320');
    await waitForStatus(/^1200 × 720, restored at 320 × 192\./, phone);
    const before = await stageTop();
    await held.release();
    await waitForStatus(/25 frames of 320 × 192/, phone);
    expect(await stageTop()).toBe(before);
    await phone.context().close();
  });

  test('tells what sizes take once the photograph itself has measured it, and no guess before', async () => {
    const fresh = await openPage('?engine=wasm', { reducedMotion: 'reduce' }, stand.plainUrl);
    await fresh.evaluate(() => {
      const told = Object.assign(window, { told: [] as string[] }).told;
      const [detail, status] = ['detail', 'status'].map((id) => document.getElementById(id)!);
      const tell = () => told.push(`${detail!.textContent} ${status!.textContent}`);
      for (const place of [detail!, status!]) {
        new MutationObserver(tell).observe(place, { childList: true, subtree: true });
      }
      const asked = Object.assign(window, { asked: [] as string[] }).asked;
      const { postMessage } = Worker.prototype;
      Worker.prototype.postMessage = function (message, options) {
        if (['estimate', 'restore'].includes(message.request.kind)) asked.push(message.request.kind);
        postMessage.call(this, message, options as StructuredSerializeOptions);
      };
    });
    await givePhoto('small.png', await smallPhoto(), 'image/png', fresh);
    await waitForStatus(/25 frames of 160 × 96/, fresh);
    const { asked, told } = await fresh.evaluate(() => {
      const { asked, told } = window as unknown as Record<string, string[]>;
      return { asked, told };
    });
    expect(asked!.at(-1)).toBe('estimate');
    expect(told!.filter((text) => /about/.test(text) && !/25 frames of/.test(text))).toEqual([]);
    await fresh.waitForFunction(() =>
      /^Automatic: 160 px, about \d+ s$/.test(document.querySelector('#detail option:checked')!.textContent),
    );
    await holdCalls(fresh, 'restore');
    await givePhoto('again.png', await smallPhoto(), 'image/png', fresh);
    await waitForStatus(/This takes about \d+ s/, fresh);
    await fresh.context().close();
  });

  test('knows what a photograph takes from its preview', async () => {
    const parity = await openPage('engine-parity.html', {}, stand.plainUrl);
    const known = await parity.evaluate(() =>
      (window as unknown as { knowsTimes(): Promise<Record<string, boolean>> }).knowsTimes(),
    );
    await parity.context().close();
    expect(known).toEqual({ atFirst: false, afterPreview: true });
  });

  test('decodes a photograph once that is worked on at its own size', async () => {
    const fresh = await openPage('?engine=wasm', { reducedMotion: 'reduce' }, stand.plainUrl);
    await fresh.evaluate(() => {
      const decoded = Object.assign(window, { decoded: 0 });
      const { postMessage } = Worker.prototype;
      Worker.prototype.postMessage = function (message, options) {
        if (message.request.longestSidePixels) decoded.decoded++;
        postMessage.call(this, message, options as StructuredSerializeOptions);
      };
    });
    await fresh.setInputFiles('#file', {
      name: 'small.png',
      mimeType: 'image/png',
      buffer: await smallPhoto(),
    });
    await waitForStatus(/25 frames of 160 × 96/, fresh);
    expect(await fresh.evaluate(() => (window as unknown as { decoded: number }).decoded)).toBe(1);
    await fresh.context().close();
  });

  test('keeps what was made until the next is complete, and goes back to it with its size when stopped', async () => {
    await plainPage.selectOption('#detail', '320');
    const photo = await sharp(squarePath).resize(1280).png().toBuffer();
    await givePhoto('square.png', photo, 'image/png', plainPage);
    await waitForStatus(/^25 frames of 320/, plainPage);
    const held = await holdCalls(plainPage, 'restore');
    await plainPage.selectOption('#detail', '1280');
    await waitForStatus(/the earlier result stays: .*25 frames of 320/, plainPage);
    await plainPage.waitForFunction(() =>
      /left|almost done/.test(document.getElementById('working-figure')!.textContent),
    );
    const isSavable = () => plainPage.locator('#save-png').isEnabled();
    expect(await isSavable()).toBe(true);
    await plainPage.click('#stop');
    expect(await isSavable()).toBe(true);
    expect(await plainPage.textContent('#status')).toMatch(/^Stopped\. .*25 frames of 320/);
    expect(await plainPage.inputValue('#detail')).toBe('320');
    // Who chooses another and then the same again waits for nothing.
    await plainPage.selectOption('#detail', '1280');
    await plainPage.selectOption('#detail', '320');
    await held.release();
    expect(await plainPage.isVisible('#working')).toBe(false);
    expect(await plainPage.textContent('#status')).toMatch(/^25 frames of 320/);
    const [download] = await Promise.all([plainPage.waitForEvent('download'), plainPage.click('#save-png')]);
    expect((await sharp(await download.path()).metadata()).width).toBe(320);
  });

  test('previews an example at once, and answers keys while it works', async () => {
    // A fast machine makes no preview of the example: its time is estimated as that of a larger one.
    await page.evaluate(() => {
      const { postMessage } = Worker.prototype;
      Worker.prototype.postMessage = function (message, options) {
        const { request } = message;
        if (request.kind === 'estimate') {
          request.sizes = (request.sizes as { width: number; height: number }[]).map((size) =>
            size.width < 640 ? size : { width: 4 * size.width, height: 4 * size.height },
          );
        }
        postMessage.call(this, message, options as StructuredSerializeOptions);
      };
    });
    let held: HeldCalls | undefined;
    // What else the machine does can only add to the times, so the best of three tries counts.
    for (let attempt = 1; ; attempt++) {
      await page.click('#back-to-start');
      await held?.release();
      const holding = (held = await holdCalls(page, 'restore'));
      const start = performance.now();
      let previewSeconds = Infinity;
      const starting = await longestPageTask(async () => {
        await page.click('.example >> nth=0');
        await page.waitForFunction(() => {
          const label = document.getElementById('frame-label')!;
          return !label.hidden && label.textContent === 'Preview';
        });
        previewSeconds = (performance.now() - start) / 1000;
        await holding.giveFrames(frameCount - 1);
        expect(await page.locator('#save-mp4').isEnabled()).toBe(false);
        for (let key = 0; key < 12; key++) {
          await page.keyboard.press('Shift');
          await page.waitForTimeout(80);
        }
        expect(await page.locator('#working').isVisible()).toBe(true);
      });
      const delays = await page.evaluate(() =>
        (window as unknown as { inputDelays: number[] }).inputDelays.splice(0),
      );
      const median = delays.sort((a, b) => a - b)[Math.floor(delays.length / 2)]!;
      console.log(
        `preview after ${previewSeconds.toFixed(1)} s; input delay while restoring: median ${median.toFixed(1)} ms, longest ${delays.at(-1)!.toFixed(1)} ms; ` +
          `the page's longest task takes ${starting.toFixed(1)} ms of a processor from the click on`,
      );
      // Whoever waits for one task waits no longer than it takes. Its processor time depends less than the
      // delay on what else the machine does.
      const longest = Math.max(starting, median);
      if (longest >= 50 && attempt < 3) continue;
      expect(longest).toBeLessThan(50);
      break;
    }
    // The middle frame is there to look at, long before the last.
    await waitForFrames(page);
    expect(await page.locator('#working').isVisible()).toBe(true);
    expect(await page.locator('#save-mp4').isEnabled()).toBe(false);
    expect(await page.locator('#play').isEnabled()).toBe(true);
    await page.click('#stop');
    expect(await page.textContent('#status')).toBe('Stopped.');
  });

  test('leaves the visitor where they have gone when an example arrives late', async () => {
    const late = await openPage('', {}, stand.plainUrl, withoutServiceWorker);
    let deliver = () => {};
    const wanted = new Promise<void>((resolve) => (deliver = resolve));
    // Its thumbnail is there already.
    await late.locator('.example img >> nth=0').evaluate((image) => (image as HTMLImageElement).decode());
    await late.route(/square.*jpg/, async (route) => {
      await wanted;
      await route.continue();
    });
    const asked = late.waitForRequest(/square.*jpg/);
    await late.click('.example >> nth=0');
    await asked;
    await late.click('#tab-own-blur');
    deliver();
    // It waits in the list of photographs, which is not on show.
    await late.waitForSelector('.queued', { state: 'attached' });
    expect(await late.getAttribute('#tab-own-blur', 'aria-selected')).toBe('true');
    expect(await late.isVisible('#viewfinder')).toBe(true);
    await late.context().close();
  });

  test.each(['photographs', 'own blurs'])('has not moved its layout about with %s', async (subject) => {
    const on = subject === 'photographs' ? page : plainPage;
    const { all, paints } = await on.evaluate(() => {
      const { layoutShifts, largestPaint } = window as unknown as {
        layoutShifts: MovedLayout[];
        largestPaint: number;
      };
      return {
        all: layoutShifts,
        paints: {
          first: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
          largest: largestPaint,
        },
      };
    });
    const apart = on === page ? otherWindows : [];
    const shifts = all.filter(
      ({ startTime }) => !apart.some(({ from, to }) => startTime >= from && startTime <= to),
    );
    const shift = cumulativeLayoutShift(shifts);
    const lines = shifts.map(
      ({ value, startTime, moved }) =>
        `${value.toFixed(4)} after ${Math.round(startTime)} ms: ${moved.join(', ')}`,
    );
    console.log(
      `cumulative layout shift ${shift.toFixed(4)}; first contentful paint ${paints.first?.toFixed(0)} ms, largest ${paints.largest.toFixed(0)} ms; moved:\n${lines.join('\n')}`,
    );
    expect(shift).toBeLessThan(0.05);
    expect(paints.largest).toBeGreaterThan(0);
  });

  test('tries nothing that its security policy forbids', () => {
    expect(policyFaults).toEqual([]);
  });

  test('says that it works without a connection once the network is stored, and does', async () => {
    await page.waitForFunction(() =>
      /works offline/.test(document.getElementById('offline-note')!.textContent),
    );
    const kept = await page.evaluate(async () =>
      (await (await caches.open('unblur-downloads')).keys()).map(({ url }) => url.replace(/.*\./, '')),
    );
    expect(kept.sort()).toEqual(['safetensors', 'wasm']);
    await page.context().setOffline(true);
    await page.reload();
    await givePhoto('small.png', await smallPhoto());
    await waitForStatus(done);
    await page.context().setOffline(false);
  });

  test('goes on with the same photograph when the graphics device is lost', async () => {
    await page.context().close();
    page = await openPage('?engine=webgpu', { reducedMotion: 'reduce' }, stand.plainUrl, neverIdle);
    const control = await stand.browser.newBrowserCDPSession();
    const started = await holdCalls(page, 'start');
    const [worker] = await Promise.all([
      page.waitForEvent('worker', (worker) => worker.url().includes('restoring-worker')),
      givePhoto('small.png', await smallPhoto()),
    ]);
    // Once it works on the photograph, nothing comes back from the device until the device is lost.
    const openGate = await worker.evaluateHandle(() => {
      let gate: Promise<void> | undefined;
      let open = () => {};
      self.addEventListener('message', ({ data }) => {
        if (data.request.kind === 'restore') gate ??= new Promise((resolve) => (open = resolve));
      });
      const buffers = (self as unknown as { GPUBuffer: { prototype: { mapAsync(): Promise<void> } } })
        .GPUBuffer.prototype;
      const { mapAsync } = buffers;
      buffers.mapAsync = async function (...range) {
        await gate;
        return mapAsync.apply(this, range);
      };
      return () => open();
    });
    await started.release();
    await waitForWork(/preview|Restoring/);
    await control.send('Browser.crashGpuProcess').catch(() => undefined);
    // The page may have ended the worker already.
    await openGate.evaluate((open) => open()).catch(() => undefined);
    expect(await waitForStatus(done)).toContain('160 × 96');
    expect(await engineNote()).toMatch(/^Last: WebAssembly/);
  });

  test('computes on the processor where no graphics device is asked for', async () => {
    const held = await holdCalls(page, 'restore');
    await page.selectOption('#engine', '');
    await waitForWork(/^Restoring$/);
    await held.release();
    // Not the earlier result, which is told of until then.
    await waitForStatus(/^25 frames of 160 × 96 in [\d.]+ s\.$/);
    expect(await engineNote()).toMatch(/^Last: WebAssembly/);
    await page.context().close();
  });

  test('computes on WebGPU what it computes on WebAssembly', async () => {
    const parity = await openPage('engine-parity.html');
    const [processor, graphics] = await parity.evaluate(async () => {
      const { layersOn } = window as unknown as {
        layersOn(engine: string): Promise<Record<string, number[]>>;
      };
      return [await layersOn('wasm'), await layersOn('webgpu')];
    });
    await parity.context().close();
    const differences = Object.entries(processor!).map(([layer, values]) => ({
      layer,
      furthest: Math.max(...values.map((value, place) => Math.abs(value - graphics![layer]![place]!))),
    }));
    expect(differences.length).toBeGreaterThan(1);
    expect(differences.filter(({ furthest }) => !(furthest < 1e-4))).toEqual([]);
  });

  test('restores on WebGPU where that is right and faster, and goes on without it', async () => {
    const parity = await openPage('engine-parity.html', {}, stand.plainUrl);
    const afterCheck = (manner: string) =>
      parity.evaluate(
        (how) =>
          (
            window as unknown as { restoreAfterCheck(manner: string): Promise<Record<string, string>> }
          ).restoreAfterCheck(how),
        manner,
      );
    const always = (told: unknown) => ({ first: told, second: told });
    expect(await afterCheck('right')).toEqual(always('3 frames on webgpu'));
    expect(await afterCheck('wrong')).toEqual(
      always(expect.stringMatching(/^3 frames on wasm; WebGPU gives different pictures here/)),
    );
    expect(await afterCheck('slow')).toEqual(
      always(expect.stringMatching(/^3 frames on wasm; WebGPU is no faster here/)),
    );
    expect(await afterCheck('broken')).toEqual(always('3 frames on wasm; WebGPU fails here'));
    expect(await afterCheck('silent')).toEqual(always('3 frames on wasm; WebGPU does not answer here'));
    expect(await afterCheck('lost while it restores')).toEqual({
      first: '3 frames on wasm; WebGPU failed here',
      second: '3 frames on wasm; WebGPU failed here',
    });
    await parity.context().close();
  });
});
