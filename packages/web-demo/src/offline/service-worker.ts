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

/** Downloads every file of the current version, then forgets earlier versions. */
async function keepPage(): Promise<void> {
  const { version, files } = (await (await fetch('./offline-files.json', { cache: 'no-store' })).json()) as {
    version: string;
    files: string[];
  };
  const name = cachePrefix + version;
  if (await caches.has(name)) return;
  await (await caches.open(name)).addAll(files).catch(async (cause: unknown) => {
    await caches.delete(name);
    throw cause;
  });
  for (const other of await caches.keys()) {
    if (other.startsWith(cachePrefix) && other !== name) await caches.delete(other);
  }
}

/** The page itself: from the network where there is one, so that a new version is seen at once. */
async function freshOrKept(request: Request, alsoDo: (work: Promise<unknown>) => void): Promise<Response> {
  try {
    const response = await fetch(request);
    alsoDo(keepPage().catch(() => undefined));
    return isolated(response);
  } catch (cause) {
    const kept = await caches.match('./', { ignoreSearch: true, ignoreVary: true });
    if (!kept) throw cause;
    return isolated(kept);
  }
}

/**
 * Everything else has its version in its name. A server's `Vary: Origin` does not matter: all requests are
 * the page's own.
 */
async function keptOrFresh(request: Request): Promise<Response> {
  return isolated((await caches.match(request, { ignoreVary: true })) ?? (await fetch(request)));
}

function isolated(response: Response): Response {
  if (response.type === 'opaque' || response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
