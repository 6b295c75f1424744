/** Where downloaded weights are kept; the service worker looks here too. */
export const weightsCacheName = 'unblur-weights';

export interface WeightsProgress {
  receivedBytes: number;
  /** 0 where the server does not say. */
  totalBytes: number;
}

/**
 * The bytes of a weights file: from the browser's cache, or from the network and then kept.
 *
 * @throws in one line for people when they cannot be had.
 */
export async function downloadWeights(
  url: string,
  onProgress: (progress: WeightsProgress) => void,
): Promise<Uint8Array> {
  const cache = await openCache();
  const kept = await cache?.match(url);
  if (kept) return new Uint8Array(await kept.arrayBuffer());

  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok || !response.body)
    throw new Error("The network's weights could not be downloaded; check the connection and try again.");
  const totalBytes = Number(response.headers.get('content-length') ?? 0);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let receivedBytes = 0;
  for await (const part of streamOf(response.body)) {
    parts.push(part);
    receivedBytes += part.length;
    onProgress({ receivedBytes, totalBytes });
  }
  const whole = new Blob(parts);
  // A full disk must not keep anyone from restoring.
  await forgetOthers(cache, url)
    .then(() =>
      cache?.put(url, new Response(whole, { headers: { 'content-type': 'application/octet-stream' } })),
    )
    .catch(() => undefined);
  return new Uint8Array(await whole.arrayBuffer());
}

/** Private windows and pages without https have no cache. */
async function openCache(): Promise<Cache | undefined> {
  return 'caches' in self ? caches.open(weightsCacheName).catch(() => undefined) : undefined;
}

/** Weights of an earlier version of the page only take room. */
async function forgetOthers(cache: Cache | undefined, url: string): Promise<void> {
  for (const request of (await cache?.keys()) ?? []) if (request.url !== url) await cache?.delete(request);
}

async function* streamOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
}
