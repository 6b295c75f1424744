import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import {
  bundlePage,
  chromiumPath,
  howToGetChromium,
  isolationHeaders,
  serveFolders,
} from '../scripts/page-host.js';

export { chromiumPath };

const axePath = createRequire(import.meta.url).resolve('axe-core');

if (!chromiumPath) console.log(`The page is not tested in a browser: ${howToGetChromium}`);

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
  await bundlePage(folder, 'test');
  const plainFolder = plainWeights ? await copyWithWeights(folder, plainWeights) : folder;
  const [isolated, plain] = [
    await serveFolders({ '/': folder }, { headers: isolationHeaders }),
    await serveFolders({ '/some/folder/': plainFolder }),
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
      for (const served of [folder, plainFolder]) await rm(served, { recursive: true, force: true });
    },
  };
}

/** A bundled page with another network for photographs, whose size its scripts know. */
async function copyWithWeights(folder: string, weights: Uint8Array): Promise<string> {
  const copy = `${folder}-plain`;
  await cp(folder, copy, { recursive: true });
  const paths = (await readdir(copy, { recursive: true })).map((name) => join(copy, name));
  const weightsPath = paths.find((path) => /photo-[^/]*\.safetensors$/.test(path))!;
  const { size } = await stat(weightsPath);
  await writeFile(weightsPath, weights);
  for (const path of paths.filter((path) => path.endsWith('.js'))) {
    const script = await readFile(path, 'utf8');
    await writeFile(path, script.replaceAll(String(size), String(weights.length)));
  }
  return copy;
}

/** Rules of WCAG 2.2 A and AA that the page breaks now. */
export async function accessibilityFaultsOf(page: Page): Promise<string[]> {
  // A colour in transition is neither what it was nor what it will be.
  await page.evaluate(async () => {
    const transitions = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
    await Promise.allSettled(transitions.map(({ finished }) => finished));
  });
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

/** For a page before it begins: nothing is loaded ahead of what somebody is about to need. */
export function neverIdle(): void {
  Object.assign(window, { requestIdleCallback: () => 0 });
}

/** For a page before it begins: what a service worker answers cannot be held or replaced by a test. */
export function withoutServiceWorker(): void {
  Reflect.deleteProperty(Navigator.prototype, 'serviceWorker');
}

/** Whether the visitor is asked before the page is left. */
export function asksBeforeLeaving(page: Page): Promise<boolean> {
  return page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));
}
