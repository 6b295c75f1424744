/** Where large files that were downloaded are kept; the service worker looks here too. */
export const downloadsCacheName = 'unblur-downloads';

export interface DownloadProgress {
  receivedBytes: number;
  totalBytes: number;
}

/** What is downloaded apart from the page before anything can be computed, all of it together. */
export type DownloadReport = { kind: 'download' } & DownloadProgress;

class DownloadError extends Error {
  override readonly name = 'DownloadError';

  /** @param what came instead, where something came. */
  constructor(what = '') {
    super(
      `A part of the network could not be downloaded${what}; check the connection, then choose the file again.`,
    );
  }
}

/**
 * The bytes of a file of the page that is too large to come with it: from the browser's cache, or from the
 * network and then kept. What has another size is another thing, such as the page on which a public network
 * asks to sign in: it is neither taken nor kept.
 *
 * @param totalBytes its size, which a server that compresses does not say.
 * @throws DownloadError, in one line for people, when they cannot be had.
 */
export async function download(
  url: string,
  totalBytes: number,
  onProgress: (progress: DownloadProgress) => void = () => undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const cache = await openCache();
  const kept = await (await cache?.match(url))?.arrayBuffer();
  if (kept?.byteLength === totalBytes) return new Uint8Array(kept);
  if (kept) await cache!.delete(url);

  // Before anything has come, so that the sum of several downloads is whole from the start.
  onProgress({ receivedBytes: 0, totalBytes });
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok || !response.body) throw new DownloadError();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let receivedBytes = 0;
  try {
    const reader = response.body.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      parts.push(read.value);
      receivedBytes += read.value.length;
      onProgress({ receivedBytes, totalBytes });
    }
  } catch {
    throw new DownloadError();
  }
  if (receivedBytes !== totalBytes) {
    throw new DownloadError(`: received ${receivedBytes} of ${totalBytes} bytes`);
  }
  const whole = new Blob(parts);
  // A full disk must not keep anyone from restoring.
  await forgetEarlier(cache, url)
    .then(() =>
      cache?.put(url, new Response(whole, { headers: { 'content-type': 'application/octet-stream' } })),
    )
    .catch(() => undefined);
  return new Uint8Array(await whole.arrayBuffer());
}

/** Whether a file is kept, so that it is there without a network. */
export async function isKept(url: string): Promise<boolean> {
  return (await (await openCache())?.match(url)) !== undefined;
}

/** Private windows and pages without https have no cache. */
async function openCache(): Promise<Cache | undefined> {
  return 'caches' in self ? caches.open(downloadsCacheName).catch(() => undefined) : undefined;
}

/** The same file of an earlier version of the page, which has another hash in its name, only takes room. */
async function forgetEarlier(cache: Cache | undefined, url: string): Promise<void> {
  const nameOf = (address: string) => new URL(address).pathname.replace(/-[\w-]{8}(\.\w+)$/, '$1');
  for (const request of (await cache?.keys()) ?? []) {
    if (request.url !== url && nameOf(request.url) === nameOf(url)) await cache?.delete(request);
  }
}
