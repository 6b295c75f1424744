import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { download } from './download.js';

const url = 'https://page.example/weights-12345678.safetensors';
const wanted = Uint8Array.of(1, 2, 3, 4);
const signInPage = () => new Response('<!doctype html>Sign in');

let kept: Map<string, Response>;
let answer: () => Response;

beforeEach(() => {
  kept = new Map();
  const cache = {
    match: async (key: string) => kept.get(key)?.clone(),
    put: async (key: string, response: Response) => void kept.set(key, response),
    delete: async (key: string) => kept.delete(key),
    keys: async () => [...kept.keys()].map((key) => ({ url: key })),
  };
  Object.assign(globalThis, {
    self: globalThis,
    caches: { open: async () => cache },
    // The page's own copy is looked at by the service worker as well.
    fetch: async () => kept.get(url)?.clone() ?? answer(),
  });
});
afterEach(() => {
  for (const name of ['self', 'caches']) delete (globalThis as Record<string, unknown>)[name];
});

test('a file is kept and not downloaded again', async () => {
  answer = () => new Response(wanted);
  expect(await download(url, wanted.length)).toEqual(wanted);
  answer = () => Response.error();
  expect(await download(url, wanted.length)).toEqual(wanted);
});

test('what has another size is neither taken nor kept', async () => {
  answer = signInPage;
  await expect(download(url, wanted.length)).rejects.toThrow(
    'A part of the network could not be downloaded: received 22 of 4 bytes; check the connection, then choose the file again.',
  );
  expect(kept.size).toBe(0);
});

test('what was kept in another size is downloaded again', async () => {
  kept.set(url, signInPage());
  answer = () => new Response(wanted);
  expect(await download(url, wanted.length)).toEqual(wanted);
  expect(await kept.get(url)!.bytes()).toEqual(wanted);
});
