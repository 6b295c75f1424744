import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVideoDeblurrer } from '@unblur/inference';
import { psnr, type RgbImage } from '@unblur/metrics';
import { defaultVideoWeights } from '@unblur/weights/video';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import {
  accessibilityFaultsOf,
  asksBeforeLeaving,
  chromiumPath,
  neverIdle,
  smallTargetsOf,
  startStand,
  withoutServiceWorker,
  type Stand,
} from '../browser.test-tool.js';
import { holdCalls } from '../held-calls.test-tool.js';

jest.setTimeout(300_000);

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
if (!hasFfmpeg) {
  console.log('Clips are not sharpened on the page: no ffmpeg here (Debian: apt-get install ffmpeg).');
}
const describeWithClips = chromiumPath && hasFfmpeg ? describe : describe.skip;

const [width, height, count] = [96, 64, 5];
const bytesPerFrame = width * height * 3;

/**
 * A pattern that moves by 4 pixels from frame to frame, each the mean of the motion over half of that time.
 */
function movingPattern(): Buffer {
  const shade = (x: number, y: number, channel: number) =>
    0.5 + 0.25 * Math.sin(x / 3 + channel) * Math.cos(y / 5) + (Math.floor(x / 12 + y / 16) % 2 ? 0.2 : -0.2);
  return Buffer.from(
    Array.from({ length: count * bytesPerFrame }, (_, at) => {
      const [frame, place] = [Math.floor(at / bytesPerFrame), Math.floor((at % bytesPerFrame) / 3)];
      const [x, y] = [place % width, Math.floor(place / width)];
      const moments = [0, 0.5, 1, 1.5, 2].map((moved) => shade(x + 4 * frame + moved + 200, y, at % 3));
      return Math.round((255 * moments.reduce((sum, value) => sum + value)) / moments.length);
    }),
  );
}

let folder: string;
let stand: Stand;
let page: Page;
/** What the page tried that its own security policy forbids. */
const policyFaults: string[] = [];
const pathOf = (name: string) => join(folder, name);

function ffmpeg(...parameters: string[]): Buffer {
  const { status, stdout, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-y', ...parameters], {
    maxBuffer: 1e9,
  });
  if (status !== 0) throw new Error(stderr.toString());
  return stdout;
}

function decoded(path: string, size = { width, height }): RgbImage[] {
  const bytes = ffmpeg('-i', path, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-');
  return Array.from({ length: bytes.length / bytesPerFrame }, (_, frame) => ({
    ...size,
    data: Float32Array.from(
      bytes.subarray(frame * bytesPerFrame, (frame + 1) * bytesPerFrame),
      (byte) => byte / 255,
    ),
  }));
}

/** When each frame is shown, in milliseconds. */
function frameTimes(path: string): number[] {
  const { stdout } = spawnSync('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v', '-show_entries', 'frame=pts_time', '-of', 'csv=p=0', path],
  ]);
  return stdout
    .toString()
    .trim()
    .split('\n')
    .map((line) => Math.round(1000 * Number.parseFloat(line)));
}

const soundOf = (path: string) => ffmpeg('-i', path, '-map', '0:a', '-c', 'copy', '-f', 'data', '-');

/** @param before each runs in the page before it begins. */
const openPage = async (...before: (() => void)[]): Promise<Page> => {
  const context = await stand.browser.newContext({
    viewport: { width: 1280, height: 860 },
    acceptDownloads: true,
    // What plays by itself takes time from what is tested.
    reducedMotion: 'reduce',
  });
  // Whoever saves data is not given the network ahead.
  await context.addInitScript(() =>
    Object.defineProperty(navigator, 'connection', { value: { saveData: true }, configurable: true }),
  );
  for (const script of before) await context.addInitScript(script);
  const opened = await context.newPage();
  opened.setDefaultTimeout(200_000);
  opened.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) policyFaults.push(message.text());
  });
  // One thread: threads that wait for each other are slow on a machine that tests other things too.
  await opened.goto(stand.plainUrl);
  await opened.click('#tab-clip');
  return opened;
};

async function waitForStatus(wanted: RegExp, on = page): Promise<string> {
  await on.waitForFunction(
    (source) => new RegExp(source).test(document.getElementById('status')!.textContent),
    wanted.source,
  );
  return (await on.textContent('#status'))!;
}

async function give(name: string, content: Buffer, on = page): Promise<void> {
  await on.setInputFiles('#clip-file', { name, mimeType: 'video/webm', buffer: content });
}

/** Waits until a clip of this name is the one that is worked on. */
async function waitForFacts(name: string): Promise<void> {
  await page.waitForFunction(
    (start) => document.getElementById('clip-facts')!.textContent.startsWith(start),
    name,
  );
}

/** Two frames, the left half red, the right half blue. */
const redAndBlue = (also = '') => [
  ...['-f', 'lavfi', '-i', 'color=red:size=48x64:rate=25:duration=0.08'],
  ...['-f', 'lavfi', '-i', 'color=blue:size=48x64:rate=25:duration=0.08'],
  ...['-filter_complex', `hstack${also}`],
];

describeWithClips('clips on the page', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'unblur-clips-'));
    writeFileSync(pathOf('pattern.raw'), movingPattern());
    const pattern = [
      '-f',
      'rawvideo',
      '-pix_fmt',
      'rgb24',
      '-s',
      `${width}x${height}`,
      '-r',
      '25',
      '-i',
      pathOf('pattern.raw'),
    ];
    const sound = ['-f', 'lavfi', '-t', '1.25', '-i', 'sine=frequency=440:sample_rate=48000'];
    // The frames are not evenly spaced.
    const times = [
      '-vf',
      "setpts='(N+0.5*mod(N,2))/4/TB',scale=out_color_matrix=bt709",
      '-fps_mode',
      'passthrough',
    ];
    ffmpeg(
      ...pattern,
      ...sound,
      ...times,
      '-c:v',
      'libvpx-vp9',
      '-crf',
      '10',
      '-b:v',
      '0',
      '-pix_fmt',
      'yuv420p',
      '-colorspace',
      'bt709',
      '-color_primaries',
      'bt709',
      '-color_trc',
      'bt709',
      '-color_range',
      'tv',
      '-c:a',
      'libopus',
      pathOf('clip.webm'),
    );
    ffmpeg(...sound, '-c:a', 'libopus', pathOf('sound.webm'));
    ffmpeg(...redAndBlue(',format=yuv420p'), '-c:v', 'libx264', pathOf('plain.mov'));
    ffmpeg('-i', pathOf('plain.mov'), '-c', 'copy', '-metadata:s:v:0', 'rotate=90', pathOf('turned.mov'));
    ffmpeg(...redAndBlue(',setsar=2/1,format=yuv420p'), '-c:v', 'libvpx-vp9', pathOf('wide.mkv'));
    const highRange = ['-color_primaries', 'bt2020', '-color_trc', 'smpte2084', '-colorspace', 'bt2020nc'];
    ffmpeg(
      ...[...redAndBlue(',format=yuv420p10le'), ...highRange],
      ...['-c:v', 'libvpx-vp9', '-profile:v', '2', pathOf('bright.webm')],
    );
    ffmpeg(...pattern, '-c:v', 'mpeg4', pathOf('old.avi'));
    const long = ['-f', 'lavfi', '-i', 'testsrc=size=640x64:rate=25:duration=0.08', '-pix_fmt', 'yuv420p'];
    ffmpeg(...long, '-c:v', 'libvpx-vp9', pathOf('long.webm'));
    stand = await startStand();
    page = await openPage();
  });
  afterAll(async () => {
    await stand?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });

  test('stops when asked', async () => {
    const held = await holdCalls(page, 'start');
    await give('clip.webm', readFileSync(pathOf('clip.webm')));
    await page.waitForFunction(() => /5 frames/.test(document.getElementById('clip-facts')!.textContent));
    await page.focus('#clip-stop');
    await page.keyboard.press('Enter');
    await waitForStatus(/Stopped/);
    await held.release();
    expect(await page.isVisible('#clip-working')).toBe(false);
    expect(await page.evaluate(() => document.activeElement!.id)).toBe('clip-stage');
    expect(await page.isVisible('#clip-file')).toBe(true);
  });

  test('shows the first second before and after', async () => {
    await page.selectOption('#clip-passes', 'mirrored');
    await page.evaluate(() => {
      const bars = Object.assign(window, { bars: [] as (string | null)[] }).bars;
      const [bar, figure] = ['clip-progress', 'clip-working-figure'].map((id) =>
        document.getElementById(id)!,
      );
      new MutationObserver(() => {
        if (figure!.textContent === 'opening the network') bars.push(bar!.getAttribute('value'));
      }).observe(figure!, { childList: true });
    });
    const held = await holdCalls(page, 'sharpen');
    await give('clip.webm', readFileSync(pathOf('clip.webm')));
    await waitForStatus(/first second at 96 × 64 takes about .*; the whole clip, about/);
    expect(await page.isDisabled('#clip-save')).toBe(true);
    await held.release();
    await waitForStatus(/before and after\. “Sharpen the whole clip” takes about/);
    // An empty bar would look stuck.
    expect(await page.evaluate(() => (window as unknown as { bars: (string | null)[] }).bars)).toEqual([
      null,
    ]);
    expect(await page.textContent('#clip-facts')).toMatch(
      /clip\.webm: 96 × 64, 1\.3 s, 5 frames, with sound/,
    );
    expect(await page.getAttribute('#clip-size', 'aria-describedby')).toBe('clip-cost');
    expect(await page.isVisible('#clip-divider')).toBe(true);
    expect(await page.getAttribute('#clip-play', 'aria-label')).toBe('Play');
    await page.click('#clip-play');
    await page.waitForFunction(() =>
      ['clip-sharp', 'clip-original'].every(
        (id) => (document.getElementById(id) as HTMLVideoElement).currentTime > 0,
      ),
    );
    await page.waitForSelector('#clip-time[aria-live=off]');
    // Where whoever chose a clip by keys is left.
    await page.focus('#clip-stage');
    await page.keyboard.press('Space');
    await page.waitForSelector('#clip-time[aria-live=polite]');
    expect(await accessibilityFaultsOf(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await accessibilityFaultsOf(page)).toEqual([]);
    expect(await smallTargetsOf(page)).toEqual([]);
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    ).toBe(0);
    await page.setViewportSize({ width: 1280, height: 860 });
  });

  test('sharpens all of it as the library does, also while another tab of the page is looked at', async () => {
    const held = await holdCalls(page, 'sharpen', 1);
    await page.click('#clip-sharpen');
    await page.click('#tab-photo');
    expect(await page.isVisible('#clip-working')).toBe(false);
    await page.click('#tab-clip');
    expect(await page.isVisible('#clip-working')).toBe(true);
    expect(await page.textContent('#status')).toBe('Sharpening clip.webm …');
    await page.click('#tab-own-blur');
    await held.release();
    await page.waitForFunction(
      () => !(document.getElementById('clip-save-card') as HTMLFieldSetElement).disabled,
    );
    expect(await page.textContent('#status')).toMatch(/^Drag to look around/);
    await page.click('#tab-clip');
    expect(await page.isVisible('#clip-working')).toBe(false);
    expect(await page.textContent('#status')).toMatch(/^5 frames of 96 × 64 in/);
    expect(await page.textContent('#clip-save-note')).toMatch(/^WebM, 96 × 64, two passes, \d+ kB\.$/);
    expect(await asksBeforeLeaving(page)).toBe(true);
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#clip-save')]);
    await page.waitForFunction(() => /Saved/.test(document.getElementById('clip-save-note')!.textContent));
    expect(await asksBeforeLeaving(page)).toBe(false);
    expect(download.suggestedFilename()).toBe('clip-sharp.webm');
    // On a narrow screen there is room to find a place in the clip, and no line with a single letter.
    await page.setViewportSize({ width: 360, height: 740 });
    expect((await page.locator('#clip-scrub').boundingBox())!.width).toBeGreaterThan(200);
    const lineWidths = await page.locator('#clip-sharpen').evaluate((button) => {
      const text = button.textContent;
      button.textContent = 'Sharpen the whole clip, about 55 s';
      const range = document.createRange();
      range.selectNodeContents(button);
      const widths = [...range.getClientRects()].map(({ width }) => width);
      button.textContent = text;
      return widths;
    });
    expect(Math.min(...lineWidths)).toBeGreaterThan(50);
    await page.setViewportSize({ width: 1280, height: 860 });
    await download.saveAs(pathOf('saved.webm'));

    // With other settings, what was made stays until the next is complete.
    await page.selectOption('#clip-passes', 'once');
    await waitForStatus(/before and after\. “Sharpen the whole clip” takes about/);
    expect(await page.textContent('#clip-save-note')).toMatch(/^Made before: WebM, .* two passes/);
    const stopped = await holdCalls(page, 'sharpen');
    await page.click('#clip-sharpen');
    await page.click('#clip-stop');
    await stopped.release();
    expect(await page.textContent('#status')).toMatch(/^Stopped\. .* 5 frames of 96 × 64 in/);
    expect(await page.inputValue('#clip-passes')).toBe('mirrored');
    const [again] = await Promise.all([page.waitForEvent('download'), page.click('#clip-save')]);
    expect(readFileSync(await again.path()).equals(readFileSync(pathOf('saved.webm')))).toBe(true);

    expect(frameTimes(pathOf('saved.webm'))).toEqual(frameTimes(pathOf('clip.webm')));
    expect(soundOf(pathOf('saved.webm')).equals(soundOf(pathOf('clip.webm')))).toBe(true);
    const original = decoded(pathOf('clip.webm'));
    const expected: RgbImage[] = [];
    const deblurrer = createVideoDeblurrer({
      weights: readFileSync(defaultVideoWeights.url),
      mirrored: true,
    });
    for await (const frame of deblurrer.deblur(original)) expected.push(frame);
    const saved = decoded(pathOf('saved.webm'));
    expect(saved).toHaveLength(count);
    const likeness = saved.map((frame, index) => psnr(frame, expected[index]!));
    const change = saved.map((frame, index) => psnr(frame, original[index]!));
    console.log(
      `beside the library ${likeness.map((value) => value.toFixed(1)).join(', ')} dB, beside the clip ${change.map((value) => value.toFixed(1)).join(', ')} dB`,
    );
    expect(Math.min(...likeness)).toBeGreaterThan(36);
    for (const [index, value] of likeness.entries()) expect(value).toBeGreaterThan(change[index]!);
  });

  test.each([
    ['turned.mov', /: 64 × 96, 0\.1 s, 2 frames, no sound$/, [0.5, 0.75], [0.5, 0.25]],
    ['wide.mkv', /: 192 × 64, 0\.1 s, 2 frames, no sound$/, [0.25, 0.5], [0.75, 0.5]],
    ['bright.webm', /: 96 × 64, .*high dynamic range: .* ordinary colours/, [0.25, 0.5], [0.75, 0.5]],
  ] as const)('shows the frames of %s as they are meant', async (name, facts, red, blue) => {
    await give(name, readFileSync(pathOf(name)));
    await waitForFacts(name);
    expect(await page.textContent('#clip-facts')).toMatch(facts);
    const shown = await page.locator('#clip-sharp-frame').evaluate(
      (element, places) => {
        const canvas = element as HTMLCanvasElement;
        const context = canvas.getContext('2d')!;
        return places.map(([x, y]) => [
          ...context.getImageData(x! * canvas.width, y! * canvas.height, 1, 1).data.slice(0, 3),
        ]);
      },
      [red, blue],
    );
    for (const [place, channel] of [0, 2].entries()) {
      const [strong, ...weak] = [shown[place]![channel]!, shown[place]![1]!, shown[place]![2 - channel]!];
      expect(strong).toBeGreaterThan(120);
      expect(Math.max(...weak)).toBeLessThan(strong! / 2);
    }
  });

  test('makes a clip of a second or less sharp as a whole, at once', async () => {
    await waitForStatus(/2 frames of 96 × 64 in/);
    await page.evaluate(() => {
      const told = Object.assign(window, { told: [] as string[] }).told;
      for (const id of ['status', 'clip-working-title']) {
        const place = document.getElementById(id)!;
        new MutationObserver(() => told.push(place.textContent)).observe(place, { childList: true });
      }
    });
    await give('turned.mov', readFileSync(pathOf('turned.mov')));
    await waitForStatus(/2 frames of 64 × 96 in/);
    const told = await page.evaluate(() => (window as unknown as { told: string[] }).told);
    expect(told).toContain('Sharpening turned.mov …');
    expect(told.filter((text) => /first second/i.test(text))).toEqual([]);
    expect(await page.isEnabled('#clip-save')).toBe(true);
  });

  test('goes on in the same worker with the next clip', async () => {
    const workers: string[] = [];
    page.on('worker', (worker) => workers.push(worker.url()));
    await give('plain.mov', readFileSync(pathOf('plain.mov')));
    await waitForFacts('plain.mov');
    await waitForStatus(/2 frames of 96 × 64 in/);
    expect(workers).toEqual([]);
  });

  test('takes a clip that is given right before what is there begins anew', async () => {
    await page.evaluate(
      ({ bytes, name }) => {
        const [input, passes] = ['clip-other-file', 'clip-passes'].map((id) =>
          document.getElementById(id),
        ) as [HTMLInputElement, HTMLSelectElement];
        const given = new DataTransfer();
        given.items.add(new File([Uint8Array.from(bytes)], name));
        input.files = given.files;
        input.dispatchEvent(new Event('change'));
        for (const { value } of [...passes.options].toReversed()) {
          passes.value = value;
          passes.dispatchEvent(new Event('change'));
        }
      },
      { bytes: [...readFileSync(pathOf('wide.mkv'))], name: 'wide.mkv' },
    );
    await waitForFacts('wide.mkv');
    await waitForStatus(/2 frames of 192 × 64 in/);
  });

  test('writes a clip upright that was turned, after a stop and a clip that was refused', async () => {
    await give('turned.mov', readFileSync(pathOf('turned.mov')));
    await waitForFacts('turned.mov');
    await waitForStatus(/2 frames of 64 × 96 in/);
    const held = await holdCalls(page, 'sharpen');
    await page.click('#clip-sharpen');
    await page.click('#clip-stop');
    await waitForStatus(/Stopped/);
    await held.release();
    await give('old.avi', readFileSync(pathOf('old.avi')));
    await waitForStatus(/not a clip that this page can read.* Still showing turned\.mov\.$/);
    await page.click('#clip-sharpen');
    await waitForStatus(/^Sharpening/);
    await waitForStatus(/^2 frames of 64 × 96 in/);
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#clip-save')]);
    await download.saveAs(pathOf(download.suggestedFilename()));
    const [frame] = decoded(pathOf(download.suggestedFilename()), { width: 64, height: 96 });
    const middleOf = (share: number) =>
      frame!.data.slice(3 * (32 + 64 * 96 * share), 3 * (33 + 64 * 96 * share));
    expect(middleOf(0.75)[0]).toBeGreaterThan(0.8);
    expect(middleOf(0.25)[2]).toBeGreaterThan(0.8);
  });

  test('loads ahead the network for clips, not the one for photographs', async () => {
    const early = await openPage(neverIdle, () =>
      Object.defineProperty(navigator, 'connection', { value: undefined, configurable: true }),
    );
    const networks: string[] = [];
    early.on('request', (request) => networks.push(request.url()));
    const chooser = early.waitForEvent('filechooser');
    await early.locator('#clip-file').evaluate((input) => (input as HTMLInputElement).click());
    await chooser;
    await early.waitForFunction(() =>
      /network for clips is stored|loaded for this visit/.test(
        document.getElementById('offline-note')!.textContent,
      ),
    );
    expect(networks.filter((url) => url.endsWith('.safetensors'))).toEqual([
      expect.stringContaining('video-small'),
    ]);
    expect(await early.locator('footer p:visible').allTextContents()).toEqual([
      expect.stringMatching(/^The network for clips/),
      expect.stringMatching(/Temporal Sharpness Prior.*video-small/),
    ]);
    await early.context().close();
  });

  test.each([
    [
      'broken.webm',
      () => Buffer.from('\x1aE\xdf\xa3 no clip', 'latin1'),
      /broken\.webm is damaged or not a clip that this page can read.*npx @unblur\/cli video broken\.webm --out/,
    ],
    ['old.avi', () => readFileSync(pathOf('old.avi')), /not a clip that this page can read/],
    [
      'sound.webm',
      () => readFileSync(pathOf('sound.webm')),
      /sound\.webm holds no video, or a part of it is missing\. Get the whole file\./,
    ],
  ] as const)(
    'says of %s what is wrong with it, and keeps what is on show',
    async (name, content, sentence) => {
      await give(name, content());
      const told = await waitForStatus(sentence);
      expect(told).toMatch(/ Still showing turned\.mov\.$/);
      expect(await page.isVisible('#clip-viewer')).toBe(true);
      expect(await page.isEnabled('#clip-save')).toBe(true);
      expect(await page.isEnabled('#clip-sharpen')).toBe(true);
    },
  );

  test('says the same where nothing is on show', async () => {
    const fresh = await openPage();
    await give('old.avi', readFileSync(pathOf('old.avi')), fresh);
    expect(await waitForStatus(/not a clip that this page can read/, fresh)).not.toMatch(/showing/);
    expect(await fresh.isVisible('#clip-viewer')).toBe(false);
    expect(await fresh.isDisabled('#clip-save')).toBe(true);
    await fresh.context().close();
  });

  test('keeps a clip that failed, so that another size can be tried', async () => {
    const picky = await openPage(withoutServiceWorker);
    await picky.route(/clip-worker.*js/, async (route) => {
      const script = await (await route.fetch()).text();
      const body = `const isSupported = VideoEncoder.isConfigSupported.bind(VideoEncoder);
        VideoEncoder.isConfigSupported = (config) =>
          config.width === 384 ? Promise.resolve({ supported: false, config }) : isSupported(config);
        ${script}`;
      await route.fulfill({ body, contentType: 'text/javascript' });
    });
    await give('long.webm', readFileSync(pathOf('long.webm')), picky);
    await picky.selectOption('#clip-size', { index: 1 });
    await waitForStatus(/cannot encode a clip of 384 × 38\. Choose another size\.$/, picky);
    await picky.selectOption('#clip-size', { index: 0 });
    await waitForStatus(/2 frames of 384 × 38 in|2 frames of 256/, picky);
    await picky.context().close();
  });

  test('points to the command where the browser has no WebCodecs', async () => {
    const old = await openPage(() => {
      // Pages over plain http have neither.
      Object.defineProperty(Crypto.prototype, 'randomUUID', { value: undefined });
      for (const name of ['VideoDecoder', 'VideoEncoder']) {
        delete (window as unknown as Record<string, unknown>)[name];
      }
    });
    await give('clip.webm', readFileSync(pathOf('clip.webm')), old);
    expect(await waitForStatus(/WebCodecs/, old)).toContain(
      'npx @unblur/cli video clip.webm --out sharp.mp4',
    );
    await old.context().close();
  });

  test('tries nothing that the security policy forbids', () => expect(policyFaults).toEqual([]));
});
