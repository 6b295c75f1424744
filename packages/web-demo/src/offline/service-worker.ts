/**
 * Keeps the page for use without a network, and isolates it where a static host cannot send the headers
 * itself: WebAssembly needs that for threads.
 */

interface WorkerScope {
  addEventListener(
    type: 'install' | 'activate',
    listener: (event: { waitUntil(work: Promise<unknown>): void }) => void,
  ): void;
  addEventListener(
    type: 'fetch',
    listener: (event: {
      request: Request;
      respondWith(response: Promise<Response>): void;
      waitUntil(work: Promise<unknown>): void;
    }) => void,
  ): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
}

const scope = self as unknown as WorkerScope;
const cachePrefix = 'unblur-page-';
/** The page itself, as the list of files names it. */
const pageFile = './';

scope.addEventListener('install', (event) => event.waitUntil(keepPage().then(() => scope.skipWaiting())));
scope.addEventListener('activate', (event) => event.waitUntil(scope.clients.claim()));

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return;
  event.respondWith(
    request.mode === 'navigate'
      ? freshOrKept(request, (work) => event.waitUntil(work))
      : keptOrFresh(request),
  );
});

/**
 * Downloads every file of the current version. The version before stays for pages that are still open: parts
 * of them are loaded only when they are needed.
 */
async function keepPage(): Promise<void> {
  const { version, files } = (await (await fetch('./offline-files.json', { cache: 'no-store' })).json()) as {
    version: string;
    files: string[];
  };
  const name = cachePrefix + version;
  if (!(await caches.match(pageFile, { cacheName: name }))) {
    const cache = await caches.open(name);
    // Names that stay must not bring what the browser has of an earlier version.
    const fresh = (file: string) => new Request(file, { cache: 'no-cache' });
    await cache.addAll(files.filter((file) => file !== pageFile).map(fresh));
    // Comes last: where it is kept, all is.
    await cache.add(fresh(pageFile));
  }
  const earlier = (await caches.keys()).filter((other) => other.startsWith(cachePrefix) && other !== name);
  for (const other of earlier.slice(0, -1)) await caches.delete(other);
}

/** What is kept of a file, of the latest version that has it. */
async function kept(request: Request | string): Promise<Response | undefined> {
  for (const cacheName of (await caches.keys()).reverse()) {
    // A server's `Vary: Origin` does not matter: all requests are the page's own.
    const options = { cacheName, ignoreSearch: true, ignoreVary: true };
    const response = await caches.match(request, options);
    if (response) return response;
  }
  return undefined;
}

/** The page and its cards: from the network where there is one, so that a new version is seen at once. */
async function freshOrKept(request: Request, alsoDo: (work: Promise<unknown>) => void): Promise<Response> {
  try {
    const response = await fetch(request);
    alsoDo(keepPage().catch(() => undefined));
    return isolated(response);
  } catch (cause) {
    const response = (await kept(request)) ?? (await kept(pageFile));
    if (!response) throw cause;
    return isolated(response);
  }
}

/** Everything else has its version in its name. */
async function keptOrFresh(request: Request): Promise<Response> {
  return isolated((await kept(request)) ?? (await fetch(request)));
}

function isolated(response: Response): Response {
  if (response.type === 'opaque' || response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
